import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { environmentStore } from '../../../src/daemon/rundir/environment.js';
import {
  type CodeState,
  DependencyKind,
  type GetResponse,
  RunState,
  type Submission,
  type SubmitRequest,
} from '../../../src/gen/expd/v1/runs.js';
import { until } from '../../helpers/until.js';
import { answer, type Failed, Served } from './served.js';

let served: Served;
beforeAll(async () => {
  served = await Served.open();
});
afterAll(() => served.close());
beforeEach(() => {
  served.batches = [];
});

const get = (run: string): Promise<GetResponse> =>
  answer((done) => served.runs.get({ run, logLines: 0 }, done));

test('a submission is stored whole and durable before it is answered', async () => {
  const asked: Partial<Submission> = {
    argv: ['python', 'train.py', '--lr', '0.1', 'a b\n', '🙂', '-x'],
    name: 'first',
    tags: ['a', 'b', 'a'],
    note: 'why\nnot',
    priority: -7,
    timeLimitMs: 5000,
    retries: 2,
    requeueExits: [3, 4],
    seed: 11,
    graceMs: 0,
    warnSignal: { signal: 'USR1', leadMs: 100 },
    resumeArg: '--resume={ckpt}',
    template: true,
    split: true,
    layout: 'flat',
    noTopLevel: true,
    umask: 0,
    nice: 5,
    rlimits: [{ name: 'NOFILE', soft: 64, hard: -1 }],
    beginAtMs: 5,
  };
  const { results, notices } = await served.submit([asked]);
  expect(notices).toEqual(['the daemon is draining']);
  const [result] = results;
  expect(result).toMatchObject({
    existing: false,
    warnings: [],
    run: { state: RunState.RUN_STATE_QUEUED, argv: [] },
  });
  const { run, submission } = await get(String(result!.run!.id));
  expect(submission).toMatchObject({ ...asked, tags: ['a', 'b'], group: 'default', cwd: served.dir });
  expect(run).toMatchObject({
    argv: asked.argv,
    name: 'first',
    experimentId: `first-${run!.id}`,
    timeLimitMs: 5000,
  });
  expect(run!.ulid).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
  // What the queue acknowledged, another connection to the same file sees.
  expect(served.store.reader.submission(run!.id)).toMatchObject({
    ok: true,
    submission: { umask: 0, seed: 11 },
  });
});

test('what is not said gets its default', async () => {
  const { umask: _, ...bare } = served.submission({ argv: ['python', 'train.py'], project: '' });
  const id = await served.submitted(bare);
  const { run, submission } = await get(String(id));
  expect(run).toMatchObject({ name: 'train', project: served.dir });
  expect(submission).toMatchObject({
    umask: 0o022,
    graceMs: 60_000,
    layout: 'hybrid',
    noTopLevel: false,
    nice: 0,
  });
  expect(submission!.seed).toBeGreaterThanOrEqual(0);
});

const REFUSED: [what: string, changes: Partial<Submission>, message: RegExp][] = [
  ['no command', { argv: [] }, /no command/],
  ['an empty program', { argv: [''] }, /no command/],
  ['NUL in an argument', { argv: ['a', 'b\0'] }, /NUL/],
  [
    'an argument that exec would refuse',
    { argv: ['a', 'x'.repeat(128 * 1024)] },
    /argument 1 has 131072 bytes/,
  ],
  ['a command over 1 MiB', { argv: Array(20).fill('x'.repeat(100_000)) }, /at most 1048576/],
  ['a relative directory', { cwd: 'x' }, /not an absolute path/],
  ['no directory', { cwd: '' }, /not an absolute path/],
  ['a directory of 5000 bytes', { cwd: `/${'x'.repeat(5000)}` }, /longer than 4095/],
  ['a relative project', { project: 'x' }, /not an absolute path/],
  ['a name with a blank', { name: 'a b' }, /characters other than/],
  ['a numeric name', { name: '7' }, /is a number/],
  ['a 4 KB name', { name: 'x'.repeat(4096) }, /4096 characters, at most 128/],
  ['a tag with a comma', { tags: ['a,b'] }, /no tag/],
  ['a tag with an escape', { tags: ['\x1b[31m'] }, /no tag/],
  ['a long note', { note: 'x'.repeat(10_001) }, /note/],
  ['a priority of 101', { priority: 101 }, /-100 to 100/],
  ['a priority of -101', { priority: -101 }, /-100 to 100/],
  ['an unknown group', { group: 'nobody' }, /there is no group nobody/],
  ['a malformed group', { group: 'a b' }, /the group/],
  ['an unknown dependency', { after: [{ run: '999999', kind: 0 }] }, /there is no run 999999/],
  ['a dependency on several', { after: [{ run: '1-2', kind: 0 }] }, /several runs/],
  ['a malformed dependency', { after: [{ run: ';', kind: 0 }] }, /does not name a run/],
  ['a negative time', { timeLimitMs: -1 }, /time limit/],
  ['negative retries', { retries: -1 }, /retries/],
  ['requeue exit 0', { requeueExits: [0] }, /exit code/],
  ['a negative grace', { graceMs: -1 }, /grace/],
  ['a fatal warning signal', { warnSignal: { signal: 'KILL', leadMs: 5 } }, /no warning signal/],
  ['a warning without a lead', { warnSignal: { signal: 'USR1', leadMs: 0 } }, /lead/],
  ['an unknown layout', { layout: 'spiral' }, /no layout "spiral"/],
  ['a umask of 01000', { umask: 0o1000 }, /umask/],
  ['a nice of 20', { nice: 20 }, /nice/],
  ['an unknown limit', { rlimits: [{ name: 'X', soft: 1, hard: 1 }] }, /no resource limit/],
  ['a soft limit above the hard one', { rlimits: [{ name: 'CPU', soft: 2, hard: 1 }] }, /above hard/],
  ['a key with a newline', { key: 'a\nb' }, /no key/],
  ['an environment name with =', { envSet: { 'a=b': '1' } }, /cannot be in an environment/],
];

test.each(REFUSED)('%s is refused in one line, and its neighbours stand', async (_, changes, message) => {
  const { results } = await served.submit([{}, changes, {}]);
  expect(results.map(({ run }) => run !== undefined)).toEqual([true, false, true]);
  const { error } = results[1]!;
  expect(error!.message).toMatch(message);
  expect(error!.message).not.toContain('\n');
  expect(error!.message.length).toBeLessThan(300);
});

test('warnings do not refuse', async () => {
  const { results } = await served.submit(
    [
      { argv: ['no-such-program-here'] },
      { argv: ['./no-such-script.sh'] },
      { argv: [served.dir] },
      { cwd: '/no/such/directory' },
      { argv: ['true', '--api-key', 'sk-abcdefghijklmnopqrstuvwxyz'] },
      { argv: ['true'], envSet: { PATH: '' } },
      { argv: ['true'], project: '/etc/passwd' },
    ],
    { environment: { PATH: '/usr/bin:/bin' } },
  );
  expect(results.every(({ run }) => run !== undefined)).toBe(true);
  expect(results.map(({ warnings }) => warnings.join())).toEqual([
    expect.stringContaining('no-such-program-here is not on the PATH'),
    expect.stringContaining('cannot be executed'),
    expect.stringContaining('cannot be executed'),
    expect.stringContaining('does not exist'),
    expect.stringContaining('looks like a secret'),
    expect.stringContaining('true is not on the PATH'),
    expect.stringContaining('/etc/passwd cannot be written'),
  ]);
  const secret = await get(String(results[4]!.run!.id));
  expect(JSON.stringify(secret)).not.toContain('sk-abc');
  // What must be executed stands in the submission as it was given.
  const stored = served.store.reader.submission(results[4]!.run!.id);
  expect(stored.ok && stored.submission.argv[2]).toMatch(/^sk-/);
});

test('the environment is stored once per content, changed per submission, and never answered', async () => {
  const environment = {
    PATH: '/bin',
    TOKEN: `planted-${randomUUID()}`,
    EXPD_RUN_ID: '5',
    TERM: 'xterm',
    WANDB_NAME: 'x',
  };
  const { results } = await served.submit([{}, {}, { envSet: { LR: '1' }, envDrop: ['TOKEN'] }], {
    environment,
  });
  const shas = results.map(({ run }) => {
    const stored = served.store.reader.submission(run!.id);
    return stored.ok ? stored.submission.envSha : '';
  });
  expect(shas[0]).toBe(shas[1]);
  expect(shas[2]).not.toBe(shas[0]);
  const store = environmentStore(served.store.dir);
  // A submission from inside a run drops what the contract gave that run.
  expect(await store.load(shas[0]!)).toEqual({ PATH: '/bin', TOKEN: environment.TOKEN });
  expect(await store.load(shas[2]!)).toEqual({ PATH: '/bin', LR: '1' });
  const told = JSON.stringify([
    results,
    await get(String(results[0]!.run!.id)),
    served.logged,
    served.batches,
  ]);
  expect(told).not.toContain(environment.TOKEN);
  expect(readFileSync(join(served.store.dir, 'expd.db-wal')).includes(environment.TOKEN)).toBe(false);
});

test('a submission that is refused leaves no environment behind', async () => {
  const before = readdirSync(join(served.store.dir, 'env'));
  await served.submit([{ name: 'a b' }], { environment: { ONLY: randomUUID() } });
  expect(readdirSync(join(served.store.dir, 'env'))).toEqual(before);
});

test('dependencies are named like runs', async () => {
  const first = await served.submitted({ name: 'prepare' });
  const id = await served.submitted({
    after: [
      { run: 'prepare', kind: DependencyKind.DEPENDENCY_KIND_UNSPECIFIED },
      { run: '@', kind: DependencyKind.DEPENDENCY_KIND_AFTER_ANY },
    ],
  });
  expect(served.store.reader.dependencies(id)).toEqual([
    { on: first, kind: 'afterany' },
    { on: first, kind: 'afterok' },
  ]);
  expect((await get(String(first))).dependants.map(({ run }) => run)).toEqual([String(id), String(id)]);
});

const CODE: CodeState = {
  commit: 'c0ffee',
  branch: 'main',
  remote: 'https://me:hunter2@example.org/x.git',
  dirty: true,
  diff: Buffer.from('diff --git'),
  diffOmitted: false,
  fingerprint: '',
  traces: ['x 1'],
  changedFiles: Array(2000).fill('x'),
  toplevel: '/x',
  unknownReason: '',
};

test('a code state that is known already is stored with the runs of its directory', async () => {
  const code = [{ cwd: served.dir, state: CODE }];
  const { results } = await served.submit([{ codeFollows: true }, { codeFollows: true, cwd: '/' }], { code });
  const [here, elsewhere] = results.map(({ run }) => run!.id);
  expect(served.store.reader.run(here!)!.codeUntil).toBeNull();
  expect(served.store.reader.run(elsewhere!)!.codeUntil).not.toBeNull();
  const stored = served.store.reader.code(here!);
  expect(stored).toMatchObject({ known: true, commit: 'c0ffee', diffSha: expect.any(String) });
  expect(served.store.reader.diffsInUse()).toContain(stored!.known && stored!.diffSha);
  expect(served.store.reader.code(elsewhere!)).toBeNull();
});

test('a code state that travels along belongs to the jobs of a sweep, too', async () => {
  const code = [{ cwd: served.dir, state: CODE }];
  const { results } = await served.submitSweep([{}, {}], {}, { code });
  for (const { run } of results)
    expect(served.store.reader.code(run!.id)).toMatchObject({ known: true, commit: 'c0ffee' });
});

test('the limits of the shell are those of every submission without its own', async () => {
  const shell = [{ name: 'NOFILE', soft: 1024, hard: 4096 }];
  const own = [{ name: 'CORE', soft: 0, hard: -1 }];
  const { results } = await served.submit([{}, { rlimits: own }], { rlimits: shell });
  const stored = await Promise.all(results.map(({ run }) => get(String(run!.id))));
  expect(stored.map(({ submission }) => submission!.rlimits)).toEqual([shell, own]);
  const bad = served.submit([{}], { rlimits: [{ name: 'X', soft: 1, hard: 1 }] });
  await expect(bad).rejects.toMatchObject({ detail: { code: 'usage' } });
});

test('a submission may name one before it in the same batch', async () => {
  const after = [{ run: 'before-it', kind: DependencyKind.DEPENDENCY_KIND_AFTER_OK }];
  const { results } = await served.submit([{ name: 'before-it' }, { after }, { after }]);
  const [first, ...others] = results.map(({ run }) => run!.id);
  for (const id of others)
    expect(served.store.reader.dependencies(id)).toEqual([{ on: first, kind: 'afterok' }]);
});

test('hold and the promise of a code state', async () => {
  const held = await get(String(await served.submitted({ hold: true })));
  expect(held.run).toMatchObject({ state: RunState.RUN_STATE_HELD, reason: { code: 'user' } });
  const id = await served.submitted({ codeFollows: true });
  expect(served.store.reader.run(id)!.codeUntil).toBe(served.store.clock.time + 2000);
  await answer((done) =>
    served.runs.recordCode(
      {
        requestId: randomUUID(),
        runIds: [id, 999_999],
        code: CODE,
      },
      done,
    ),
  );
  expect(served.store.reader.run(id)!.codeUntil).toBeNull();
  const { code } = await get(String(id));
  expect(code).toMatchObject({ commit: 'c0ffee', dirty: true });
  expect(code!.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  expect(code!.remote).not.toContain('hunter2');
  expect(code!.changedFiles).toHaveLength(1000);
});

test('a request made again answers the first results, refusals included, and does nothing', async () => {
  const requestId = randomUUID();
  const asked = [{ after: [{ run: '@', kind: 0 }] }, { name: 'a b' }, {}];
  const first = await served.submit(asked, { requestId });
  const again = await served.submit(asked, { requestId });
  expect(again.results.map(({ run, error }) => run?.id ?? error?.message)).toEqual(
    first.results.map(({ run, error }) => run?.id ?? error?.message),
  );
  const other = await served.submit([{}], { requestId: randomUUID() });
  expect(other.results[0]!.run!.id).toBeGreaterThan(first.results[2]!.run!.id);
});

test('the same request at the same moment: one run', async () => {
  const requestId = randomUUID();
  const answers = await Promise.all(Array.from({ length: 20 }, () => served.submit([{}], { requestId })));
  expect(new Set(answers.map(({ results }) => results[0]!.run!.id)).size).toBe(1);
});

test('50 clients with one key: one run, and 49 learn that it stood', async () => {
  const answers = await Promise.all(Array.from({ length: 50 }, () => served.submit([{ key: 'one' }])));
  const results = answers.map(({ results }) => results[0]!);
  expect(new Set(results.map(({ run }) => run!.id)).size).toBe(1);
  expect(results.filter(({ existing }) => existing)).toHaveLength(49);
});

test('a key that belongs to another submission names the difference', async () => {
  const id = await served.submitted({ key: 'two', argv: ['true', '1'] });
  const { results } = await served.submit([
    { key: 'two', argv: ['true', '2'] },
    { key: 'two', argv: ['true', '1'], cwd: '/', priority: 3 },
    { key: 'two', argv: ['true', '1'] },
  ]);
  expect(results[0]!.error).toMatchObject({
    code: 'key_conflict',
    message: expect.stringContaining('command'),
  });
  expect(results[1]!.error!.message).toMatch(/working directory.*priority/);
  expect(results[2]).toMatchObject({ existing: true, run: { id } });
});

test('a thousand submissions are a few transactions', async () => {
  const { results } = await served.submit(
    Array.from({ length: 1000 }, (_, n) => ({ argv: ['true', String(n)] })),
  );
  expect(new Set(results.map(({ run }) => run!.id)).size).toBe(1000);
  expect(served.batches).toHaveLength(4);
  const last = await get(String(results[999]!.run!.id));
  expect(last.run!.argv).toEqual(['true', '999']);
});

test('callers that die at any moment, and ask again: one run each', async () => {
  for (let n = 0; n < 40; n++) {
    const requestId = randomUUID();
    const asked = [{ name: `dies-${n}` }];
    const call = served.runs.submit(() => {});
    const message = { environment: { N: String(n) }, requestId, blobs: [], rlimits: [], code: [] };
    call.write({ part: { $case: 'header', value: message } });
    call.write({
      part: { $case: 'batch', value: { submissions: asked.map((one) => served.submission(one)) } },
    });
    call.end();
    // Turns of the event loop instead of a time: each lets the call come a little further.
    for (let turn = 0; turn < n; turn++) await new Promise((resolve) => setImmediate(resolve));
    call.cancel();
    const { results } = await served.submit(asked, message);
    expect(served.store.reader.named(`dies-${n}`, 5)).toEqual([results[0]!.run!.id]);
  }
});

test('batches are durable one by one; the order of messages is kept', async () => {
  const call = served.runs.submit(() => {});
  call.write({
    part: { $case: 'header', value: { requestId: '', environment: {}, blobs: [], rlimits: [], code: [] } },
  });
  call.write({ part: { $case: 'batch', value: { submissions: [served.submission({ name: 'early' })] } } });
  const [early] = await until('the first batch is durable', () => {
    const ids = served.store.reader.named('early', 1);
    return ids.length > 0 && ids;
  });
  // The caller dies in the middle of its call: what is durable stands.
  call.cancel();
  expect((await get(String(early))).run!.name).toBe('early');
  expect(served.logged.filter(({ event }) => event === 'call_failed')).toEqual([]);
});

const header: SubmitRequest = {
  part: { $case: 'header', value: { requestId: '', environment: {}, blobs: [], rlimits: [], code: [] } },
};
const batch: SubmitRequest = { part: { $case: 'batch', value: { submissions: [] } } };

test.each([
  ['no header', [batch]],
  ['two headers', [header, header]],
  ['an empty message', [header, {}]],
])('%s fails the call', async (_, sent) => {
  const failed = answer((done) => {
    const call = served.runs.submit(done);
    for (const message of sent) call.write(message);
    call.end();
  });
  await expect(failed).rejects.toMatchObject({ status: 3, detail: { code: 'usage' } });
});

test('an oversized message is refused and the daemon goes on', async () => {
  const argv = Array(90).fill('x'.repeat(100_000));
  await expect(served.submit([{ argv }])).rejects.toSatisfy((err: Failed) => err.status === 8);
  await expect(get('1')).resolves.toMatchObject({ run: { id: 1 } });
});
