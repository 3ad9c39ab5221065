import { join } from 'node:path';
import type { Sweep } from '../run/sweep.js';
import { claimDirectory } from './claim.js';
import type { ContentStore } from './content.js';
import { type Layout, sweepDirectoryPath } from './layout.js';
import { directoryMode, fileMode } from './modes.js';
import type { AttemptOrder } from './order.js';
import { readRegular } from './publish.js';
import type { Scribe } from './scribe.js';
import { StepFailed } from './steps.js';
import { layoutValues } from './where.js';

export const INDEX = 'runs_index.json';
export const POINTERS = 'runptrs';
/** Of what Hydra writes: configurations hold secrets. */
const PRIVATE = 0o600;

/** A sweep's directory holds only multirun.yaml, runs_index.json and runptrs/. */
export class SweepDirectories {
  /** What is made but perhaps not committed, by the sweep's id: jobs start together. */
  readonly #made = new Map<number, Promise<string>>();

  constructor(
    private readonly scribe: Scribe,
    private readonly contents: Pick<ContentStore, 'load'>,
  ) {}

  /** Of a sweep that has none yet; made by the first who asks. Absolute. */
  directoryOf(order: AttemptOrder, sweep: Sweep, layout: Layout): Promise<string> {
    const known = this.#made.get(sweep.id);
    if (known !== undefined) return known;
    const made = this.#make(order, sweep, layout);
    this.#made.set(sweep.id, made);
    // What failed is tried again with the next job.
    made.catch(() => this.#made.delete(sweep.id));
    return made;
  }

  async #make(order: AttemptOrder, sweep: Sweep, layout: Layout): Promise<string> {
    const { umask } = order.submission;
    const [mode, files] = [directoryMode(umask), fileMode(umask)];
    const path =
      sweep.ownDir ??
      sweepDirectoryPath(layout, sweep.project, {
        ...layoutValues(order, sweep.submittedAt),
        name: sweep.name,
      });
    const dir = await this.#claim(path, sweep, mode, sweep.ownDir !== null);
    const multirun = sweep.multirunSha === null ? null : await this.contents.load(sweep.multirunSha);
    await this.scribe.carryOut([
      { do: 'have', path: join(dir, POINTERS), mode },
      { do: 'replace', path: join(dir, INDEX), mode: files, content: `${JSON.stringify(headOf(sweep))}\n` },
      ...(multirun === null
        ? []
        : [{ do: 'replace' as const, path: join(dir, 'multirun.yaml'), mode: PRIVATE, content: multirun }]),
    ]);
    return dir;
  }

  /** One that this sweep made before a crash is its own again; one that a project names may be there, unless another's. */
  async #claim(path: string, sweep: Sweep, mode: number, own: boolean): Promise<string> {
    for (let n = 1; ; n++) {
      const candidate = n === 1 ? path : `${path}_${n}`;
      const owner = await ownerOf(candidate);
      if (owner === sweep.ulid) return candidate;
      if (owner !== null) continue;
      if (own && (await this.#isThere(candidate))) return candidate;
      const made = await claimDirectory(this.scribe, candidate, mode);
      if (made === candidate || (await ownerOf(made)) === null) return made;
    }
  }

  async #isThere(path: string): Promise<boolean> {
    try {
      await this.scribe.carryOut([{ do: 'look', path }]);
      return true;
    } catch (cause) {
      if (cause instanceof StepFailed) return false;
      throw cause;
    }
  }
}

/** What the index of a sweep begins with. */
export const headOf = ({ id, ulid, name, axes, submittedAt }: Sweep) => ({
  sweep: `s${id}`,
  ulid,
  name,
  axes,
  submitted_at: new Date(submittedAt).toISOString(),
});

/** The ULID of the sweep whose directory this is; null: nobody's. */
export async function ownerOf(directory: string): Promise<string | null> {
  const text = await readRegular(join(directory, INDEX));
  try {
    const index: unknown = JSON.parse(text?.toString() ?? 'null');
    return typeof index === 'object' && index !== null && 'ulid' in index ? String(index.ulid) : null;
  } catch {
    return null;
  }
}
