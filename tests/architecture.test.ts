import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const src = join(root, 'src');

/** Who may import whom, by module. A module is a folder of src/daemon or src, or a file beside them. */
const LAW: Readonly<Record<string, readonly string[]>> = {
  'daemon/main': ['daemon/daemon', 'daemon/options', 'places', 'protocol'],
  'daemon/run': [],
  'daemon/store': ['daemon/run'],
  'daemon/queue': ['daemon/run', 'daemon/store', 'secrets'],
  'daemon/scheduler': ['daemon/run', 'daemon/queue', 'daemon/store', 'daemon/rundir', 'daemon/supervisor'],
  'daemon/supervisor': ['daemon/run', 'daemon/rundir'],
  'daemon/rundir': ['daemon/run', 'daemon/store', 'hydra', 'code', 'program', 'environment', 'secrets'],
  'daemon/metrics': [],
  'daemon/tracking': ['daemon/run', 'daemon/rundir', 'daemon/metrics', 'tensorboard'],
  'daemon/checkpoints': ['daemon/run', 'daemon/rundir', 'daemon/metrics', 'daemon/store', 'daemon/tracking'],
  'daemon/api': [
    'daemon/guard',
    'daemon/run',
    'daemon/queue',
    'daemon/store',
    'daemon/rundir',
    'daemon/tracking',
    'daemon/checkpoints',
    'daemon/compose',
    'gen',
    'code',
    'program',
    'environment',
    'secrets',
    'protocol',
    'tail',
    'bell',
  ],
  'daemon/doctor': ['daemon/guard'],
  'daemon/compose': ['gen', 'hydra', 'composition'],
  'daemon/notify': ['daemon/store'],
  'daemon/guard': [],
  'daemon/options': ['daemon/checkpoints'],
  'daemon/log': ['daemon/log-file', 'daemon/log-stream'],
  client: [
    'gen',
    'tensorboard',
    'hydra',
    'composition',
    'places',
    'code',
    'program',
    'environment',
    'secrets',
    'protocol',
    'install',
    'tail',
    'bell',
  ],
  composition: ['gen', 'hydra', 'secrets', 'install'],
  gen: [],
  tensorboard: [],
  trainers: ['tensorboard', 'install'],
  code: [],
  hydra: [],
  places: [],
  program: [],
  environment: ['secrets'],
  secrets: [],
  protocol: [],
  tail: [],
  bell: [],
  install: [],
};
/** What wires the rest together may import all of it. */
const WIRING = ['daemon/daemon', 'daemon/wiring', 'launch'];
/** Allowed for every module but those that stand alone. */
const FREE = ['daemon/errors', 'daemon/clock', 'daemon/log', 'daemon/quantity', 'daemon/failpoint'];

const ALONE = ['daemon/run', 'tensorboard', 'hydra', 'trainers'];

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

/** `src/daemon/run/run.ts` → `daemon/run`, `src/daemon/clock.ts` → `daemon/clock`, `src/client/x/y.ts` → `client`. */
function moduleOf(file: string): string {
  const parts = relative(src, file).replace(/\.ts$/, '').split('/');
  return parts[0] === 'daemon' ? parts.slice(0, 2).join('/') : parts[0]!;
}

const imports = (file: string): string[] =>
  [...readFileSync(join(src, file), 'utf8').matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(
    ([, path]) => resolve(src, dirname(file), path!.replace(/\.js$/, '.ts')),
  );

/** Files that are loaded with a file: neither its types nor what it imports later. */
const atStart = (file: string): string[] =>
  [
    ...readFileSync(join(src, file), 'utf8').matchAll(
      /^(?:import|export)(?! type\b)(?:[^;']*? from)? '(\.[^']+)'/gm,
    ),
  ].map(([, path]) => relative(src, resolve(src, dirname(file), path!.replace(/\.js$/, '.ts'))));

test('modules import only what the law allows', () => {
  const broken = files.flatMap((file) => {
    const from = moduleOf(join(src, file));
    if (WIRING.includes(from)) return [];
    const allowed = new Set([from, ...(LAW[from] ?? []), ...(ALONE.includes(from) ? [] : FREE)]);
    return imports(file)
      .map(moduleOf)
      .filter((to) => !allowed.has(to))
      .map((to) => `${file} imports ${to}`);
  });
  expect(broken).toEqual([]);
});

test('the law allows nothing that nobody needs', () => {
  const used = new Set(
    files.flatMap((file) => imports(file).map((to) => `${moduleOf(join(src, file))} ${moduleOf(to)}`)),
  );
  const idle = Object.entries(LAW).flatMap(([from, allowed]) =>
    allowed.map((to) => `${from} ${to}`).filter((pair) => !used.has(pair)),
  );
  expect(idle).toEqual([]);
});

test('a command that composes nothing does not load the composition', () => {
  const loaded = new Set<string>();
  const load = (file: string): void => {
    if (loaded.has(file)) return;
    loaded.add(file);
    for (const to of atStart(file)) load(to);
  };
  load('client/main.ts');
  expect(loaded).toContain('client/submit/single.ts');
  expect([...loaded].filter((file) => file.startsWith('hydra/'))).toEqual([]);
});

test('of the composition only its sources touch the disk', () => {
  const touching = files.filter(
    (file) =>
      file.startsWith('hydra/') &&
      /^(?:import|\}).* from '(?!\.|node:path')/m.test(readFileSync(join(src, file), 'utf8')),
  );
  expect(touching).toEqual(['hydra/compose/sources.ts']);
});

test('no dumping grounds', () => {
  const banned = /(^|\/)(utils?|helpers?|common|shared|misc|types|interfaces|constants|index)\.ts$/;
  expect(files.filter((file) => banned.test(file) && !file.startsWith('gen/'))).toEqual([]);
});

test('files stay one idea: 500 lines at most', () => {
  const long = files.filter(
    (file) => !file.startsWith('gen/') && readFileSync(join(src, file), 'utf8').split('\n').length > 500,
  );
  expect(long).toEqual([]);
});

test('process.exit only in a main', () => {
  const exits = files.filter(
    (file) => !/main\.ts$/.test(file) && /process\.exit\(/.test(readFileSync(join(src, file), 'utf8')),
  );
  expect(exits).toEqual([]);
});

test('objects of SQLite are never collected: each is made in store/open', () => {
  const makers = files.filter(
    (file) =>
      file !== 'daemon/store/open.ts' &&
      /new Database\(|\.pragma\(/.test(readFileSync(join(src, file), 'utf8')),
  );
  expect(makers).toEqual([]);
});
