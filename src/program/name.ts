/** Rules and defaults of a run's name. */
export const LONGEST_NAME = 128;

const NAME = /^[A-Za-z0-9._-]{1,128}$/;

/** What is wrong with a name, for `--name`; null when nothing is. */
export function nameProblem(name: string): string | null {
  const shown = JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
  if (name.length > LONGEST_NAME) return `the name ${shown} has ${name.length} characters, at most 128 go`;
  if (!NAME.test(name)) return `the name ${shown} has characters other than A-Z a-z 0-9 . _ -`;
  if (/^\d+$/.test(name)) return `the name ${shown} is a number, which would be taken for an id`;
  if (name.startsWith('-')) return `the name ${shown} begins with -, which would be taken for a flag`;
  return null;
}

/** The stem of the script that a command runs, as a valid name. */
export function nameOf(argv: readonly string[]): string {
  const script = scriptOf(argv);
  const base = script
    .slice(script.lastIndexOf('/') + 1)
    .replace(/\.(?:py|mjs|cjs|js|mts|ts|sh|bash|r|R|jl)$/, '');
  const valid = base
    .replaceAll(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/^[-]+/, '')
    .slice(0, LONGEST_NAME);
  return nameProblem(valid) === null ? valid : `run_${valid}`.slice(0, LONGEST_NAME);
}

/** Flags whose value is the next word, of the programs that are looked behind. */
const TAKES_VALUE: Readonly<Record<string, RegExp>> = {
  python: /^-[WXQ]$|^--check-hash-based-pycs$/,
  node: /^(?:-r|--require|--import|--loader|--experimental-loader|-C|--conditions|--env-file|--title)$/,
  shell: /^[-+][oO]$|^--(?:rcfile|init-file)$/,
  torchrun:
    /^--?(?:nnodes|nproc[-_]per[-_]node|rdzv[-_](?:backend|endpoint|id|conf)|max[-_]restarts|monitor[-_]interval|start[-_]method|role|log[-_]dir|redirects|tee|node[-_]rank|master[-_](?:addr|port)|local[-_]addr|[rt])$/,
  accelerate: /^--(?!multi_gpu$|cpu$|tpu$|use_\w+$|debug$|quiet$|no_python$|module$)[a-z_]+$/,
  uv: /^(?:--with|--with-requirements|--with-editable|--python|-p|--extra|--group|--index|--directory|--project|--env-file)$/,
  conda: /^(?:-n|--name|-p|--prefix|--cwd)$/,
  deepspeed:
    /^(?:-[iHe]|--(?:hostfile|include|exclude|num_nodes|num_gpus|master_addr|master_port|launcher|launcher_args))$/,
  env: /^(?:-u|--unset|-C|--chdir|-S)$/,
  nice: /^(?:-n|--adjustment)$/,
  stdbuf: /^-[ioe]$/,
  timeout: /^(?:-[ks]|--kill-after|--signal)$/,
  plain: /^$/,
};

type Wrapper = keyof typeof TAKES_VALUE;

/** The word that says what runs: looks behind interpreters and launchers. */
function scriptOf(argv: readonly string[]): string {
  const [program = '', ...rest] = argv;
  const name = program.slice(program.lastIndexOf('/') + 1);
  if (/^(?:python|pypy)[\d.]*$/.test(name)) return behind(rest, 'python', { m: true, c: true }) ?? name;
  if (/^(?:node|bun|deno|tsx)$/.test(name)) return behind(rest, 'node', { c: false }) ?? name;
  if (/^(?:ba|da|z|k)?sh$/.test(name)) return behind(rest, 'shell', { c: true }) ?? name;
  if (name === 'torchrun') return behind(rest, 'torchrun', { m: true }) ?? name;
  if (name === 'accelerate' && rest[0] === 'launch')
    return behind(rest.slice(1), 'accelerate', { m: true }) ?? name;
  if (name === 'uv' && rest[0] === 'run') return launched(rest.slice(1), 'uv') ?? name;
  if (name === 'deepspeed') return behind(rest, 'deepspeed', { m: true }) ?? name;
  if (/^(?:conda|mamba|micromamba)$/.test(name) && rest[0] === 'run')
    return launched(rest.slice(1), 'conda') ?? name;
  if (name === 'poetry' && rest[0] === 'run') return launched(rest.slice(1), 'plain') ?? name;
  if (name === 'env')
    return (
      launched(
        rest.filter((word) => !/^\w+=/.test(word)),
        'env',
      ) ?? name
    );
  if (name === 'nice' || name === 'stdbuf') return launched(rest, name) ?? name;
  if (name === 'nohup' || name === 'time') return launched(rest, 'plain') ?? name;
  if (name === 'timeout') {
    const duration = firstOperand(rest, name);
    return duration === null ? name : (launched(rest.slice(duration + 1), 'plain') ?? name);
  }
  return program;
}

/** What a launcher of commands launches: itself perhaps an interpreter. */
function launched(words: readonly string[], wrapper: Wrapper): string | null {
  const at = firstOperand(words, wrapper);
  return at === null ? null : scriptOf(words.slice(at));
}

/** The script of an interpreter: `-m package.module` names a module, `-c` brings the code itself. */
function behind(
  words: readonly string[],
  wrapper: Wrapper,
  flags: { m?: boolean; c?: boolean },
): string | null {
  const at = firstOperand(words, wrapper);
  const before = at === null ? words : words.slice(0, at);
  if (flags.c && before.some((word) => /^-[a-zA-Z]*c$/.test(word))) return null;
  if (at === null) return null;
  const operand = words[at]!;
  if (!flags.m || !before.some((word) => word === '-m' || word === '--module')) return operand;
  if (/^torch\.distributed\.(?:run|launch)$/.test(operand))
    return behind(words.slice(at + 1), 'torchrun', { m: true });
  // `package.train` → train, `package.__main__` → package
  return operand.replace(/\.__main__$/, '').replace(/^.*\./, '');
}

function firstOperand(words: readonly string[], wrapper: Wrapper): number | null {
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (word === '--') return at + 1 < words.length ? at + 1 : null;
    if (!/^[-+]./.test(word)) return at;
    if (TAKES_VALUE[wrapper]?.test(word)) at++;
  }
  return null;
}
