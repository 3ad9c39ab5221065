import type { CodeSnapshot } from '../../code/git.js';
import { type CodeAt, type CodeState, RunsService, type SubmitResult } from '../../gen/expd/v1/runs.js';
import type { Daemon } from '../connect.js';
import { failureOf } from '../errors.js';
import { pause } from '../pause.js';
import { requestId } from '../request-id.js';

/** git needs less for most trees; what it says later goes in a call of its own. */
const SOON_MS = 30;

/** The state of each tree once, asked for as early as possible: git works while the submission is under way. */
export class CodeStates {
  readonly #states = new Map<string, Promise<CodeState>>();

  constructor(
    private readonly env: Readonly<Record<string, string | undefined>>,
    private readonly note: (line: string) => void,
  ) {}

  of(directory: string): Promise<CodeState> {
    const known = this.#states.get(directory);
    if (known !== undefined) return known;
    const state = import('../../code/git.js')
      .then(({ codeState }) => codeState(directory, { env: this.env }))
      .then(message);
    this.#states.set(directory, state);
    return state;
  }

  /** Those that need not be waited for long: they travel with the submissions, which may then start at once. */
  async soon(directories: Iterable<string>): Promise<CodeAt[]> {
    const late = pause(SOON_MS).then(() => null);
    const states = [...new Set(directories)].map(async (cwd) => ({ cwd, state: await this.of(cwd) }));
    const known = await Promise.all(states.map((state) => Promise.race([state, late])));
    return known.filter((state) => state !== null);
  }

  /**
   * Tells the daemon what `told` does not; `directories` are those of the results, in their order. Never rejects: the
   * runs are queued, and without this the daemon calls their code unknown.
   */
  async record(
    daemon: Daemon,
    results: readonly SubmitResult[],
    directories: readonly string[],
    told: readonly CodeAt[] = [],
  ): Promise<void> {
    const known = new Set(told.map(({ cwd }) => cwd));
    const runs = new Map<string, number[]>();
    for (const [n, { run, existing }] of results.entries()) {
      const directory = directories[n];
      if (run === undefined || existing || directory === undefined || known.has(directory)) continue;
      const ids = runs.get(directory);
      if (ids === undefined) runs.set(directory, [run.id]);
      else ids.push(run.id);
    }
    await Promise.all([...runs].map(([directory, runIds]) => this.#tell(daemon, runIds, directory)));
  }

  async #tell(daemon: Daemon, runIds: number[], directory: string): Promise<void> {
    const code = await this.of(directory);
    await daemon
      .call(RunsService.recordCode, { requestId: requestId(), runIds, code })
      .catch((error: unknown) =>
        this.note(`warning: the state of the code is not recorded: ${failureOf(error).message}`),
      );
  }
}

const message = (state: CodeSnapshot): CodeState =>
  state.known
    ? {
        commit: state.commit,
        branch: state.branch,
        remote: state.remote,
        dirty: state.dirty,
        diff: state.diff ?? Buffer.alloc(0),
        diffOmitted: state.diffOmitted,
        fingerprint: '',
        traces: state.traces,
        changedFiles: state.changedFiles,
        toplevel: state.toplevel,
        unknownReason: '',
      }
    : {
        commit: '',
        branch: '',
        remote: '',
        dirty: false,
        diff: Buffer.alloc(0),
        diffOmitted: false,
        fingerprint: '',
        traces: [],
        changedFiles: [],
        toplevel: '',
        unknownReason: state.why,
      };
