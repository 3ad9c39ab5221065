import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';

/**
 * Starts a bundle from V8's code cache: parsing and compiling is most of a short command's start.
 * The build sets the two constants. The build id keeps a cache from ever meeting another source
 * (V8 itself compares lengths only); the Node version keeps it from another engine.
 */
declare const BUNDLE: string;
declare const BUILD_ID: string;

const dist = join(__dirname, '..');
const bundle = join(dist, `${BUNDLE}.cjs`);
// Each verb uses functions of its own.
const verb = /^[a-z]{2,12}$/.exec(process.argv[2] ?? '') ?? [];
const name = [BUNDLE, ...verb, BUILD_ID, process.version, process.arch].join('-');
const cache = join(dist, 'cache', `${name}.bin`);

// The bundles are ASCII, and latin1 is the cheapest way to read that.
const source = readFileSync(bundle, 'latin1');
const cachedData = readCache();
const script = new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
  filename: bundle,
  ...(cachedData && { cachedData }),
});
if (cachedData === undefined || script.cachedDataRejected) {
  // A program that lives long says earlier that it is warm, before it changes V8's flags: a cache is tied to them.
  const events: NodeJS.EventEmitter = process;
  events.once('warm', writeCache);
  // What was no verb ended badly.
  process.once('exit', (code) => code === 0 && events.emit('warm'));
}

const main = { exports: {} };
script.runInThisContext()(main.exports, require, main, bundle, dist);

function readCache(): Buffer | undefined {
  try {
    return readFileSync(cache);
  } catch {
    return undefined;
  }
}

/** After a run, so that it holds the functions a run needs. A package that is not ours to write stays as it is. */
function writeCache(): void {
  try {
    mkdirSync(join(dist, 'cache'), { recursive: true });
    const fresh = `${cache}.${process.pid}`;
    writeFileSync(fresh, script.createCachedData());
    renameSync(fresh, cache);
  } catch {}
}
