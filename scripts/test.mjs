// Runs every test that this machine can run and says which it left out, and why.
// Extra words go to vitest: `npm test -- tests/unit`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'expd-test-'));
const report = join(scratch, 'report.json');

const vitest = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
);
const result = readReport();
rmSync(scratch, { recursive: true, force: true });
if (result === null) {
  console.log('0 passed, 1 failed, 0 skipped');
  process.exit(1);
}

const tests = result.testResults.flatMap((file) =>
  file.assertionResults.map((test) => ({ ...test, file: relative(root, file.name) })),
);
const count = (...states) => tests.filter(({ status }) => states.includes(status)).length;
const unloaded = result.testResults.filter(
  (file) => file.status === 'failed' && file.assertionResults.length === 0,
);
const skipped = tests.filter(
  ({ status }) => status === 'skipped' || status === 'pending' || status === 'todo',
);

for (const test of skipped) console.log(`skipped: ${test.file}: ${test.fullName}`);
for (const file of unloaded) console.log(`failed to load: ${relative(root, file.name)}`);
const forbidden = process.env.CI ? skipped.filter((test) => !maySkip(test)) : [];
for (const test of forbidden) console.log(`must not be skipped here: ${test.file}: ${test.fullName}`);
console.log(
  `${count('passed')} passed, ${count('failed') + unloaded.length + forbidden.length} failed, ${skipped.length - forbidden.length} skipped`,
);
process.exit(vitest.status === 0 && forbidden.length === 0 ? 0 : 1);

/** Suites that a continuous integration may leave out: tests/may-skip.json, a list of file prefixes with their reason. */
function maySkip(test) {
  const allowed = JSON.parse(readFileSync(join(root, 'tests/may-skip.json'), 'utf8'));
  return allowed.some(({ prefix }) => test.file.startsWith(prefix));
}

function readReport() {
  try {
    return JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return null;
  }
}
