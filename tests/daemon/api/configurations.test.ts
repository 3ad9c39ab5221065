import { createHash } from 'node:crypto';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { contentStore } from '../../../src/daemon/rundir/content.js';
import {
  Configuration,
  ConfigurationKind,
  ConfigurationTree,
  type GetConfigurationResponse,
  type GetResponse,
  RerunRequest,
  type Submission,
  type SubmitResponse,
} from '../../../src/gen/expd/v1/runs.js';
import { answer, of, Served } from './served.js';

let served: Served;
beforeAll(async () => {
  served = await Served.open();
});
afterAll(() => served.close());

const sha = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');
const hydra = Buffer.from('{"job":{"name":"train"}}');
const tree = Buffer.from(
  ConfigurationTree.encode({
    partial: false,
    sources: [
      {
        ...{ provider: 'main', scheme: 'file', path: 'conf', directory: '/p/conf' },
        files: [
          { path: 'config.yaml', text: 'lr: 0.1\n', sha256: sha(Buffer.from('lr: 0.1\n')), tookPart: true },
        ],
      },
    ],
  }).finish(),
);

const composed = (changes: Partial<Configuration> = {}): Configuration =>
  of(Configuration, {
    kind: ConfigurationKind.CONFIGURATION_KIND_APPLICATION,
    configName: 'config',
    versionBase: '1.3',
    jobName: 'train',
    overrides: ['lr=0.1', 'db.password=hunter2'],
    hydraOverrides: ['hydra.verbose=true'],
    job: '{"lr":0.1}',
    hydraSha256: sha(hydra),
    treeSha256: sha(tree),
    programWords: 2,
    ...changes,
  });

const submit = (submission: Partial<Submission>, blobs: Buffer[]) =>
  answer<SubmitResponse>((done) => {
    const call = served.runs.submit(done);
    const header = { requestId: '', environment: {}, blobs, rlimits: [], code: [] };
    call.write({ part: { $case: 'header', value: header } });
    const asked = served.submission({ argv: ['python', 'train.py', 'lr=0.1'], ...submission });
    call.write({ part: { $case: 'batch', value: { submissions: [asked] } } });
    call.end();
  });
const configured = async (configuration = composed(), blobs = [hydra, tree]): Promise<number> => {
  const { results } = await submit({ configuration }, blobs);
  if (results[0]?.run === undefined) throw new Error(results[0]?.error?.message);
  return results[0].run.id;
};
const get = (run: number, withTree = true): Promise<GetConfigurationResponse> =>
  answer((done) => served.runs.getConfiguration({ run: String(run), tree: withTree }, done));
const kept = (): string[] => readdirSync(join(served.store.dir, 'configs')).sort();

test('a configuration is stored with the run, its large parts once', async () => {
  const ids = [await configured(), await configured()];
  expect(kept()).toEqual([sha(hydra), sha(tree)].sort());
  expect(statSync(join(served.store.dir, 'configs', sha(tree))).mode & 0o777).toBe(0o600);
  for (const runId of ids) {
    const found = await get(runId);
    expect(found).toEqual({
      runId,
      configuration: composed(),
      hydra: hydra.toString(),
      tree: ConfigurationTree.decode(tree),
    });
  }
  expect((await get(ids[0]!, false)).tree).toBeUndefined();
  expect(served.store.reader.configurationsInUse().sort()).toEqual([sha(hydra), sha(tree)].sort());
});

test('a job that is told as a patch of another is whole for who asks, and small where it is stored', async () => {
  const base = Buffer.from('{"lr":0.1,"model":{"layers":[1,2]}}');
  const patch = '[{"op":"replace","path":"/model/layers/1","value":3}]';
  const asked = composed({ job: patch, baseSha256: sha(base) });
  const id = await configured(asked, [hydra, tree, base]);
  const whole = composed({ job: '{"lr":0.1,"model":{"layers":[1,3]}}' });
  expect((await get(id)).configuration).toEqual(whole);
  expect(served.store.reader.submission(id)).toMatchObject({
    submission: { configuration: { composed: { job: patch, baseSha: sha(base) } } },
  });
  expect(served.store.reader.configurationsInUse()).toContain(sha(base));
  const { results } = await answer<SubmitResponse>((done) =>
    served.runs.rerun(of(RerunRequest, { runs: [String(id)] }), done),
  );
  expect((await get(results[0]!.run!.id)).configuration).toEqual({ ...whole, pinned: true });
});

test('with a key it is compared by what it is, whatever it is a patch of', async () => {
  const bases = ['{"lr":1,"seed":1}', '{"lr":1,"seed":2}'].map((text) => Buffer.from(text));
  const patches = ['[{"op":"replace","path":"/seed","value":2}]', '[]'];
  const ids = await Promise.all(
    bases.map(async (base, n) => {
      const configuration = composed({ job: patches[n]!, baseSha256: sha(base) });
      const { results } = await submit({ configuration, key: 'patched' }, [hydra, tree, base]);
      return results[0]!.run?.id ?? results[0]!.error!.message;
    }),
  );
  expect(ids[1]).toBe(ids[0]);
});

test('what is shown of it has no secrets and no values', async () => {
  const id = await configured();
  const { run, submission } = await answer<GetResponse>((done) =>
    served.runs.get({ run: String(id), logLines: 0 }, done),
  );
  expect(run!.overrides).toEqual(['lr=0.1', 'db.password=<redacted>']);
  expect(submission!.configuration).toEqual({ ...composed(), job: '', overrides: run!.overrides });
});

test('what was not sent may be there already; what is nowhere is refused', async () => {
  await configured();
  expect(await configured(composed(), [])).toBeGreaterThan(0);
  const nowhere = 'f'.repeat(64);
  for (const changes of [
    { treeSha256: nowhere },
    { hydraSha256: nowhere },
    { treeSha256: '../expd.db' },
    { treeSha256: '' },
    { job: '[]', baseSha256: nowhere },
  ]) {
    const { results } = await submit({ configuration: composed(changes) }, []);
    expect(results[0]!.error).toMatchObject({
      code: 'usage',
      message: expect.stringMatching(/was not sent$/),
    });
  }
});

test.each<[string, Partial<Configuration>, RegExp]>([
  ['no version base', { versionBase: '2.0' }, /no version base/],
  ['no JSON', { job: '{"lr":' }, /no JSON object/],
  ['a list', { job: '[]' }, /no JSON object/],
  ['no patch', { job: '{"lr":1}', baseSha256: sha(hydra) }, /no patch of its base/],
  [
    'a patch of what is no JSON',
    { job: '[]', baseSha256: sha(tree) },
    /base of the configuration is no JSON/,
  ],
  ['composed and empty', { kind: ConfigurationKind.CONFIGURATION_KIND_COMPOSED, job: '' }, /is empty/],
  ['more words than there are', { programWords: 4 }, /words before/],
  ['too many overrides', { overrides: Array(1001).fill('a=1') }, /1001 overrides/],
  ['long overrides', { overrides: ['x'.repeat(70_000)] }, /70000 bytes/],
  ['a long directory', { runDir: 'x'.repeat(5000) }, /hydra.run.dir/],
])('%s: refused', async (_, changes, message) => {
  const { results } = await submit({ configuration: composed(changes) }, [hydra, tree]);
  expect(results[0]!.error!.message).toMatch(message);
});

test('an application that Python alone composes has overrides, and nothing more', async () => {
  const alone = of(Configuration, {
    kind: ConfigurationKind.CONFIGURATION_KIND_APPLICATION,
    overrides: ['lr=1'],
    programWords: 2,
  });
  const id = await configured(alone, []);
  expect(await get(id)).toEqual({ runId: id, configuration: alone, hydra: '', tree: undefined });
});

test('a run without one is not found', async () => {
  const id = await served.submitted();
  await expect(get(id)).rejects.toMatchObject({ status: 5, detail: { code: 'not_found' } });
  const words = await configured(of(Configuration, { overrides: ['lr=1'] }), []);
  expect((await get(words)).configuration).toEqual(of(Configuration, { overrides: ['lr=1'] }));
});

test('a damaged part is said, and said of the run', async () => {
  const other = Buffer.from('{"damaged":true}');
  const id = await configured(composed({ hydraSha256: sha(other) }), [other, tree]);
  writeFileSync(join(served.store.dir, 'configs', sha(other)), 'x');
  await expect(get(id)).rejects.toMatchObject({ detail: { code: 'storage_failed' } });
});

test('rerun: with the same one, or with another and its command', async () => {
  const id = await configured();
  const rerun = async (changes: Partial<RerunRequest>): Promise<number> => {
    const request = of(RerunRequest, { runs: [String(id)], ...changes });
    const { results } = await answer<SubmitResponse>((done) => served.runs.rerun(request, done));
    return results[0]!.run!.id;
  };
  // The same run once more, whatever its files say now.
  expect((await get(await rerun({}))).configuration).toEqual(composed({ pinned: true }));
  const node = Buffer.from('{"job":{"name":"other"}}');
  const configuration = composed({
    overrides: ['lr=2'],
    job: '{"lr":2}',
    hydraSha256: sha(node),
    pinned: true,
  });
  const argv = ['python', 'train.py', 'lr=2'];
  const again = await rerun({ configuration, argv, blobs: [node] });
  expect(await get(again)).toMatchObject({ configuration, hydra: node.toString() });
  expect(served.store.reader.run(again)).toMatchObject({ overrides: ['lr=2'] });
  expect(served.store.reader.submission(again)).toMatchObject({ submission: { argv } });
  const several = rerun({ runs: [String(id), String(again)], configuration, argv, blobs: [node] });
  await expect(several).rejects.toMatchObject({ detail: { message: 'a configuration is that of one run' } });
});

test('parts go with the last run that needs them, never under a call that has begun', async () => {
  const store = contentStore(join(served.dir, 'contents'), 'configuration');
  const content = await store.store(tree);
  store.release(content);
  expect(await store.keep(content)).toBe(true);
  expect(await store.removeUnused(() => new Set())).toBe(0);
  store.release(content);
  const [removed, there] = await Promise.all([store.removeUnused(() => new Set()), store.keep(content)]);
  // Whichever comes first, they agree.
  expect(removed).toBe(there ? 0 : 1);
  if (there) store.release(content);
  await store.removeUnused(() => new Set());
  expect(await store.keep(content)).toBe(false);
  expect(await store.keep('no sha256')).toBe(false);
  expect(await store.store(tree)).toBe(content);
  expect((await store.load(content)).equals(tree)).toBe(true);
});
