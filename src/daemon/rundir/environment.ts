import type { Environment } from '../../environment.js';
import { UserError } from '../errors.js';
import { type ContentStore, contentStore } from './content.js';
import { environmentsDir } from './paths.js';

/**
 * Environments of submissions, once per content, in `<state>/env/<sha256>` (0600): the only place where
 * their values lie. See ContentStore for the life of an entry.
 */
export interface Environments extends Pick<ContentStore, 'release' | 'removeUnused' | 'sweep'> {
  /** sha256, once it is durable. @throws UserError usage for a name or value that no process can have. */
  store(environment: Environment): Promise<string>;
  /** @throws UserError storage_failed when it is gone or damaged. */
  load(sha: string): Promise<Environment>;
}

export function environmentStore(state: string): Environments {
  const contents = contentStore(environmentsDir(state), 'environment');
  // The jobs of a sweep start one after the other with the same environment.
  let newest: { sha: string; environment: Environment } | null = null;
  return {
    store: async (environment) => contents.store(encodeEnvironment(environment)),
    async load(sha) {
      if (newest?.sha !== sha)
        newest = { sha, environment: Object.freeze(decodeEnvironment(await contents.load(sha))) };
      return newest.environment;
    },
    release: contents.release,
    removeUnused: contents.removeUnused,
    sweep: contents.sweep,
  };
}

/** Canonical: `NAME=value`, sorted by name (UTF-16 code units), each ended by NUL. */
export function encodeEnvironment(environment: Environment): Buffer {
  const names = Object.keys(environment).sort();
  const bad = names.find((name) => !/^[^=\0]+$/.test(name) || environment[name]!.includes('\0'));
  if (bad !== undefined)
    throw new UserError(
      'usage',
      `${JSON.stringify(bad)} cannot be in an environment`,
      'names have no =, values no NUL',
    );
  return Buffer.from(names.map((name) => `${name}=${environment[name]}\0`).join(''));
}

function decodeEnvironment(bytes: Buffer): Record<string, string> {
  const strings = bytes.toString('utf8').split('\0').slice(0, -1);
  return Object.fromEntries(strings.map((s) => [s.slice(0, s.indexOf('=')), s.slice(s.indexOf('=') + 1)]));
}
