import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Home } from '../helpers/home.js';
import { until } from '../helpers/until.js';

let home: Home;
beforeEach(async () => {
  home = new Home();
  await home.start(['--slots', '2']);
});
afterEach(() => home.close());

interface Following {
  child: ChildProcess;
  out: () => string;
  err: () => string;
  ended: Promise<[number | null, NodeJS.Signals | null]>;
}

function following(args: string[], env: Record<string, string> = {}): Following {
  const child = home.spawnExpctl(args, { env });
  let [out, err] = ['', ''];
  child.stdout!.on('data', (chunk: Buffer) => {
    out += chunk;
  });
  child.stderr!.on('data', (chunk: Buffer) => {
    err += chunk;
  });
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  return { child, out: () => out, err: () => err, ended };
}

/** Its standard output and error on a pseudo terminal of 100 columns. */
async function onTerminal(
  args: string[],
  env: Record<string, string> = {},
  look: (text: string) => void = () => {},
): Promise<string> {
  const program = `import os,pty,sys,struct,fcntl,termios
pid, fd = pty.fork()
if pid == 0: os.execvpe(sys.argv[1], sys.argv[1:], os.environ)
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
while True:
    try: data = os.read(fd, 65536)
    except OSError: break
    if not data: break
    sys.stdout.buffer.write(data); sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 255)`;
  const child = spawn('python3', ['-c', program, home.node, home.programs.expctl, ...args], {
    cwd: home.project,
    env: { ...home.env, TERM: 'xterm', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let all = Buffer.alloc(0);
  for await (const chunk of child.stdout) {
    all = Buffer.concat([all, chunk]);
    look(all.toString());
  }
  return all.toString();
}

/** A run that goes on when the test says so. */
const gated = (before: string, after: string): string[] => [
  'sh',
  '-c',
  `${before}; while [ ! -e gate ]; do sleep 0.02; done; ${after}`,
];
const openGate = (): void => writeFileSync(join(home.project, 'gate'), '');

describe('to a pipe', () => {
  test('every byte as it is: binary, NUL, no newline at the end, long lines', async () => {
    const script = `import sys, random
random.seed(7)
w = sys.stdout.buffer.write
w(bytes(range(256)) * 50); w(b'\\0' * 5000); w(b'x' * 1_000_000 + b'\\r\\n'); w(random.randbytes(9_000_000)); w(b'end')`;
    const id = await home.submit(['python3', '-c', script]);
    await home.untilState(id, 'succeeded');
    const expected = spawn('python3', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const hash = async (child: ChildProcess): Promise<string> =>
      createHash('sha256')
        .update(Buffer.concat(await child.stdout!.toArray()))
        .digest('hex');
    const wanted = await hash(expected);
    expect(await hash(home.spawnExpctl(['logs', String(id)]))).toBe(wanted);
    expect(await hash(home.spawnExpctl(['logs', '-f', String(id)]))).toBe(wanted);
  });

  test('-n, --attempt, --err', async () => {
    const id = await home.submit(
      ['sh', '-c', 'seq $((EXPD_ATTEMPT * 10)); echo oops >&2; exit $((EXPD_ATTEMPT == 1))'],
      ['--split'],
    );
    await home.untilState(id, 'failed');
    await home.ok('retry', String(id));
    await home.untilState(id, 'succeeded');
    expect(await home.ok('logs', '-n', '2', String(id))).toBe('19\n20\n');
    expect(await home.ok('logs', '-n', '2', '--attempt', '1', String(id))).toBe('9\n10\n');
    expect(await home.ok('logs', '-n', '0', String(id))).toBe('');
    expect(await home.ok('logs', '--err', String(id))).toBe('oops\n');
  });

  test('a reader that leaves ends it', async () => {
    const id = await home.submit(['sh', '-c', 'yes | head -c 20000000']);
    await home.untilState(id, 'succeeded');
    const pipe = spawn(
      'bash',
      [
        '-c',
        `"$0" "$1" logs ${id} | head -n 1 >/dev/null; echo "\${PIPESTATUS[0]}"`,
        home.node,
        home.programs.expctl,
      ],
      {
        env: home.env,
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    expect((await pipe.stdout.toArray()).join('')).toBe('141\n');
  });

  test('--json: one value a line, text and states', async () => {
    const id = await home.submit(['sh', '-c', 'echo é; exit 3']);
    const { code, stdout } = await home.expctl(['logs', '-f', '--json', String(id)]);
    expect(code).toBe(3);
    const values = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(
      values
        .filter(({ type }) => type === 'log')
        .map(({ text }) => text)
        .join(''),
    ).toBe('é\n');
    expect(values.findLast(({ type }) => type === 'run')).toMatchObject({
      schema: 1,
      type: 'run',
      run: { id, state: 'failed', resultCode: 3 },
    });
  });
});

describe('following', () => {
  test('waits while the run is queued, and ends with its exit code', async () => {
    const first = await home.submit(['true'], ['--hold']);
    const id = await home.submit(['sh', '-c', 'echo hello; exit 9'], ['--after', String(first)]);
    const log = following(['logs', '-f', String(id)]);
    await until('it says that it waits', () => log.err().includes(`run ${id} is queued`));
    await home.ok('release', String(first));
    expect(await log.ended).toEqual([9, null]);
    expect(log.out()).toBe('hello\n');
  });

  test('goes on into the next attempt; what separates them is not in the bytes', async () => {
    const id = await home.submit(gated('echo attempt $EXPD_ATTEMPT', 'exit $((EXPD_ATTEMPT == 1 ? 75 : 0))'));
    const log = following(['logs', '-f', String(id)]);
    await until('the first attempt', () => log.out() === 'attempt 1\n');
    openGate();
    expect(await log.ended).toEqual([0, null]);
    expect(log.out()).toBe('attempt 1\nattempt 2\n');
    expect(log.err()).toContain('── attempt 2 ──');
  });

  test('kill -9 of the daemon: no line is lost or repeated', async () => {
    const script =
      'n=0; while [ ! -e gate ]; do n=$((n+1)); echo line $n; sleep 0.005; done; echo $n > count; exit 6';
    const id = await home.submit(['sh', '-c', script]);
    const log = following(['logs', '-f', String(id)]);
    for (let round = 1; round <= 3; round++) {
      await until('some lines', () => log.out().split('\n').length > 40 * round);
      await home.stop('SIGKILL');
      await until('it noticed', () => log.err().split('the daemon went away').length > round);
      await home.start(['--slots', '2']);
      await until('it is back', () => log.err().split('the daemon is back').length > round);
    }
    openGate();
    expect(await log.ended).toEqual([6, null]);
    const lines = log.out().trimEnd().split('\n');
    expect(lines).toEqual(Array.from({ length: lines.length }, (_, n) => `line ${n + 1}`));
    expect(lines).toHaveLength(Number(readFileSync(join(home.project, 'count'), 'utf8')));
  });

  test('a daemon that is asked to stop while wait and logs -f wait: both go on with the next one', async () => {
    const id = await home.submit(gated('echo one', 'echo two; exit 2'), ['--hold']);
    const [log, wait] = [following(['logs', '-f', String(id)]), following(['wait', String(id)])];
    // That it is held is what both are told first.
    await until('both are connected', () => [log, wait].every(({ err }) => err().includes('is held')));
    await home.ok('release', String(id));
    await until('the first line', () => log.out() === 'one\n');
    await home.ok('daemon', 'stop');
    await home.stop();
    await until('both noticed', () => [log, wait].every(({ err }) => err().includes('the daemon went away')));
    await home.start();
    openGate();
    expect(await Promise.all([log.ended, wait.ended])).toEqual([
      [2, null],
      [2, null],
    ]);
    expect(log.out()).toBe('one\ntwo\n');
  });

  test('a daemon that stands still holds up no line', async () => {
    const id = await home.submit(gated('echo one', 'echo two'));
    const log = following(['logs', '-f', String(id)]);
    await until('the first line', () => log.out() === 'one\n');
    home.daemon!.kill('SIGSTOP');
    openGate();
    await until('the second line', () => log.out() === 'one\ntwo\n');
    home.daemon!.kill('SIGCONT');
    expect(await log.ended).toEqual([0, null]);
  });

  test('where the files cannot be seen the daemon sends them', async () => {
    const id = await home.submit(gated('echo one', 'echo two; exit 4'));
    await home.untilState(id, 'running');
    const elsewhere = (...args: string[]) =>
      spawn(
        'unshare',
        [
          ...['--user', '--map-root-user', '--mount', 'sh', '-c'],
          'mount -t tmpfs none "$0" && exec "$@"',
          join(home.project, 'outputs'),
          ...[home.node, home.programs.expctl, 'logs', ...args, String(id)],
        ],
        { env: home.env, stdio: ['ignore', 'pipe', 'inherit'] },
      );
    const follower = elsewhere('-f', '-n', '1');
    let out = '';
    follower.stdout.on('data', (chunk: Buffer) => {
      out += chunk;
    });
    const ended = once(follower, 'close');
    await until('the first line', () => out === 'one\n');
    openGate();
    expect(await ended).toEqual([4, null]);
    expect(out).toBe('one\ntwo\n');
    expect((await elsewhere().stdout.toArray()).join('')).toBe('one\ntwo\n');
  });

  test.each(['logs -f', 'wait', 'run --'])(
    'Ctrl-C in %s detaches: the run goes on, and it says so',
    async (verb) => {
      const command = gated('echo started', 'exit 0');
      const id = verb === 'run --' ? 1 : await home.submit(command, ['--hold']);
      const what = following(
        verb === 'run --' ? ['run', '--', ...command] : [...verb.split(' '), String(id)],
      );
      if (verb === 'run --') await until('it is submitted', () => what.out().includes('run 1 '));
      else {
        // That it is held is what it is told first.
        await until('it is connected', () => what.err().includes('is held'));
        await home.ok('release', String(id));
      }
      await home.untilState(id, 'running');
      if (verb !== 'wait') await until('the first line', () => what.out().includes('started'));
      await until('it listens', () => catchesInterrupt(what.child.pid!));
      what.child.kill('SIGINT');
      expect(await what.ended).toEqual([null, 'SIGINT']);
      expect(what.err()).toContain(`${id} goes on; expctl cancel ${id}`);
      expect((await home.run(id)).state).toBe('running');
      openGate();
      await home.untilState(id, 'succeeded');
    },
  );
});

/** Whether the process catches SIGINT (proc(5), SigCgt; the lowest bit is signal 1). */
function catchesInterrupt(pid: number): boolean {
  const mask = /SigCgt:\s*([0-9a-f]+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return mask !== undefined && (BigInt(`0x${mask}`) & 2n) !== 0n;
}

describe('on a terminal', () => {
  const HOSTILE = String.raw`\033[31mred\033[0m\033]52;c;ZXZpbA==\007\033]0;title\007\033[2J\033P$q"p\033\\b\010\n`;

  test('only colours pass; --raw passes everything', async () => {
    const id = await home.submit([
      'bash',
      '-c',
      `printf '${HOSTILE}'; printf '\\x9b31m\\xc2\\x9b31m\\xe2\\x80\\xae\\n'`,
    ]);
    await home.untilState(id, 'succeeded');
    for (const args of [
      ['logs', String(id)],
      ['logs', '-f', String(id)],
    ])
      expect(await onTerminal(args)).toBe('\x1b[31mred\x1b[0mb\ufffd\r\n\ufffd31m\ufffd31m\ufffd\r\n\x1b[0m');
    expect(await onTerminal(['logs', '--raw', String(id)])).toContain('\x1b]52;c;ZXZpbA==\x07');
  });

  test('a progress bar moves while following, and shows its last state without', async () => {
    const id = await home.submit(['sh', '-c', 'printf "10%%\\r50%%\\r100%%\\ndone"']);
    await home.untilState(id, 'succeeded');
    expect(await onTerminal(['logs', '-f', String(id)])).toBe(
      '10%\r\x1b[K50%\r\x1b[K100%\r\ndone\r\n\x1b[0m',
    );
    expect(await onTerminal(['logs', String(id)])).toBe('100%\r\ndone\r\n');
  });

  test('attempts are separated on the screen', async () => {
    const id = await home.submit(gated('printf $EXPD_ATTEMPT', 'exit $((EXPD_ATTEMPT == 1 ? 75 : 0))'));
    let seen = '';
    const shown = onTerminal(['logs', '-f', String(id)], { NO_COLOR: '1' }, (text) => {
      seen = text;
    });
    await until('the first attempt', () => seen.endsWith('1'));
    openGate();
    // Between them it says on standard error that the run is queued again.
    expect(await shown).toMatch(/1(?:run 1 is queued.*)?\r\n(?:.*\r\n)*── attempt 2 ──\r\n2\r\n$/);
  });

  test('lists fit the width, with colour unless NO_COLOR', async () => {
    await home.submit(['true'], ['--hold', '--name', 'x'.repeat(100), '--tag', 'y'.repeat(60)]);
    const coloured = await onTerminal(['ls']);
    expect(coloured).toContain('\x1b[33mheld');
    const bare = await onTerminal(['ls'], { NO_COLOR: '1' });
    expect(bare).not.toContain('\x1b');
    for (const line of bare.split('\r\n')) expect(line.length).toBeLessThanOrEqual(100);
    expect(bare).toContain('…');
  });
});
