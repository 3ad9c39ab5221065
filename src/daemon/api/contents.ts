import { UserError } from '../errors.js';
import { isObject, type Json, parsed } from '../run/job-patch.js';
import type { ContentStore } from '../rundir/content.js';

export type ContentPort = Pick<ContentStore, 'store' | 'keep' | 'release' | 'load'>;

/** Contents that the submissions of one call name: durable before the call's commit, and kept until it is over. */
export class Contents {
  readonly #held: string[] = [];
  /** By sha256: whether it is there. */
  readonly #known = new Map<string, Promise<boolean>>();
  /** By sha256: read once. */
  readonly #json = new Map<string, Promise<Json | undefined>>();
  /** What came with the call so far. */
  #sent: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly store: ContentPort,
    sent: readonly Uint8Array[],
  ) {
    this.take(sent);
  }

  /** Storing begins at once, beside whatever the caller goes on with. */
  take(sent: readonly Uint8Array[]): void {
    this.#sent = Promise.all([this.#sent, ...sent.map((content) => this.add(content))]);
    this.#sent.catch(() => {}); // told to who needs one of them
  }

  /** sha256, once it is durable. */
  async add(content: Uint8Array): Promise<string> {
    const sha = await this.store.store(content);
    this.#held.push(sha);
    this.#known.set(sha, Promise.resolve(true));
    return sha;
  }

  /** Throws UserError usage where it is neither sent nor stored. `what`: "tree". */
  async need(sha: string, what: string): Promise<void> {
    await this.#sent;
    const known = this.#known.get(sha) ?? this.#keep(sha);
    this.#known.set(sha, known);
    if (await known) return;
    throw new UserError(
      'usage',
      `the ${what} of the configuration, ${JSON.stringify(sha.slice(0, 12))}, was not sent`,
      'it belongs to the blobs of the call',
    );
  }

  /** One that is a JSON object. Throws UserError usage where it is none, or not there. */
  async json(sha: string, what: string): Promise<Json> {
    await this.need(sha, what);
    const known = this.#json.get(sha) ?? this.store.load(sha).then((content) => parsed(content.toString()));
    this.#json.set(sha, known);
    const value = await known;
    if (!isObject(value)) throw new UserError('usage', `the ${what} of the configuration is no JSON object`);
    return value;
  }

  /** The call is over. Resolves once nothing of it is under way. */
  async release(): Promise<void> {
    await this.#sent.catch(() => {});
    await Promise.allSettled(this.#known.values());
    for (const sha of this.#held.splice(0)) this.store.release(sha);
  }

  async #keep(sha: string): Promise<boolean> {
    const there = await this.store.keep(sha);
    if (there) this.#held.push(sha);
    return there;
  }
}
