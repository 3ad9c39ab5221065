import { randomUUID } from 'node:crypto';
import { RunsService } from '../../src/gen/expd/v1/runs.js';
import type { Expd } from '../daemon.js';

/** Milliseconds of one durable submission over a connection that stands. */
export async function submitCall(expd: Expd): Promise<number> {
  const { world } = expd;
  const begin = performance.now();
  const { results } = await expd.call(
    RunsService.submit,
    {
      part: {
        $case: 'header',
        value: { requestId: randomUUID(), environment: world.env, blobs: [], rlimits: [], code: [] },
      },
    },
    { part: { $case: 'batch', value: { submissions: [submission(world.cwd)] } } },
  );
  const took = performance.now() - begin;
  if (results[0]?.run === undefined) throw new Error(`not submitted: ${results[0]?.error?.message}`);
  return took;
}

const submission = (cwd: string) => ({
  argv: ['python', 'train.py'],
  cwd,
  project: cwd,
  name: '',
  tags: [],
  note: '',
  envSet: {},
  envDrop: [],
  priority: 0,
  group: '',
  after: [],
  killOnFailedDependency: false,
  beginAtMs: 0,
  timeLimitMs: 0,
  retries: 0,
  requeueExits: [],
  seed: undefined,
  key: '',
  hold: false,
  graceMs: undefined,
  warnSignal: undefined,
  resumeArg: '',
  template: false,
  split: false,
  layout: '',
  noTopLevel: false,
  umask: 0o22,
  nice: 0,
  rlimits: [],
  codeFollows: false,
  experimentId: '',
  existingExperiment: 0,
  checkpoints: '',
  metric: '',
  from: '',
  noWandb: false,
});

/** Milliseconds of what `ls` asks for. */
export async function listCall(expd: Expd): Promise<number> {
  const begin = performance.now();
  await expd.call(RunsService.list, {
    states: [],
    tags: [],
    sinceMs: 0,
    name: '',
    group: '',
    runs: [],
    recent: true,
    beforeId: 0,
    pageSize: 50,
    sweepId: 0,
    foldSweeps: false,
  });
  return performance.now() - begin;
}
