import type { Place } from '../../composition/place.js';
import type { ConfigTree } from '../../hydra/hydra.js';
import type { Values } from '../arguments.js';
import { ClientError } from '../errors.js';
import type { PLAN_FLAGS } from '../submit/flags.js';
import type { Context } from '../verb.js';
import { sweepLimit } from './limit.js';
import { projectPlace } from './place.js';
import { type Plan, type PlanOptions, plainPlan } from './plan.js';
import { Programs } from './programs.js';

/** What is to be run: a command, or what the project's configuration says with these overrides. */
export interface Ask {
  argv: readonly string[];
  /** null: there is an argv. */
  overrides: readonly string[] | null;
  flags: Values<typeof PLAN_FLAGS>;
  /** Directory of the run, absolute. */
  cwd: string;
  pinned: boolean;
}

/** Finds out what command lines mean. Files are read once; composing is loaded for those that need it. */
export class Planner {
  readonly #programs: Programs;
  readonly #trees = new Map<string, ConfigTree>();

  constructor(private readonly context: Pick<Context, 'env' | 'now'>) {
    this.#programs = new Programs(context.env);
  }

  /** @throws ClientError */
  async plan(ask: Ask): Promise<Plan> {
    const options: PlanOptions = {
      multirun: ask.flags.multirun,
      skipInvalid: ask.flags['skip-invalid'],
      limit: sweepLimit(this.context.env),
      pinned: ask.pinned,
    };
    if (ask.overrides === null) return this.#command(ask, options);
    const place = projectPlace(ask.flags, ask.cwd);
    if (place.shipped && ask.overrides.length === 0)
      throw new ClientError(
        'usage',
        'nothing says what to run: there is no conf/config.yaml here or in a directory above',
        'write expctl submit -- python train.py',
      );
    const [{ planComposed }, tree] = await Promise.all([import('./composed.js'), this.#tree(place)]);
    return planComposed(tree, place, ask.overrides, options);
  }

  async #command({ argv, flags, cwd }: Ask, options: PlanOptions): Promise<Plan> {
    refuseCombinations(flags);
    const looked = flags.whole || flags['no-hydra'] ? null : this.#programs.of(argv, cwd);
    if (looked?.kind !== 'hydra' && !flags.hydra) {
      if (!flags.multirun) return plainPlan(argv);
      const { sweepWords } = await import('./words.js');
      return sweepWords(argv, options);
    }
    const program = looked?.kind === 'hydra' ? looked : null;
    // Launchers may go elsewhere.
    const where = program?.cwd ?? cwd;
    const argsAt = looked === null || looked.kind === 'other' ? 1 : looked.argsAt;
    const { planApplication } = await import('./application.js');
    const open = (place: Place): Promise<ConfigTree> => this.#tree(place);
    return planApplication({ argv, argsAt, cwd: where }, program, open, options);
  }

  async #tree(place: Place): Promise<ConfigTree> {
    const { directory, further, versionBase, jobName, cwd } = place;
    const key = JSON.stringify([directory, further, versionBase, jobName, cwd]);
    const known = this.#trees.get(key);
    if (known !== undefined) return known;
    const { openTree } = await import('./open.js');
    const tree = openTree(this.context, place);
    this.#trees.set(key, tree);
    return tree;
  }
}

function refuseCombinations(flags: Ask['flags']): void {
  if (flags.hydra && flags['no-hydra'])
    throw new ClientError('usage', '--hydra and --no-hydra exclude each other');
  // The application sweeps by itself, in one run.
  if (flags.whole && flags.multirun)
    throw new ClientError('usage', '--whole runs the application as it is', 'write -m behind the program');
  const { 'config-path': path, 'config-name': name, 'config-dir': further } = flags;
  if (path !== undefined || name !== undefined || further.length > 0)
    throw new ClientError(
      'usage',
      'a command finds its configuration by itself',
      'write --config-name and its like behind the program',
    );
}
