import { mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Home } from '../helpers/home.js';
import { until } from '../helpers/until.js';

let home: Home;
beforeEach(() => {
  home = new Home();
});
afterEach(() => home.close());

/** No secret's shape and no word of another: only its name or place says that it is one. */
const secret = (n: number): string => `Pl4nt3dV4lu3x${String(n).padStart(3, '0')}`;

/** Forty of them, where people have them: in variables, arguments, overrides and addresses. */
const ENVIRONMENT = Object.fromEntries(
  [
    ...[
      'HF_TOKEN',
      'WANDB_API_KEY',
      'AWS_SECRET_ACCESS_KEY',
      'GITHUB_TOKEN',
      'OPENAI_API_KEY',
      'DB_PASSWORD',
    ],
    ...['MLFLOW_TRACKING_PASSWORD', 'SLACK_SESSION', 'SENTRY_DSN', 'AZURE_SAS', 'MY_PASSPHRASE', 'apiKey'],
    ...[
      'NOT_CALLED_SO',
      'HOMEPAGE',
      'LD_EXTRA',
      'X',
      'DATA_ROOT',
      'SEED_PHRASE',
      'COMMENT',
      'ANOTHER_VARIABLE',
    ],
  ].map((name, n) => [name, secret(n)]),
);
const ARGUMENTS = [
  ...['--api-key', secret(20), `--api-key=${secret(21)}`, '--token', secret(22), `--password=${secret(23)}`],
  ...[`db.password=${secret(24)}`, `++auth.token=${secret(25)}`, `model.api_key="${secret(26)}"`],
  ...[`HF_TOKEN=${secret(27)}`, `{"secret": "${secret(28)}"}`, `db={user: me, password: ${secret(29)}}`],
  ...[
    `https://me:${secret(30)}@host/x`,
    `data=postgres://u:${secret(31)}@h/db`,
    `s3=https://a:${secret(32)}@b`,
  ],
  ...['--auth-token', secret(33), `--client-secret=${secret(34)}`, `trainer.wandb_api_key=${secret(35)}`],
  ...['-c', `export API_KEY=${secret(36)}; python train.py --password ${secret(37)}`],
  ...[`+credentials=${secret(38)}`, `--connection-string=${secret(39)}`],
];
const PLANTED = Array.from({ length: 40 }, (_, n) => secret(n));

test('forty planted secrets are where they must be, and nowhere else', async () => {
  const script = home.script('train.sh', '#!/bin/sh\necho "metrics of a run"\nexit 3\n');
  await home.start(['--log-level', 'debug']);
  const submitted = await home.expctl(['submit', '--', script, ...ARGUMENTS], { env: ENVIRONMENT });
  expect(submitted.code).toBe(0);
  expect(submitted.stderr).toMatch(/secret/); // it says once that they are stored
  await home.untilState(1, 'failed');
  await home.ok('retry', '1');
  await until('it has run again', async () => (await home.run(1)).attempt === 2);
  await home.untilState(1, 'failed');

  const backup = join(home.dir, 'backup.db');
  await home.ok('daemon', 'backup', backup);
  const answers = [submitted.stdout, submitted.stderr];
  for (const words of [
    ['show', '1'],
    ['show', '1', '--json'],
    ['ls', '-a'],
    ['ls', '--json'],
    ['explain', '1'],
    ['logs', '1'],
    ['explain', '1', '--json'],
    ['config', 'show'],
    ['daemon', 'status', '--json'],
  ])
    answers.push(await home.ok(...words));
  // Private to daemon and supervisor while there is an attempt.
  await until(
    'the attempts are settled',
    () => readdirSync(join(home.state, 'attempts')).length === 0,
    40_000,
  );
  await home.stop();

  expect(found(answers.join('\n'))).toEqual([]);
  const files = filesBelow(home.dir).filter((file) => !file.includes('/state/env/'));
  const leaks = files.map(
    (file) => [file.slice(home.dir.length), found(readFileSync(file, 'latin1'))] as const,
  );
  const [databases, others] = [leaks.filter(isDatabase), leaks.filter((leak) => !isDatabase(leak))];
  expect(others.filter(([, secrets]) => secrets.length > 0)).toEqual([]);
  // Arguments must be executed, so they stand in the stored submission; the environment does not.
  const inArguments = new Set(found(ARGUMENTS.join('\n')));
  for (const [file, secrets] of databases)
    expect([file, secrets.filter((one) => !inArguments.has(one))]).toEqual([file, []]);
  expect(databases.length).toBeGreaterThan(1);
  expect(inArguments.size).toBe(20);
});

test('secrets in the overrides of a sweep stand in what Hydra writes itself, and in no record of ours', async () => {
  mkdirSync(join(home.project, 'conf'));
  const config = [
    'seed: 0',
    'auth: {token: null}',
    'db: null',
    `expd: {command: [sh, -c, 'exit 3'], name: swept}`,
  ];
  writeFileSync(join(home.project, 'conf/config.yaml'), `${config.join('\n')}\n`);
  await home.start(['--log-level', 'debug']);
  const words = ['seed=1,2', `auth.token=${secret(1)},${secret(2)}`, `db=postgres://me:${secret(3)}@host/x`];
  const answers = [await home.expctl(['submit', '-m', '--dry-run', ...words])];
  answers.push(await home.expctl(['submit', '-m', ...words]));
  for (const id of [1, 2, 3, 4]) await home.untilState(id, 'failed');
  for (const words of [
    ['ls'],
    ['ls', '--json'],
    ['ls', '--sweep', '1'],
    ['ls', '--sweep', '1', '--json'],
    ...[1, 4].flatMap((id) => [
      ['show', `${id}`],
      ['show', `${id}`, '--json'],
      ['explain', `${id}`],
    ]),
    ['show', 's1', '--json'],
    ['config', 'diff', '1', '4'],
  ])
    answers.push(await home.expctl(words));
  await home.stop();
  const said = answers.map(({ stdout, stderr }) => stdout + stderr).join('\n');
  expect(said).toMatch(/run 4 /);
  expect(said.split('\n').filter((line) => found(line).length > 0)).toEqual([]);
  const stored = /\/state\/((?:configs|attempts)\/|expd\.db)/;
  const places = filesBelow(home.dir).filter((file) => !stored.test(file));
  const files = places.filter((file) => found(readFileSync(file, 'latin1')).length > 0);
  expect(
    files.map((file) => file.replace(/.*\/(?=[^/]*\/)/, '')).filter((file) => !HYDRAS.test(file)),
  ).toEqual([]);
  expect(files.filter((file) => (statSync(file).mode & 0o077) !== 0)).toEqual([]);
  expect(files.length).toBeGreaterThan(4);
});
const HYDRAS = /^\.hydra\/(config|hydra|overrides)\.yaml$|\/multirun\.yaml$/;

test('a run has descriptors 0 to 2, and nothing of the daemon', async () => {
  const script = home.script('look.sh', '#!/bin/sh\nls /proc/self/fd | tr "\\n" " "; echo\nenv\n');
  await home.start([], {
    DAEMON_SECRET: secret(1),
    EXPD_LOG_LEVEL: 'debug',
    NODE_OPTIONS: '--no-deprecation',
  });
  await home.submit([script]);
  await home.untilState(1, 'succeeded');
  const [descriptors, ...environment] = (await home.ok('logs', '1')).split('\n');
  // The fourth is ls's own, of the directory that it reads.
  expect(descriptors!.trim()).toBe('0 1 2 3');
  const names = environment.map((line) => line.split('=')[0]);
  expect(names).not.toContain('DAEMON_SECRET');
  expect(names).not.toContain('NODE_OPTIONS');
  expect(names.filter((name) => name!.startsWith('EXPD_')).sort()).toEqual([
    ...['EXPD_ATTEMPT', 'EXPD_ATTEMPT_ID', 'EXPD_CHECKPOINT_DIR', 'EXPD_EXPERIMENT_ID', 'EXPD_GRACE_S'],
    ...[
      'EXPD_METRICS',
      'EXPD_RUN_DIR',
      'EXPD_RUN_ID',
      'EXPD_RUN_NAME',
      'EXPD_RUN_ULID',
      'EXPD_SEED',
      'EXPD_TB_DIR',
    ],
  ]);
  expect(environment.join('\n')).not.toContain(secret(1));
});

test('the daemon listens on one socket, which has a name in a private directory', async () => {
  const pid = await home.start();
  const sockets = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? [];
    return inode === undefined ? [] : [inode];
  });
  const table = (name: string): string[][] =>
    readFileSync(`/proc/${pid}/net/${name}`, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/));
  // proc(5): Num RefCount Protocol Flags Type St Inode Path; 00010000 listens, @ begins an abstract name
  const listening = table('unix').filter(
    ([, , , flags, , , inode]) => flags === '00010000' && sockets.includes(inode!),
  );
  expect(listening.map((row) => row[7])).toEqual([home.socket]);
  expect(
    table('unix').filter(([, , , , , , inode, path]) => sockets.includes(inode!) && path?.startsWith('@')),
  ).toEqual([]);
  for (const name of ['tcp', 'tcp6', 'udp', 'udp6'])
    expect(table(name).filter((row) => sockets.includes(row[9]!))).toEqual([]);
  expect(statSync(home.socket).mode & 0o777).toBe(0o600);
  expect(statSync(dirname(home.socket)).mode & 0o777).toBe(0o700);
});

const found = (text: string): string[] => PLANTED.filter((one) => text.includes(one));
const isDatabase = ([file]: readonly [string, string[]]): boolean => /\.db(-wal)?$/.test(file);

const filesBelow = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
