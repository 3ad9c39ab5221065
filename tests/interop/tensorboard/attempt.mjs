// One run of the daemon's, attempt by attempt: PYTHON TRAINER WRITERS PLAN
//
// PLAN is the JSON of a list of attempts {number, from, to, end, befalls}. WRITERS are joined by `,`: those of
// trainer.py, and `lines`, which appends the same points to $EXPD_METRICS. Before an attempt is killed it leaves the
// checkpoint that the next one goes on from; `befalls` is what happens to its event files.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

const [python, trainer, writers, plan] = process.argv.slice(2);
const { env } = process;
const attempts = JSON.parse(plan);
const { number, from, to, end, befalls } = attempts[Number(env.EXPD_ATTEMPT) - 1];
const next = attempts[number];
const resumed = env.EXPD_RESUME_STEP === undefined ? 0 : Number(env.EXPD_RESUME_STEP) + 1;
if (resumed !== from) throw new Error(`resumed at ${resumed} instead of ${from}`);

if (befalls === 'future') clockIsAhead();
for (const writer of writers.split(','))
  if (writer === 'lines') lines();
  else {
    const argv = [trainer, writer, env.EXPD_TB_DIR, `${number}`, `${from}`, `${to}`, 'finish'];
    const clock = befalls === 'ahead' ? { CLOCK_AHEAD_S: '3600' } : {};
    const { status, stderr } = spawnSync(python, argv, { encoding: 'utf8', env: { ...env, ...clock } });
    if (status !== 0) throw new Error(stderr);
  }
if (env.EXPD_RESUME_FROM) rmSync(env.EXPD_RESUME_FROM, { recursive: true });
if (next !== undefined && next.from > 0) checkpoint(next.from - 1);
if (befalls === 'torn') truncateSync(newest(), statSync(newest()).size - 3);
if (end === 'kill') process.kill(process.pid, 'SIGKILL');

function lines() {
  for (let step = from; step <= to; step++) {
    const value = number * 1000 + step;
    const point = { step, loss: value };
    if (step % 50 === 0) point.val = value;
    if (step % 100 === 7) point.rare = value;
    if (step === 240 && number === 1) point.gone = value;
    appendFileSync(env.EXPD_METRICS, `${JSON.stringify(point)}\n`);
  }
}

/** A file that was begun while the clock was an hour ahead; it has gone back since, and every later one sorts behind. */
function clockIsAhead() {
  const second = Math.floor(Date.now() / 1000) + 3600;
  mkdirSync(env.EXPD_TB_DIR, { recursive: true });
  writeFileSync(join(env.EXPD_TB_DIR, `events.out.tfevents.${second}.host.1.0.expd`), '');
}

function checkpoint(step) {
  const directory = join(env.EXPD_CHECKPOINT_DIR, `step-${String(step).padStart(8, '0')}`);
  mkdirSync(directory);
  writeFileSync(join(directory, 'w'), 'x');
  const sha256 = createHash('sha256').update('x').digest('hex');
  writeFileSync(
    join(directory, 'MANIFEST.json'),
    JSON.stringify({ v: 1, step, files: { w: { size: 1, sha256 } } }),
  );
}

function newest() {
  const names = existsSync(env.EXPD_TB_DIR) ? readdirSync(env.EXPD_TB_DIR) : [];
  const name = names
    .filter((entry) => entry.includes('tfevents'))
    .sort()
    .at(-1);
  return name === undefined ? null : join(env.EXPD_TB_DIR, name);
}
