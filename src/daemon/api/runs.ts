import type {
  ActRequest,
  ActResponse,
  EditRequest,
  ExplainRequest,
  ExplainResponse,
  GetConfigurationRequest,
  GetConfigurationResponse,
  GetRequest,
  GetResponse,
  ListGroupsRequest,
  ListGroupsResponse,
  ListRequest,
  ListResponse,
  RecordCodeRequest,
  RecordCodeResponse,
  RemoveGroupRequest,
  RemoveGroupResponse,
  RemoveRequest,
  RemoveResponse,
  RerunRequest,
  ResumeRequest,
  RetryRequest,
  RunsServer,
  SetGroupRequest,
  SetGroupResponse,
  SubmitRequest,
  SubmitResponse,
  WaitRequest,
  WaitResponse,
  WatchRequest,
  WatchResponse,
} from '../../gen/expd/v1/runs.js';
import type { Keeper } from '../checkpoints/keeper.js';
import type { Clock } from '../clock.js';
import type { Queue } from '../queue/queue.js';
import type { ContentStore } from '../rundir/content.js';
import type { Reader } from '../store/reader.js';
import type { StoredRun } from '../store/stored.js';
import { act, cancel, hold, pause, release, resume, retry } from './act.js';
import type { Calls } from './call.js';
import { recordCode } from './code.js';
import { getConfiguration } from './configuration.js';
import type { ContentPort } from './contents.js';
import { edit } from './edit.js';
import type { EnvironmentPort } from './environment.js';
import type { ExperimentPorts } from './experiments.js';
import { explain, get } from './get.js';
import { groupViews, removeGroup, setGroup } from './groups.js';
import { list } from './list.js';
import type { ProgressReads } from './progress-view.js';
import { type RunFiles, remove } from './remove.js';
import { rerun } from './rerun.js';
import type { Defaults } from './submission.js';
import { submit } from './submit.js';
import type { Reasons } from './view.js';
import { wait } from './wait.js';
import { watch } from './watch.js';

/** What the service of runs asks of the rest of the daemon. */
export interface RunsPorts {
  calls: Calls;
  queue: Pick<Queue, 'execute'>;
  onCommit: Queue['onCommit'];
  reads: Reader;
  /** The scheduler's view. */
  reasons: Reasons & { ahead(runId: number): number };
  progress: ProgressReads;
  environments: EnvironmentPort;
  configurations: ContentPort;
  diffs: Pick<ContentStore, 'store' | 'release'>;
  files: RunFiles;
  experiments: ExperimentPorts;
  keeper: Pick<Keeper, 'choose' | 'at'>;
  clock: Clock;
  defaults(): Defaults;
  /** The daemon's condition, as far as it matters to a submitter. */
  notices(): string[];
  /** What is to be said of a run beside its state. */
  remarks(run: StoredRun): Promise<string[]>;
}

/** Messages of a few hundred bytes: enough under way to fill a socket's buffer. */
const EVENTS_UNDER_WAY = 64;

export function runsService(ports: RunsPorts): RunsServer {
  const { calls } = ports;
  return {
    submit: calls.clientStream<SubmitRequest, SubmitResponse>('Runs.Submit', (requests) =>
      submit(ports, requests),
    ),
    recordCode: calls.unary<RecordCodeRequest, RecordCodeResponse>('Runs.RecordCode', async (request) => {
      await recordCode(ports, request);
      return {};
    }),
    list: calls.unary<ListRequest, ListResponse>('Runs.List', (request) => list(ports, request)),
    get: calls.unary<GetRequest, GetResponse>('Runs.Get', (request) => get(ports, request)),
    explain: calls.unary<ExplainRequest, ExplainResponse>('Runs.Explain', (request) =>
      explain(ports, request),
    ),
    getConfiguration: calls.unary<GetConfigurationRequest, GetConfigurationResponse>(
      'Runs.GetConfiguration',
      (request) => getConfiguration(ports, request),
    ),
    cancel: calls.unary<ActRequest, ActResponse>('Runs.Cancel', (request) => act(ports, request, cancel)),
    hold: calls.unary<ActRequest, ActResponse>('Runs.Hold', (request) => act(ports, request, hold)),
    release: calls.unary<ActRequest, ActResponse>('Runs.Release', (request) => act(ports, request, release)),
    pause: calls.unary<ActRequest, ActResponse>('Runs.Pause', (request) => act(ports, request, pause)),
    retry: calls.unary<RetryRequest, ActResponse>('Runs.Retry', (request) => retry(ports, request)),
    resume: calls.unary<ResumeRequest, ActResponse>('Runs.Resume', (request) => resume(ports, request)),
    rerun: calls.unary<RerunRequest, SubmitResponse>('Runs.Rerun', (request) => rerun(ports, request)),
    edit: calls.unary<EditRequest, ActResponse>('Runs.Edit', (request) => edit(ports, request)),
    // Moving trees of checkpoints to the trash is a rename each, but there may be thousands of runs.
    remove: calls.unary<RemoveRequest, RemoveResponse>('Runs.Remove', (request) => remove(ports, request), {
      withinMs: null,
    }),
    wait: calls.serverStream<WaitRequest, WaitResponse>('Runs.Wait', EVENTS_UNDER_WAY, (request, out) =>
      wait(ports, request, out),
    ),
    watch: calls.serverStream<WatchRequest, WatchResponse>('Runs.Watch', EVENTS_UNDER_WAY, (request, out) =>
      watch(ports, request, out),
    ),
    listGroups: calls.unary<ListGroupsRequest, ListGroupsResponse>('Runs.ListGroups', () => ({
      groups: groupViews(ports),
    })),
    setGroup: calls.unary<SetGroupRequest, SetGroupResponse>('Runs.SetGroup', async (request) => ({
      group: await setGroup(ports, request),
    })),
    removeGroup: calls.unary<RemoveGroupRequest, RemoveGroupResponse>('Runs.RemoveGroup', async (request) => {
      await removeGroup(ports, request.requestId, request.name);
      return {};
    }),
  };
}
