// The main job, start to end, on real data: submit a training, kill daemon and training with -9 midway,
// see it resume by itself as one curve, and say where everything lies. Private: it touches no other daemon of yours.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const TRAINING = [
  'trainer=autoencoder',
  ...['steps=1000', 'log_every=25', 'eval_every=50', 'checkpoint_every=100'].map((word) => `trainer.${word}`),
];
const root = fileURLToPath(new URL('..', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'expd-demo-'));
const env = { ...process.env, EXPD_HOME: home, EXPD_LOW_WATER: '0' };
delete env.EXPD_NO_START;

/** Ctrl-C: nothing of the demo stays behind. */
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => interrupted.abort());

const bold = (text) => (process.stdout.isTTY ? `\u001b[1m${text}\u001b[0m` : text);
const say = (text = '') => console.log(text);
const step = (text) => say(`\n${bold(text)}`);

function expctl(...args) {
  say(`$ expctl ${args.join(' ')}`);
  const { status, stdout } = quietly(...args);
  process.stdout.write(stdout);
  if (status !== 0) throw new Error(`expctl ${args[0]} ended with ${status}`);
  return stdout;
}

function quietly(...args) {
  const ended = spawnSync(process.execPath, [join(root, 'dist/bin/expctl.cjs'), ...args], {
    cwd: root,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (ended.signal !== null) throw new Error('interrupted');
  return ended;
}

const show = (id) => JSON.parse(quietly('show', String(id), '--json').stdout);
const daemonPid = () => JSON.parse(quietly('daemon', 'status', '--json').stdout).pid;

async function demo() {
  step('1. Submit a training: an autoencoder of the optdigits images. The daemon starts by itself.');
  const id = Number(expctl('submit', '-q', '--name', 'demo', ...TRAINING).trim());
  expctl('ls');

  step('2. Let it train until it has saved a few checkpoints.');
  const checkpoints = await untilCheckpoints(id, 2);
  say(`${checkpoints.at(-1)} is complete.`);

  step('3. Pull the plug: kill -9 for the training, its supervisor and the daemon, all at once.');
  const attempt = show(id).attempts.at(-1);
  const pids = [daemonPid(), attempt.supervisorPid, attempt.mainPid];
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  say(`killed ${pids.join(', ')}`);

  step('4. Any verb brings the daemon back; the run resumes from its newest complete checkpoint.');
  expctl('ls');
  await follow(id);
  expctl('show', String(id));

  step('5. The same training, never interrupted, for comparison.');
  const twin = Number(expctl('submit', '-q', '--name', 'demo-twin', ...TRAINING).trim());
  expctl('wait', String(twin));

  const [resumed, straight] = [id, twin].map((run) => show(run).run);
  const weights = [resumed, straight].map((run) => hashOfWeights(run.runDir));
  step(weights[0] === weights[1] ? 'The weights are the same, byte for byte.' : 'The weights differ!');
  say(`  resumed     ${weights[0]}\n  in one go   ${weights[1]}`);
  step('One curve each, and they are the same.');
  expctl('plot', String(id), String(twin), '--key', 'val/loss');
  report(id);
  if (weights[0] !== weights[1]) throw new Error('the resumed run is not the uninterrupted one');
}

function report(id) {
  const { run, attempts } = show(id);
  const here = (path) => relative(root, path);
  step('Where things lie');
  for (const { number, runDir, resumedFrom } of attempts) {
    say(
      `  attempt ${number}     ${here(runDir)}${resumedFrom ? `\n    resumed from ${here(resumedFrom)}` : ''}`,
    );
    say(`    metrics      ${here(join(runDir, 'metrics/metrics.jsonl'))}`);
    say(`    samples      ${here(join(runDir, 'samples'))}, plots/loss.svg`);
    say(`    checkpoints  ${here(join(runDir, 'checkpoints'))}`);
    say(`    metadata     ${here(join(runDir, 'metadata.json'))}, config.yaml, status.json`);
  }
  say(`  curve         outputs/tensorboard/${run.experimentId}  (tensorboard --logdir outputs/tensorboard)`);
  say(`  all runs      outputs/runs_index.jsonl`);
  say(`\n${run.name} ${run.state} after ${attempts.length} attempts.`);
}

async function untilCheckpoints(id, count) {
  for (let tries = 0; tries < 1200; tries++) {
    const { run } = show(id);
    const found = run.runDir ? complete(join(run.runDir, 'checkpoints')) : [];
    if (found.length >= count) return found;
    if (['succeeded', 'failed', 'cancelled'].includes(run.state))
      throw new Error(`the training ended too early: ${run.state}`);
    await pause(50, undefined, { signal: interrupted.signal });
  }
  throw new Error('no checkpoint within a minute');
}

const complete = (directory) =>
  existsSync(directory)
    ? readdirSync(directory)
        .filter((name) => /^step-\d{8}$/.test(name) && existsSync(join(directory, name, 'MANIFEST.json')))
        .sort()
    : [];

const hashOfWeights = (runDir) =>
  createHash('sha256')
    .update(readFileSync(join(runDir, 'artifacts/model.safetensors')))
    .digest('hex');

/** `logs -f` until the end, as a person would. */
async function follow(id) {
  say(`$ expctl logs -f ${id}`);
  const child = spawn(
    process.execPath,
    [join(root, 'dist/bin/expctl.cjs'), 'logs', '-f', '-n', '5', String(id)],
    { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  interrupted.signal.addEventListener('abort', () => child.kill());
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new Error(`run ${id} ended with ${code}`);
}

function cleanUp() {
  for (const { id, endedAt } of JSON.parse(quietly('ls', '--json').stdout).runs)
    if (endedAt === null) for (const verb of ['cancel', 'wait']) quietly(verb, String(id));
  quietly('daemon', 'stop', '--no-start');
  rmSync(home, { recursive: true, force: true });
}

let failed = false;
try {
  await demo();
} catch (error) {
  failed = true;
  console.error(interrupted.signal.aborted ? 'demo: interrupted' : `demo: ${error.message}`);
} finally {
  cleanUp();
}
process.exitCode = failed ? 1 : 0;
