import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { Home } from '../../helpers/home.js';
import { heavyPython } from './python.js';

// Real MLflow and W&B: all attempts of a run are one run there.

const { python, test } = heavyPython();
let home: Home;
beforeAll(() => {
  home = new Home({ WANDB_MODE: 'offline', WANDB_SILENT: 'true', MLFLOW_ALLOW_FILE_STORE: 'true' });
  return home.start();
});
afterAll(() => home.close());

const MLFLOW = `
import json, os, sys
import mlflow
mlflow.set_tracking_uri("file://" + os.environ["PWD"] + "/mlruns")
with mlflow.start_run() as run:
    with open(os.environ["EXPD_METRICS"], "a") as metrics:
        metrics.write(json.dumps({"event": "tracker", "mlflow_run_id": run.info.run_id}) + "\\n")
    attempt = int(os.environ["EXPD_ATTEMPT"])
    mlflow.log_metric("loss", 1 / attempt, step=attempt)
    steps = [metric.step for metric in mlflow.MlflowClient().get_metric_history(run.info.run_id, "loss")]
    print(run.info.run_id, steps)
sys.exit(75 if attempt < 3 else 0)
`;

test('MLflow: told its run id, it goes on with it from the second attempt on', async () => {
  home.script('track.py', MLFLOW);
  const id = await home.submit([python, 'track.py']);
  expect((await home.expctl(['wait', String(id)])).code).toBe(0);
  const told = await Promise.all([1, 2, 3].map((n) => home.ok('logs', '--attempt', String(n), String(id))));
  const runs = told.map((log) => /^([0-9a-f]{32}) (.*)$/m.exec(log)?.slice(1));
  const first = runs[0]![0];
  expect(runs).toEqual([
    [first, '[1]'],
    [first, '[1, 2]'],
    [first, '[1, 2, 3]'],
  ]);
}, 300_000);

const WANDB = `
import os, sys
import wandb
run = wandb.init(project="p")
run.log({"loss": 0.5})
print("tracked", run.id, run.name, run.group or "-", ",".join(run.tags or ()), flush=True)
sys.exit(75 if os.environ["EXPD_ATTEMPT"] == "1" else 0)
`;

test('W&B, offline: the same id, name and tags in all attempts; what it writes after the script ends is there', async () => {
  home.script('wandb_track.py', WANDB);
  const id = await home.submit([python, 'wandb_track.py'], ['--name', 'mine', '--tag', 'a']);
  expect((await home.expctl(['wait', String(id)])).code).toBe(0);
  const { ulid } = await home.run(id);
  const key = ulid.toLowerCase();
  for (const attempt of ['1', '2'])
    expect(await home.ok('logs', '--attempt', attempt, String(id))).toContain(`tracked ${key} mine - a\n`);
  const kept = readdirSync(join(home.project, 'wandb')).filter((name) => name.startsWith('offline-run-'));
  expect(kept).toHaveLength(2);
  for (const directory of kept)
    expect(existsSync(join(home.project, 'wandb', directory, `run-${key}.wandb`))).toBe(true);
}, 300_000);
