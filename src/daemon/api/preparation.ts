import { changeEnvironment, type Environment, filterEnvironment } from '../../environment.js';
import type { Submission as Asked, SubmitHeader } from '../../gen/expd/v1/runs.js';
import type { Clock } from '../clock.js';
import type { NewRun } from '../queue/commands.js';
import type { Submission } from '../run/submission.js';
import { type CodePorts, ToldCode } from './code.js';
import { toConfiguration } from './configuration.js';
import { type ContentPort, Contents } from './contents.js';
import type { EnvironmentPort } from './environment.js';
import { type Origin, originOf, type ParentPorts } from './parent.js';
import type { Lookup } from './select.js';
import { type Defaults, type Draft, draftOf, drawnSeed, rlimit, sealed } from './submission.js';
import { Warnings } from './warnings.js';

export interface PreparationPorts {
  reads: Lookup & ParentPorts['reads'];
  environments: EnvironmentPort;
  configurations: ContentPort;
  diffs: CodePorts['diffs'];
  clock: Clock;
  defaults(): Defaults;
  keeper: ParentPorts['keeper'];
}

/** A submission that the queue may take. */
export interface Prepared {
  run: NewRun;
  warnings: string[];
}

/** Makes the submissions of one call ready: checks them, and keeps durable what they name until `release`. */
export class Preparation {
  readonly contents: Contents;
  readonly #environments: StoredEnvironments;
  readonly #code: ToldCode;
  readonly #rlimits: Submission['rlimits'];
  readonly #warnings = new Warnings();
  /** The jobs of a sweep share what is drawn. */
  readonly #seed: number | undefined;
  readonly #keyed: boolean;

  constructor(
    private readonly ports: PreparationPorts,
    { environment, blobs, sweep, rlimits, code }: SubmitHeader,
  ) {
    this.#rlimits = rlimits.map(rlimit);
    this.contents = new Contents(ports.configurations, blobs);
    this.#environments = new StoredEnvironments(ports.environments, environment);
    this.#code = new ToldCode(ports.diffs, code);
    this.#seed = sweep === undefined ? undefined : drawnSeed();
    this.#keyed = sweep !== undefined && sweep.key !== '';
  }

  /** Everything is checked before anything is stored for it. Rejects with UserError. */
  async run(asked: Asked): Promise<Prepared> {
    const { reads, defaults, clock } = this.ports;
    const draft = draftOf(asked, reads, defaults(), clock.now(), this.#seed);
    const { submission, labels } = draft;
    if (asked.from !== '') this.#startFrom(draft, await originOf(this.ports, asked.from));
    if (submission.rlimits.length === 0) submission.rlimits = this.#rlimits;
    labels.code = await this.#code.of(asked.cwd);
    if (labels.code !== null) labels.codeUntil = null;
    const keyed = this.#keyed || labels.key !== null;
    const { contents } = this;
    submission.configuration = await toConfiguration(asked.configuration, submission.argv, contents, {
      whole: keyed,
    });
    const { environment, envSha } = await this.#environments.changed(asked.envSet, asked.envDrop);
    submission.envSha = envSha;
    const warnings = await this.#warnings.of(submission, environment);
    return { run: sealed(draft, keyed), warnings };
  }

  /** The curves go on where they were, unless another place was chosen; jobs of a sweep have one each. */
  #startFrom({ labels, submission }: Draft, { parent, experimentId }: Origin): void {
    submission.parent = parent;
    labels.resume = { from: 'chosen', what: parent.path };
    if (labels.experimentId !== null || experimentId === null || this.#seed !== undefined) return;
    labels.experimentId = experimentId;
    submission.existingExperiment ??= 'continue';
  }

  async release(): Promise<void> {
    this.#environments.release();
    await Promise.all([this.#code.release(), this.contents.release()]);
  }
}

/** The environments of one call: once stored per content, held until its end. */
class StoredEnvironments {
  readonly #known = new Map<string, Promise<{ environment: Environment; envSha: string }>>();
  readonly #held: string[] = [];

  constructor(
    private readonly environments: EnvironmentPort,
    private readonly base: Environment,
  ) {}

  changed(set: Environment, drop: readonly string[]): Promise<{ environment: Environment; envSha: string }> {
    const change = JSON.stringify([set, drop]);
    const known = this.#known.get(change) ?? this.#store(set, drop);
    this.#known.set(change, known);
    return known;
  }

  release(): void {
    for (const sha of this.#held) this.environments.release(sha);
  }

  async #store(set: Environment, drop: readonly string[]) {
    const { environment: own } = filterEnvironment(this.base);
    const environment = changeEnvironment(own, set, drop);
    const envSha = await this.environments.store(environment);
    this.#held.push(envSha);
    return { environment, envSha };
  }
}
