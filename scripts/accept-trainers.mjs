// Trains what docs/trainers.md promises, at full size, and holds the results against the promises; minutes, not seconds.
//   npm run trainers:accept -- [engine] [--record]
// --record writes the table into docs/trainers.md.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const engine = process.argv[2]?.startsWith('--') === false ? process.argv[2] : 'auto';

const CASES = [
  ['flow2d dataset=moons steps=1500', { 'val/loss': '≤ 1.42', 'test/sliced_wasserstein': '≤ 0.07' }],
  ['flow2d dataset=gauss8 hidden=96', { 'val/loss': '≤ 1.34', 'test/sliced_wasserstein': '≤ 0.08' }],
  ['flow2d dataset=checker hidden=96', { 'val/loss': '≤ 1.50', 'test/black_share': '≥ 0.70' }],
  ['flow2d dataset=spiral steps=1500', { 'val/loss': '≤ 1.45', 'test/sliced_wasserstein': '≤ 0.06' }],
  ['flowsprites', { 'val/loss': '≤ 0.55', 'test/sliced_wasserstein': '≤ 0.035', 'test/nearest': '≤ 0.12' }],
  ['flowsprites dataset=digits', { 'val/loss': '≤ 0.83', 'test/sliced_wasserstein': '≤ 0.035' }],
  ['autoencoder', { 'val/explained': '≥ 0.90', 'test/explained': '≥ 0.90' }],
  ['autoencoder latent_space=vq', { 'test/explained': '≥ 0.80', 'test/perplexity': '≥ 32' }],
  ['autoencoder dataset=sprites', { 'test/explained': '≥ 0.90' }],
  ['autoencoder dataset=sprites latent_space=vq', { 'test/explained': '≥ 0.80', 'test/perplexity': '≥ 32' }],
];

const scratch = mkdtempSync(join(tmpdir(), 'expd-trainers-'));
const rows = [];
let failed = 0;
let computedOn = '';
try {
  for (const [words, promises] of CASES) {
    const { metrics, seconds, told } = trained(words.split(' '));
    computedOn = told.replace(/^engine: /, '');
    const judged = Object.entries(promises).map(([name, promise]) => judge(name, metrics[name], promise));
    failed += judged.filter(({ kept }) => !kept).length;
    console.log(`${words}  ${judged.map(({ text }) => text).join(', ')}  ${seconds.toFixed(0)} s`);
    rows.push(`| \`${words}\` | ${judged.map(({ text }) => text).join('<br>')} | ${seconds.toFixed(0)} |`);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
if (process.argv.includes('--record')) recordIn(join(root, 'docs/trainers.md'));
console.log(failed === 0 ? 'every promise is kept' : `${failed} promises are broken`);
process.exit(failed === 0 ? 0 : 1);

/** The last value of each metric. */
function trained([trainer, ...knobs]) {
  const output = join(scratch, String(rows.length));
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'dist/bin/expd-train.cjs'), trainer, `engine=${engine}`, `output=${output}`, ...knobs],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`${trainer} ended with ${status}: ${stderr}`);
  const lines = readFileSync(join(output, 'metrics/metrics.jsonl'), 'utf8').trimEnd().split('\n');
  const metrics = Object.assign({}, ...lines.map((line) => JSON.parse(line)));
  return { metrics, seconds: (performance.now() - began) / 1000, told: stdout.split('\n')[0] };
}

function judge(name, value, promise) {
  const [sign, limit] = promise.split(' ');
  const kept = sign === '≤' ? value <= Number(limit) : value >= Number(limit);
  const shown = Number(value.toPrecision(4));
  return { kept, text: `${name} ${shown} (${promise})${kept ? '' : ' **broken**'}` };
}

function recordIn(file) {
  const text = readFileSync(file, 'utf8');
  const [begin, end] = ['<!-- results: written by npm run trainers:accept -->', '<!-- end of results -->'];
  const [from, to] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
  const when = `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${computedOn}, ${cpus().length} cores of ${cpus()[0]?.model.trim()}:`;
  const table = ['| training | result (promised) | s |', '|---|---|---|', ...rows].join('\n');
  writeFileSync(file, `${text.slice(0, from)}\n\n${when}\n\n${table}\n\n${text.slice(to)}`);
}
