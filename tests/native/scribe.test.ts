import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { encodeSteps, type Step } from '../../src/daemon/rundir/steps.js';
import { until } from '../helpers/until.js';
import { alive, PATH, SHIM, scratch } from './attempt.js';

let dir: string;
beforeEach(() => {
  dir = scratch();
});
const at = (name: string): string => join(dir, name);
const mode = (name: string): number => lstatSync(at(name)).mode & 0o7777;
const text = (name: string): string => readFileSync(at(name), 'utf8');

/** A scribe under a umask that would change most modes. */
function scribe() {
  const process = spawn('/bin/sh', ['-c', `umask 077; exec '${SHIM}' scribe $PPID`], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { PATH },
  });
  onTestFinished(() => void process.kill('SIGKILL'));
  const over = new Promise<number | string>((done) => {
    process.on('exit', (code, signal) => done(code ?? signal!));
  });
  const answers = createInterface(process.stdout)[Symbol.asyncIterator]();
  const send = (request: Buffer): void => {
    process.stdin.write(Buffer.concat([Buffer.from(`${request.length}\n`), request]));
  };
  const heard = async (): Promise<string> => (await answers.next()).value;
  return {
    process,
    send,
    heard,
    /** `<errno> <steps done>` */
    ask: (...steps: Step[]): Promise<string> => {
      send(encodeSteps(steps));
      return heard();
    },
    close: () => {
      process.stdin.end();
      return over;
    },
  };
}

test('carries out one step after the other, with exactly the modes that were asked for', async () => {
  const s = scribe();
  const answer = await s.ask(
    { do: 'look', path: dir },
    { do: 'make', path: at('made'), mode: 0o775 },
    { do: 'have', path: at('made'), mode: 0o700 },
    { do: 'have', path: at('had'), mode: 0o711 },
    { do: 'write', path: at('made/new'), mode: 0o664, content: 'one\0two\n' },
    { do: 'replace', path: at('made/whole'), mode: 0o640, content: 'old' },
    { do: 'replace', path: at('made/whole'), mode: 0o604, content: 'newer' },
    { do: 'append', path: at('lines'), mode: 0o666, content: 'a\n' },
    { do: 'append', path: at('lines'), mode: 0o600, content: 'b\n' },
    { do: 'link', path: at('link'), target: 'made/new' },
  );
  expect(answer).toBe('0 10');
  expect([mode('made'), mode('had'), mode('made/new'), mode('made/whole'), mode('lines')]).toEqual([
    0o775, 0o711, 0o664, 0o604, 0o666,
  ]);
  expect([text('made/new'), text('made/whole'), text('lines')]).toEqual(['one\0two\n', 'newer', 'a\nb\n']);
  expect(readlinkSync(at('link'))).toBe('made/new');
  expect(readdirSync(at('made')).sort()).toEqual(['new', 'whole']);
  expect(await s.close()).toBe(0);
});

test('stops at the first step that fails, and says why and which', async () => {
  const s = scribe();
  writeFileSync(at('file'), '');
  const { ENOENT, ENOTDIR, EEXIST, EISDIR } = constants.errno;
  const make = (name: string): Step => ({ do: 'make', path: at(name), mode: 0o700 });
  expect(await s.ask(make('a'), make('a'), make('b'))).toBe(`${EEXIST} 1`);
  expect(existsSync(at('b'))).toBe(false);
  expect(await s.ask(make('missing/a'))).toBe(`${ENOENT} 0`);
  expect(await s.ask({ do: 'look', path: at('missing') })).toBe(`${ENOENT} 0`);
  expect(await s.ask({ do: 'look', path: at('file') })).toBe(`${ENOTDIR} 0`);
  expect(await s.ask({ do: 'write', path: at('file'), mode: 0o600, content: 'x' })).toBe(`${EEXIST} 0`);
  expect(await s.ask({ do: 'replace', path: at('a'), mode: 0o600, content: 'x' })).toBe(`${EISDIR} 0`);
  expect(readdirSync(dir).sort()).toEqual(['a', 'file']);
  expect(await s.ask({ do: 'look', path: dir })).toBe('0 1');
});

describe('what others put there', () => {
  beforeEach(() => {
    mkdirSync(at('elsewhere'));
    writeFileSync(at('elsewhere/theirs'), 'theirs');
    symlinkSync('elsewhere/theirs', at('link'));
    symlinkSync('elsewhere', at('linked'));
  });

  test('is never reached through a link', async () => {
    const s = scribe();
    const { EEXIST, ELOOP } = constants.errno;
    const file = { path: at('link'), mode: 0o600, content: 'ours' };
    expect(await s.ask({ do: 'write', ...file })).toBe(`${EEXIST} 0`);
    expect(await s.ask({ do: 'append', ...file })).toBe(`${ELOOP} 0`);
    expect(await s.ask({ do: 'show', ...file, records: [at('elsewhere/theirs')] })).toBe('0 1');
    expect(lstatSync(at('link')).isSymbolicLink()).toBe(true);
    expect(await s.ask({ do: 'replace', ...file })).toBe('0 1');
    expect([lstatSync(at('link')).isFile(), text('link')]).toEqual([true, 'ours']);
    expect(await s.ask({ do: 'remove', path: at('linked') })).toBe('0 1');
    expect([existsSync(at('linked')), text('elsewhere/theirs')]).toEqual([false, 'theirs']);
  });

  test('holds nothing up, where it is a FIFO', async () => {
    const s = scribe();
    execFileSync('mkfifo', [at('fifo')]);
    const file = { path: at('fifo'), mode: 0o600, content: 'x' };
    expect(await s.ask({ do: 'show', ...file, records: [at('fifo')] })).toBe('0 1');
    expect(await s.ask({ do: 'append', ...file })).toBe('0 1');
    expect(statSync(at('fifo')).isFIFO()).toBe(true);
  });

  test('goes with the directory that is removed, and nothing beside it', async () => {
    const s = scribe();
    mkdirSync(at('tree/deep/er'), { recursive: true });
    for (const name of ['tree/a', 'tree/deep/b', 'tree/deep/er/c']) writeFileSync(at(name), 'x');
    symlinkSync(at('elsewhere'), at('tree/deep/out'));
    expect(await s.ask({ do: 'remove', path: at('tree') }, { do: 'remove', path: at('tree') })).toBe('0 2');
    expect(readdirSync(dir).sort()).toEqual(['elsewhere', 'link', 'linked']);
    expect(text('elsewhere/theirs')).toBe('theirs');
  });
});

describe('a record is shown', () => {
  const shown = (content: string): Step => ({
    do: 'show',
    path: at('status.json'),
    mode: 0o644,
    content,
    records: [at('2.json'), at('1.json')],
  });

  test('where nothing was, and in place of what the newest record there is says', async () => {
    const s = scribe();
    expect(await s.ask(shown('first'))).toBe('0 1');
    writeFileSync(at('1.json'), 'first');
    expect(await s.ask(shown('second'))).toBe('0 1');
    expect(text('status.json')).toBe('second');
    writeFileSync(at('2.json'), 'something else');
    expect(await s.ask(shown('third'))).toBe('0 1');
    expect(text('status.json')).toBe('second');
  });

  test.each([
    ['another text', () => writeFileSync(at('status.json'), 'theirs')],
    ['one that begins the same', () => writeFileSync(at('status.json'), 'record and more')],
    ['a directory', () => mkdirSync(at('status.json'))],
  ])('unless a script has put its own: %s', async (_, put) => {
    const s = scribe();
    put();
    const before = lstatSync(at('status.json'));
    writeFileSync(at('1.json'), 'record');
    expect(await s.ask(shown('ours'))).toBe('0 1');
    expect(lstatSync(at('status.json')).ino).toBe(before.ino);
  });
});

test('a line that a power cut tore stays alone', async () => {
  const s = scribe();
  writeFileSync(at('lines'), 'whole\nto');
  expect(await s.ask({ do: 'append', path: at('lines'), mode: 0o600, content: 'next\n' })).toBe('0 1');
  expect(text('lines')).toBe('whole\nto\nnext\n');
});

test('a request that is cut off anywhere does nothing that it does not say', async () => {
  const s = scribe();
  const whole = encodeSteps([
    { do: 'make', path: at('a'), mode: 0o700 },
    { do: 'write', path: at('a/f'), mode: 0o600, content: 'content' },
    { do: 'show', path: at('a/s'), mode: 0o600, content: 'content', records: [at('r'), at('q')] },
    { do: 'link', path: at('a/l'), target: 'f' },
    { do: 'remove', path: at('a') },
  ]);
  for (let length = 1; length < whole.length; length++) {
    s.send(whole.subarray(0, length));
    expect(await s.heard()).toMatch(new RegExp(`^(0|${constants.errno.EPROTO}) [0-4]$`));
    expect(await s.ask({ do: 'remove', path: at('a') })).toBe('0 1');
  }
  expect(readdirSync(dir)).toEqual([]);
  s.send(Buffer.from('dance\0there\0' + '600\0' + '0\0'));
  expect(await s.heard()).toBe(`${constants.errno.EPROTO} 0`);
});

test('takes in a large request, and answers nothing to half of one', async () => {
  const s = scribe();
  const content = Buffer.alloc(3 << 20, 'x');
  expect(await s.ask({ do: 'write', path: at('large'), mode: 0o600, content })).toBe('0 1');
  expect(statSync(at('large')).size).toBe(content.length);
  s.process.stdin.write('1000\nmake\0');
  expect(await s.close()).toBe(0);
  expect(readdirSync(dir)).toEqual(['large']);
});

test('ends with whoever started it, whatever is still to be done', async () => {
  const parent = spawn('/bin/sh', ['-c', `'${SHIM}' scribe $$ <&3 & echo $!; wait`], {
    stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
    env: { PATH },
  });
  onTestFinished(() => void parent.kill('SIGKILL'));
  const { value } = await createInterface(parent.stdout!)[Symbol.asyncIterator]().next();
  const pid = Number(value);
  await until('it has begun', () => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'expshim-scribe\n');
  parent.kill('SIGKILL');
  await until('its end', () => !alive(pid));
});
