// Bundles: dist/<name>.cjs from src, dist/bin/<name>.cjs to start them from V8's code cache; libraries with their types;
// TensorFlow.js, as far as the trainers need it where no TensorFlow is linked.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const bundles = {
  expctl: 'src/client/main.ts',
  expd: 'src/daemon/main.ts',
  writer: 'src/daemon/queue/writer.ts',
  inspector: 'src/daemon/checkpoints/process.ts',
  tracker: 'src/daemon/tracking/tracker-thread.ts',
  composer: 'src/daemon/compose/process.ts',
  'expd-train': 'src/trainers/main.ts',
};
const started = ['expctl', 'expd', 'expd-train'];

rmSync(join(root, 'dist/cache'), { recursive: true, force: true });
mkdirSync(join(root, 'dist/bin'), { recursive: true });

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  charset: 'ascii',
  logLevel: 'warning',
  legalComments: 'none',
  // A script from the code cache knows require alone.
  supported: { 'dynamic-import': false },
};

const entries = Object.entries(bundles).filter(([, entry]) => existsSync(join(root, entry)));
for (const [name, entry] of entries)
  await build({
    ...common,
    entryPoints: [entry],
    outfile: `dist/${name}.cjs`,
    // Native modules are loaded from node_modules; everything else is in the file.
    external: ['better-sqlite3', 'koffi'],
    // Each command reads all of it. Names stay: EXPD_DEBUG shows where a bug is.
    ...(name === 'expctl' && { minifyWhitespace: true, minifySyntax: true }),
    // The client has the gRPC wire in src/client/transport.ts; of the library it would only pay the start.
    ...(name !== 'expd' && { alias: { '@grpc/grpc-js': './src/client/grpc-unused.ts' } }),
    define: {
      'import.meta.filename': '__filename',
      'import.meta.dirname': '__dirname',
      EXPD_VERSION: JSON.stringify(version),
    },
  });

for (const name of started.filter((name) => entries.some(([built]) => built === name))) {
  const outfile = join(root, 'dist/bin', `${name}.cjs`);
  const buildId = createHash('sha256')
    .update(readFileSync(join(root, 'dist', `${name}.cjs`)))
    .digest('hex')
    .slice(0, 16);
  await build({
    ...common,
    entryPoints: ['src/launch.ts'],
    outfile,
    minify: true,
    define: { BUNDLE: JSON.stringify(name), BUILD_ID: JSON.stringify(buildId) },
    banner: { js: '#!/usr/bin/env node' },
  });
  chmodSync(outfile, 0o755);
}

for (const library of ['tensorboard', 'hydra']) {
  for (const [format, extension] of [
    ['esm', 'mjs'],
    ['cjs', 'cjs'],
  ])
    await build({
      ...common,
      entryPoints: [`src/${library}/${library}.ts`],
      outfile: `dist/${library}.${extension}`,
      format,
    });
  rmSync(join(root, 'dist', library), { recursive: true, force: true });
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', join(root, 'src', library)], { stdio: ['ignore', 2, 2] });
}

// Two megabytes in place of the packages' seventy; whoever submits needs neither, so it is a file of its own.
await build({
  ...common,
  entryPoints: ['src/trainers/engine/bundle.ts'],
  outfile: 'dist/tfjs.cjs',
  minify: true,
  legalComments: 'linked',
  mainFields: ['module', 'main'],
});
for (const name of ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm'])
  copyFileSync(join(root, 'node_modules/@tensorflow/tfjs-backend-wasm/dist', name), join(root, 'dist', name));
