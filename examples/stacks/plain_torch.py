"""Plain PyTorch: one file that is replaced at every save. Resumes from EXPD_RESUME_FROM.

What makes it resumable is marked with (1) to (3); (4) is its curve.
"""
import argparse
import json
import os
import time

import torch

parser = argparse.ArgumentParser()
parser.add_argument("--steps", type=int, default=60)
parser.add_argument("--save-every", type=int, default=5)
parser.add_argument("--pause", type=float, default=0.0, help="seconds a step, to watch it")
knobs = parser.parse_args()

torch.manual_seed(int(os.environ.get("EXPD_SEED", "0")))
model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
step = 0

resume = os.environ.get("EXPD_RESUME_FROM")  # (1) where to go on, if anywhere
if resume:
    saved = torch.load(resume, weights_only=False)
    model.load_state_dict(saved["model"])
    optimizer.load_state_dict(saved["optimizer"])
    torch.set_rng_state(saved["rng"])
    step = saved["step"]
    print(f"resumed at step {step}", flush=True)

directory = os.environ.get("EXPD_CHECKPOINT_DIR", "checkpoints")
os.makedirs(directory, exist_ok=True)


def save():
    state = {"step": step, "model": model.state_dict(), "optimizer": optimizer.state_dict(), "rng": torch.get_rng_state()}
    path = os.path.join(directory, "last.pt")
    torch.save(state, path + ".tmp")
    os.replace(path + ".tmp", path)  # (2) whole or not at all


def log(step, **metrics):
    with open(os.environ.get("EXPD_METRICS", "metrics.jsonl"), "a") as lines:
        lines.write(json.dumps({"step": step, **metrics}) + "\n")  # (4) for expctl metrics, plot and TensorBoard


while step < knobs.steps:
    x = torch.randn(32, 8)
    loss = (model(x).squeeze(1) - x.sum(1).sin()).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    step += 1
    print(f"step {step} loss {loss.item():.9f}", flush=True)
    log(step, loss=loss.item())
    if step % knobs.save_every == 0 or step == knobs.steps:
        save()  # (3) with everything that the next step depends on
    time.sleep(knobs.pause)

print("weights", sum(p.double().abs().sum() for p in model.parameters()).item().hex(), flush=True)
