import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { reason } from '../reason.js';
import { TrainerError } from '../trainer-error.js';
import { LINK_RECORD, type LinkRecord, linkPlace, packageIn } from './link-place.js';
import { openTensorflow } from './tensorflow.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The release of tfjs-node whose binding is compiled, and the headers of Node-API, which is all of Node it needs. */
const PACKAGES = ['@tensorflow/tfjs-node@4.22.0', 'node-api-headers@1.9.0'];
const NODE_API = 8;
const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];

export interface Linked extends LinkRecord {
  /** Where tfjs-node lies. */
  directory: string;
  gpu: boolean;
}

/**
 * Makes tfjs-node compute on the TensorFlow of a Python installation: its JavaScript from npm, its binding compiled
 * against that library. The stock package brings TensorFlow 2.9 for CUDA 11, which newer GPUs cannot use.
 * What was linked before stays until the new one has computed something.
 * @throws TrainerError with what is missing, and how to get it
 */
export async function link(
  tensorflow: string | null,
  env: Environment,
  say: (line: string) => void,
): Promise<Linked> {
  const directory = tensorflow === null ? await ofPython(env) : checked(resolve(tensorflow));
  const place = linkPlace(env);
  const fresh = `${place}.new-${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  try {
    say(`TensorFlow: ${directory}`);
    await install(fresh, env, say);
    await compile(packageIn(fresh), directory, env, say);
    const { version, gpu } = await opened(packageIn(fresh));
    writeFileSync(join(fresh, LINK_RECORD), `${JSON.stringify({ tensorflow: directory, version })}\n`, {
      flush: true,
    });
    replace(place, fresh);
    return { tensorflow: directory, version, gpu, directory: packageIn(place) };
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** The one that `python3` would import; `VIRTUAL_ENV` and conda put theirs on the PATH. */
async function ofPython(env: Environment): Promise<string> {
  const find =
    'import importlib.util as u; s = u.find_spec("tensorflow"); print(s.submodule_search_locations[0] if s else "")';
  const { stdout } = await run(
    'python3',
    ['-c', find],
    env,
    'python3 is missing; name the directory with --tf',
  );
  if (stdout.trim() === '')
    throw new TrainerError(
      'python3 here has no tensorflow: pip install tensorflow (tensorflow[and-cuda] for a GPU), or name its directory with --tf',
    );
  return checked(stdout.trim());
}

/** `directory` itself, or what holds it. */
function checked(directory: string): string {
  const found = [directory, join(directory, 'tensorflow')].find((place) =>
    existsSync(join(place, LIBRARIES[0]!)),
  );
  if (found === undefined)
    throw new TrainerError(
      `${directory} has no ${LIBRARIES[0]}: name the directory tensorflow of site-packages`,
    );
  for (const name of [LIBRARIES[1]!, 'include/tensorflow/c/c_api.h'])
    if (!existsSync(join(found, name))) throw new TrainerError(`${found} has no ${name}`);
  return found;
}

async function install(place: string, env: Environment, say: (line: string) => void): Promise<void> {
  say(`installing ${PACKAGES.join(', ')} (300 MB)`);
  writeFileSync(join(place, 'package.json'), '{ "private": true }\n');
  const words = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...PACKAGES];
  await run('npm', words, env, 'npm is missing', place);
}

/** As its own build does, but for the library. */
async function compile(
  tfjs: string,
  tensorflow: string,
  env: Environment,
  say: (line: string) => void,
): Promise<void> {
  say('compiling its binding');
  const addon = join(tfjs, `lib/napi-v${NODE_API}`);
  mkdirSync(addon, { recursive: true });
  const words = [
    ...['-std=c++17', '-O2', '-fPIC', '-shared', '-w', `-DNAPI_VERSION=${NODE_API}`, '-I.'],
    ...[join(tfjs, '../../node-api-headers/include'), join(tensorflow, 'include')].map(
      (place) => `-I${place}`,
    ),
    ...['binding/tfjs_backend.cc', 'binding/tfjs_binding.cc', '-o', join(addon, 'tfjs_binding.node')],
    ...LIBRARIES.map((name) => join(tensorflow, name)),
    `-Wl,-rpath,${tensorflow}`,
  ];
  const missing = 'a C++ compiler is missing (Debian, Ubuntu: apt-get install g++)';
  await run(env.CXX || 'g++', words, env, missing, tfjs);
}

/** It must compute before it counts. */
async function opened(tfjs: string): Promise<{ version: string; gpu: boolean }> {
  try {
    const { tf, version, gpu } = await openTensorflow(tfjs);
    const [product] = tf.tidy(() => tf.matMul(tf.tensor2d([2], [1, 1]), tf.tensor2d([3], [1, 1])).dataSync());
    if (product !== 6) throw new Error(`2 times 3 is ${product} there`);
    return { version, gpu };
  } catch (cause) {
    throw new TrainerError(`it compiles, but does not work: ${reason(cause)}`, 1, { cause });
  }
}

function replace(place: string, fresh: string): void {
  const old = `${place}.old-${process.pid}`;
  if (existsSync(place)) renameSync(place, old);
  renameSync(fresh, place);
  rmSync(old, { recursive: true, force: true });
}

async function run(
  program: string,
  words: string[],
  env: Environment,
  missing: string,
  cwd?: string,
): Promise<{ stdout: string }> {
  try {
    return await promisify(execFile)(program, words, {
      env: { ...env },
      ...(cwd && { cwd }),
      maxBuffer: 1 << 24,
    });
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')
      throw new TrainerError(missing, 1, { cause });
    const stderr = cause instanceof Error && 'stderr' in cause ? String(cause.stderr) : '';
    const said = stderr.split('\n').find((line) => /error/i.test(line)) ?? reason(cause);
    throw new TrainerError(`${basename(program)} failed: ${said.trim()}`, 1, { cause });
  }
}
