import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.js';
import { sweepTemporaries, syncDirectory, writeAtomically } from './atomic.js';

/**
 * Files named by the sha256 of what they hold, 0600 in a 0700 directory, written once per content.
 * What `store` answered is durable, and stays until `release` and then `removeUnused`.
 */
export interface ContentStore {
  /** sha256, once the content is durable. Kept from `removeUnused` until released as often as stored. */
  store(content: Uint8Array): Promise<string>;
  /** Whether it is there already; then it is kept like what was stored, and to be released. */
  keep(sha: string): Promise<boolean>;
  /** The caller's reference is committed elsewhere (or was given up). */
  release(sha: string): void;
  /** @throws UserError storage_failed when it is missing or not what was stored. */
  load(sha: string): Promise<Buffer>;
  /** Removes what nobody refers to; `inUse` is asked after the directory was read. Returns how many went. */
  removeUnused(inUse: () => ReadonlySet<string>): Promise<number>;
  /** Removes what a killed daemon left half-written; before the first `store`. */
  sweep(): Promise<void>;
}

const SHA256 = /^[0-9a-f]{64}$/;
/** Durable contents that need no look at the disk; bounded, for a daemon that lives for months. */
const REMEMBERED = 1000;

/** `what` names the content to people: "environment". */
export function contentStore(directory: string, what: string): ContentStore {
  const durable = new Set<string>();
  const writing = new Map<string, Promise<void>>();
  const held = new Map<string, number>();
  /** A removal under way: what it takes must not be found "there" by a writer. */
  let removal: Promise<unknown> = Promise.resolve();

  const release = (sha: string): void => {
    const count = (held.get(sha) ?? 0) - 1;
    if (count > 0) held.set(sha, count);
    else held.delete(sha);
  };

  async function write(sha: string, content: Uint8Array): Promise<void> {
    await removal;
    const path = join(directory, sha);
    const there = await stat(path).catch(() => null);
    // Complete by its rename, but perhaps not durable: a daemon may have died before the fsync of the directory.
    if (there?.isFile() && there.size === content.length) await syncDirectory(directory);
    else {
      // Not recursive, which calls a full disk ENOENT: what lies above is there.
      await mkdir(directory, { mode: 0o700 }).catch((cause: NodeJS.ErrnoException) => {
        if (cause.code !== 'EEXIST') throw cause;
      });
      await writeAtomically(path, content, { mode: 0o600, durable: true });
    }
    if (durable.size >= REMEMBERED) durable.clear();
    durable.add(sha);
  }

  return {
    async store(content) {
      const sha = createHash('sha256').update(content).digest('hex');
      held.set(sha, (held.get(sha) ?? 0) + 1);
      if (durable.has(sha)) return sha;
      const underWay = writing.get(sha) ?? write(sha, content).finally(() => writing.delete(sha));
      writing.set(sha, underWay);
      try {
        await underWay;
      } catch (cause) {
        release(sha);
        throw cause;
      }
      return sha;
    },
    async keep(sha) {
      if (!SHA256.test(sha)) return false;
      // Held first: a removal that begins now passes over it, and one under way is waited for.
      held.set(sha, (held.get(sha) ?? 0) + 1);
      await (writing.get(sha) ?? removal).catch(() => {});
      if (durable.has(sha)) return true;
      const there = await stat(join(directory, sha)).catch(() => null);
      // Perhaps of a daemon that died before the fsync of the directory.
      if (there?.isFile()) await syncDirectory(directory);
      else release(sha);
      return there?.isFile() === true;
    },
    release,
    async load(sha) {
      const damaged = (why: string, cause?: unknown): UserError =>
        new UserError(
          'storage_failed',
          `the stored ${what} ${sha.slice(0, 12)} ${why}`,
          'submit the run again',
          {
            cause,
          },
        );
      if (!SHA256.test(sha)) throw damaged('has no such name');
      const content = await read(join(directory, sha)).catch((cause: unknown) => {
        throw damaged('cannot be read', cause);
      });
      if (createHash('sha256').update(content).digest('hex') !== sha) throw damaged('is damaged');
      return content;
    },
    async removeUnused(inUse) {
      const names = (await readdir(directory).catch(() => [])).filter((name) => SHA256.test(name));
      const used = inUse();
      const unused = names.filter((name) => !used.has(name) && !held.has(name));
      for (const name of unused) durable.delete(name);
      removal = Promise.all(unused.map((name) => unlink(join(directory, name)).catch(() => {})));
      await removal;
      return unused.length;
    },
    sweep: () => sweepTemporaries(directory),
  };
}

async function read(path: string): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
}
