import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Bundles a benchmark as the product is bundled, and runs it with the words of this process. */
export async function run(entry) {
  // Inside the package, so that the one native module is found; of this process alone.
  const outdir = join(root, `dist/bench-${process.pid}`);
  await build({
    absWorkingDir: root,
    entryPoints: { [entry]: `bench/${entry}.ts`, history: 'bench/history.ts' },
    outdir,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    logLevel: 'warning',
    external: ['better-sqlite3', 'koffi'],
    alias: { '@grpc/grpc-js': './src/client/grpc-unused.ts' },
    define: {
      'import.meta.filename': '__filename',
      'import.meta.dirname': '__dirname',
      EXPD_VERSION: '"bench"',
    },
  });
  // This variable alone makes `node -e 0` three times as slow, and with it every ratio better than it is.
  const { NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, ...env } = process.env;
  const bench = spawn(process.execPath, [join(outdir, `${entry}.cjs`), ...process.argv.slice(2)], {
    env,
    stdio: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => bench.kill(signal));
  bench.on('exit', (code) => {
    rmSync(outdir, { recursive: true, force: true });
    process.exitCode = code ?? 1;
  });
}
