import { createRequire } from 'node:module';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../install.js';
import { conv2DBackpropFilter } from './conv2d-backprop-filter.js';
import type { Opened } from './engine.js';

/** dist/tfjs.cjs (bundle.ts). */
type Bundled = typeof import('./bundle.js');

/** Loaded where it is needed alone. In its mode for production it says nothing of faster packages. */
function bundled(): Bundled {
  const tf: Bundled = createRequire(import.meta.filename)(join(PACKAGE_ROOT, 'dist/tfjs.cjs'));
  tf.enableProdMode();
  return tf;
}

/** One thread, SIMD where the processor has it: TensorFlow.js cannot start more under Node. */
export async function openWasm(): Promise<Opened> {
  const tf = bundled();
  tf.setWasmPaths(join(PACKAGE_ROOT, 'dist/'));
  if (!(await tf.setBackend('wasm'))) throw new Error('WebAssembly does not start');
  tf.registerKernel(conv2DBackpropFilter(tf, 'wasm'));
  return { tf, version: tf.version_core, gpu: false };
}

/** Plain JavaScript. */
export async function openCpu(): Promise<Opened> {
  const tf = bundled();
  await tf.setBackend('cpu');
  return { tf, version: tf.version_core, gpu: false };
}
