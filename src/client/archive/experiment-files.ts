import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Run, RunsService } from '../../gen/expd/v1/runs.js';
import type { Daemon } from '../connect.js';
import { ClientError } from '../errors.js';
import { isFinal } from '../render/run.js';
import { writerElsewhere } from './writer-elsewhere.js';

/** All that lies on disk of an experiment. */
export interface ExperimentFiles {
  experimentId: string;
  project: string;
  runs: number[];
  /** Absolute; those that are there. */
  directories: string[];
  /** Run directories that are not. */
  gone: string[];
}

const PAGE = 1000;

/**
 * `named`: an experiment id, else a run. @throws ClientError where there is none, where several projects have one of
 * that name, where a run still writes, and where nothing is left of it
 */
export async function experimentFiles(daemon: Daemon, named: string): Promise<ExperimentFiles> {
  const { experimentId, project } = await experimentOf(daemon, named);
  const runs = await all(daemon, (run) => run.experimentId === experimentId && run.project === project);
  const unfinished = runs.find(({ state }) => !isFinal(state));
  if (unfinished !== undefined)
    throw new ClientError(
      'wrong_state',
      `run ${unfinished.id} is not over: what it writes would be torn`,
      `expctl wait ${unfinished.id}`,
    );
  const elsewhere = writerElsewhere(
    project,
    experimentId,
    runs.map(({ ulid }) => ulid),
  );
  if (elsewhere !== null)
    throw new ClientError(
      'wrong_state',
      `${elsewhere} still writes ${experimentId}: what it writes would be torn`,
      'archive it once that is over',
    );
  const attempts = await Promise.all(
    runs.map(({ id }) => daemon.call(RunsService.get, { run: String(id), logLines: 0 })),
  );
  const made = attempts.flatMap(({ attempts }) => attempts.map(({ runDir }) => runDir));
  const runDirs = [...new Set(made)].filter((path) => path !== '');
  const directories = [...runDirs, join(project, 'outputs/tensorboard', experimentId)].filter((path) =>
    existsSync(path),
  );
  if (directories.length === 0)
    throw new ClientError(
      'not_found',
      `nothing is left of ${experimentId} on this machine`,
      'look in outputs/.trash',
    );
  return {
    experimentId,
    project,
    runs: runs.map(({ id }) => id).sort((a, b) => a - b),
    directories,
    gone: runDirs.filter((path) => !existsSync(path)),
  };
}

async function experimentOf(daemon: Daemon, named: string): Promise<Pick<Run, 'experimentId' | 'project'>> {
  const [first, ...others] = await all(daemon, ({ experimentId }) => experimentId === named);
  const elsewhere = others.find(({ project }) => project !== first?.project);
  if (elsewhere !== undefined)
    throw new ClientError(
      'ambiguous',
      `${named} is an experiment of ${first?.project} and of ${elsewhere.project}`,
      `name one of its runs: expctl archive ${elsewhere.id}`,
    );
  if (first !== undefined) return first;
  const { run } = await daemon.call(RunsService.get, { run: named, logLines: 0 });
  if (run === undefined) throw new ClientError('not_found', `there is no experiment ${named}`);
  return run;
}

async function all(daemon: Daemon, wanted: (run: Run) => boolean): Promise<Run[]> {
  const request = { states: [], tags: [], sinceMs: 0, name: '', group: '', runs: [], recent: false };
  const found: Run[] = [];
  for (let beforeId = 0; ; ) {
    const page = await daemon.call(RunsService.list, {
      ...request,
      ...{ beforeId, pageSize: PAGE, sweepId: 0, foldSweeps: false },
    });
    found.push(...page.runs.filter(wanted));
    if (page.nextBeforeId === 0) return found;
    beforeId = page.nextBeforeId;
  }
}
