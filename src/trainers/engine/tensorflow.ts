import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import util from 'node:util';
import { PACKAGE_ROOT } from '../../install.js';
import { isMissing } from '../reason.js';
import type { Opened } from './engine.js';
import type { Tf } from './tfjs.js';

/** No process may hold two: they share names of symbols and of kernels. */
let inProcess: string | null = null;

/**
 * Loads tfjs-node, or tfjs-node-gpu, from the directory of the package. Throws a sentence that says why it cannot be
 * had; mostly the addon alone was tried then, and nothing of it stays.
 */
export async function openTensorflow(directory: string): Promise<Opened> {
  if (inProcess !== null) throw new Error(`another TensorFlow is in this process (${inProcess})`);
  const require = createRequire(join(directory, 'package.json'));
  chooseDevice(process.env);
  const { TF_Version: version }: { TF_Version: string } = require(addonOf(directory));
  inProcess = directory;
  mendUtil();
  const tf: Tf = require(directory);
  await tf.ready();
  const backend = tf.backend();
  return { tf, version, gpu: 'isUsingGpuDevice' in backend && backend.isUsingGpuDevice === true };
}

/** The directory of a package that was installed with this one, or in the project. */
export function stockPackage(name: 'tfjs-node-gpu' | 'tfjs-node'): string {
  for (const from of [PACKAGE_ROOT, process.cwd()])
    try {
      return dirname(createRequire(join(from, 'package.json')).resolve(`@tensorflow/${name}/package.json`));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  throw new Error('not installed');
}

/** As tfjs-node looks for it: for the newest Node-API that both know. */
function addonOf(directory: string): string {
  for (let version = Number(process.versions.napi); version > 0; version--) {
    const addon = join(directory, `lib/napi-v${version}/tfjs_binding.node`);
    if (existsSync(addon)) return addon;
  }
  throw new Error('installed without its addon (npm rebuild makes it)');
}

/**
 * Before TensorFlow reads them. It would take all the memory of every GPU that it sees, and tfjs-node computes on the
 * last: so it sees one. Of its log on stderr, warnings.
 */
function chooseDevice(env: NodeJS.ProcessEnv): void {
  env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
  env.TF_CPP_MIN_LOG_LEVEL ??= '1';
  env.CUDA_VISIBLE_DEVICES = (env.CUDA_VISIBLE_DEVICES ?? '0').split(',')[0];
}

/** tfjs-node 4.22 calls these at nearly every op; Node has them no longer from 23 on. */
function mendUtil(): void {
  const gone = {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: Array.isArray,
  };
  for (const [name, replacement] of Object.entries(gone)) Object.assign(util, { [name]: replacement });
}
