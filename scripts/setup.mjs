// Everything a fresh clone needs, inside the clone: packages, bundles, the shim. Idempotent; never touches the system.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const say = (line) => process.stderr.write(`setup: ${line}\n`);
const fail = (line) => {
  say(line);
  process.exit(1);
};

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19))
  fail(`Node ${process.versions.node} is too old; install Node 20.19 or newer`);
if (process.platform !== 'linux') fail(`expd runs on Linux; this is ${process.platform}`);

packages();
bundles();
shim();

function packages() {
  const stamp = join(root, 'node_modules/.expd-setup');
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(process.version)
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  say('installing packages (npm ci; without a prebuilt better-sqlite3 it is compiled, about a minute)');
  // Within `npm install -g .` the outer npm's own settings would reach the inner one.
  const env = { ...process.env };
  for (const name of ['global', 'prefix', 'local_prefix', 'location']) delete env[`npm_config_${name}`];
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    env,
    stdio: ['ignore', 2, 2],
  });
  if (npm.status !== 0)
    fail(
      'npm ci failed; if better-sqlite3 did not compile, install a compiler (Debian, Ubuntu: apt-get install g++ make python3) and try again',
    );
  writeFileSync(stamp, lock);
}

function bundles() {
  const outputs = [
    'bin/expctl.cjs',
    'bin/expd.cjs',
    'bin/expd-train.cjs',
    'writer.cjs',
    'tensorboard.mjs',
    'hydra.mjs',
    'tfjs.cjs',
  ].map((file) => join(root, 'dist', file));
  const built = Math.min(...outputs.map((file) => (existsSync(file) ? statSync(file).mtimeMs : 0)));
  if (built > newest(join(root, 'src')) && built > statSync(join(root, 'scripts/build.mjs')).mtimeMs) return;
  execFileSync(process.execPath, [join(root, 'scripts/build.mjs')], { stdio: ['ignore', 2, 2] });
}

function shim() {
  const prebuilt = join(root, `native/prebuilt/expshim-linux-${process.arch}`);
  if (existsSync(prebuilt) && spawnSync(prebuilt, ['version']).status === 0) return;
  say('no prebuilt supervisor fits this machine: compiling native/');
  const make = spawnSync('make', ['-C', join(root, 'native'), `OUT=${join(root, 'dist/native')}`], {
    stdio: ['ignore', 2, 2],
  });
  if (make.status !== 0)
    fail(
      'the supervisor did not compile; install a C compiler and make (Debian, Ubuntu: apt-get install gcc make libc6-dev)',
    );
}

/** Newest modification below a directory, in ms. */
function newest(directory) {
  return Math.max(
    ...readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(join(entry.parentPath ?? entry.path, entry.name)).mtimeMs),
  );
}
