/** How the daemon is started at boot. */
export interface StartUp {
  argv: string[];
  env: Record<string, string>;
}

/** The shipped unit with this installation's command line and places. */
export function startUpUnit(shipped: string, { argv, env }: StartUp): string {
  const variables = Object.entries(env).map(
    ([name, value]) => `Environment=${unitWord(`${name}=${value}`, false)}`,
  );
  return shipped.replace(/^ExecStart=.*$/m, () =>
    [...variables, `ExecStart=${argv.map((word) => unitWord(word, true)).join(' ')}`].join('\n'),
  );
}

const MARK = '# expctl daemon install';

/** The crontab with our one line as wanted; with null, without it. Everything else stays as it is. */
export function setCronLine(crontab: string, wanted: StartUp | null): string {
  const line = wanted === null ? null : cronLine(wanted);
  const lines = crontab.split('\n').filter((existing) => !existing.endsWith(MARK) || existing === line);
  if (line === null || lines.includes(line)) return lines.join('\n');
  const before = lines.join('\n');
  return `${before}${before === '' || before.endsWith('\n') ? '' : '\n'}${line}\n`;
}

function cronLine({ argv, env }: StartUp): string {
  const words = [
    ...Object.entries(env).map(([name, value]) => `${name}=${shellWord(value)}`),
    ...argv.map(shellWord),
  ];
  // crontab(5): a bare % ends the command.
  return `@reboot ${words.join(' ').replaceAll('%', '\\%')} >/dev/null 2>&1 ${MARK}`;
}

/** A word of a unit file (systemd.service(5), "Command lines"): % are specifiers and, when executed, $ variables. */
function unitWord(word: string, command: boolean): string {
  const plain = word.replaceAll('%', '%%').replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  return `"${command ? plain.replaceAll('$', '$$$$') : plain}"`;
}

const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
