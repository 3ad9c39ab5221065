import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startUpUnit } from '../../src/client/startup.js';

const shipped = {
  user: 'systemd/user/expd.service',
  system: 'systemd/system/expd@.service',
};

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'expd-units-'));
  mkdirSync(join(directory, 'run'), { mode: 0o700 });
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** What systemd says about the text; its exit status is 0 also for keys and values that it ignores. */
function complaints(text: string, manager: 'user' | 'system'): string {
  const file = join(directory, manager === 'user' ? 'expd.service' : 'expd@.service');
  writeFileSync(file, text);
  const { stderr, error } = spawnSync('systemd-analyze', [`--${manager}`, 'verify', file], {
    encoding: 'utf8',
    env: { ...process.env, XDG_RUNTIME_DIR: join(directory, 'run') },
  });
  if (error) throw error;
  return stderr
    .split('\n')
    .filter((line) => !(tooOldFor254 && line.includes("'DelegateSubgroup'")))
    .join('\n');
}

/** That one key is from systemd 254; earlier ones say that they ignore it. */
const tooOldFor254 =
  Number(/^systemd (\d+)/.exec(spawnSync('systemctl', ['--version'], { encoding: 'utf8' }).stdout)?.[1]) <
  254;

const started = (text: string): string =>
  startUpUnit(text, {
    argv: [process.execPath, '/srv/a b/50%/expd.cjs'],
    env: { EXPD_HOME: '/srv/100% mine' },
  });

describe.each(['user', 'system'] as const)('the %s unit', (manager) => {
  const text = readFileSync(shipped[manager], 'utf8');

  test('is one that systemd understands, word by word', () => {
    expect(complaints(started(text), manager)).toBe('');
  });

  test.each([
    ['a value', (unit: string) => unit.replace('KillMode=process', 'KillMode=proces')],
    ['a key', (unit: string) => unit.replace('Delegate=', 'Delegates=')],
    ['a program', (unit: string) => unit.replace(process.execPath, '/nowhere/node')],
  ])('with %s misspelt would be noticed', (_, misspell) => {
    expect(complaints(misspell(started(text)), manager)).not.toBe('');
  });

  test('never lets a stop or restart of the daemon reach the runs', () => {
    const setting = (key: string): string[] =>
      [...text.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value]) => value!);
    expect(setting('KillMode')).toEqual(['process']);
    expect(setting('Delegate')).toEqual(['yes']);
    expect(setting('OOMPolicy')).toEqual(['continue']);
    expect(setting('TasksMax')).toEqual(['infinity']);
    expect(setting('Restart')).toEqual(['on-failure']);
    expect(setting('RestartPreventExitStatus')).toEqual(['2 75 78']);
    expect(setting('Type')).toEqual(['notify']);
    expect(setting('NotifyAccess')).toEqual(['all']);
    expect(setting('UMask')).toEqual(['0077']);
  });
});
