import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Of tfjs-node beside the TensorFlow that it was linked to. */
export interface LinkRecord {
  /** The directory with libtensorflow_cc. */
  tensorflow: string;
  version: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where `expctl tfjs link` puts its work: with the user's data, since a training finds it by the environment that a
 * run inherits from the shell. For one processor type, as homes are shared by machines.
 */
export function linkPlace(env: Environment): string {
  const data = env.XDG_DATA_HOME || join(env.HOME || homedir(), '.local/share');
  return join(data, 'expd', `tfjs-${process.platform}-${process.arch}`);
}

export const LINK_RECORD = 'link.json';

/** The linked package's directory. Throws a sentence that says why there is none. */
export function linkedPackage(env: Environment): string {
  const place = linkPlace(env);
  if (!existsSync(join(place, LINK_RECORD)))
    throw new Error('no TensorFlow is linked (expctl tfjs link does it)');
  const { tensorflow }: LinkRecord = JSON.parse(readFileSync(join(place, LINK_RECORD), 'utf8'));
  if (!existsSync(tensorflow))
    throw new Error(`the TensorFlow that was linked is gone: ${tensorflow} (expctl tfjs link links another)`);
  return packageIn(place);
}

export const packageIn = (place: string): string => join(place, 'node_modules/@tensorflow/tfjs-node');
