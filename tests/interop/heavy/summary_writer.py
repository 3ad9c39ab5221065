"""[--purge] --steps N: a training loop with the SummaryWriter of torch, as its documentation has it, which never flushes.

Each point says which attempt logged it. A checkpoint every 20 steps.
"""
import argparse
import os
import time

import torch
from torch.utils.tensorboard import SummaryWriter

parser = argparse.ArgumentParser()
parser.add_argument("--steps", type=int)
parser.add_argument("--purge", action="store_true", help="say at which step a resumed curve goes on")
knobs = parser.parse_args()
attempt = int(os.environ["EXPD_ATTEMPT"])
model = torch.nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
first = 1
if resume := os.environ.get("EXPD_RESUME_FROM"):
    saved = torch.load(resume)
    model.load_state_dict(saved["model"])
    first = saved["step"] + 1
    print(f"resumed at step {saved['step']}", flush=True)

writer = SummaryWriter(os.environ["EXPD_TB_DIR"], purge_step=first if knobs.purge and resume else None)
for step in range(first, knobs.steps + 1):
    loss = model(torch.ones(4)).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    value = attempt * 1000 + step
    writer.add_scalar("loss", value, step)
    if step % 50 == 0:
        writer.add_scalar("val", value, step)
    if step % 100 == 7:
        writer.add_scalar("rare", value, step)
    if step % 60 == 0:
        writer.add_image("sample", torch.full((1, 1, 1), attempt, dtype=torch.uint8), step)
    print(f"step {step} loss {loss.item():.9f}", flush=True)
    if step % 20 == 0:
        path = os.path.join(os.environ["EXPD_CHECKPOINT_DIR"], f"ckpt_{step}.pt")
        torch.save({"step": step, "model": model.state_dict()}, path + ".tmp")
        os.replace(path + ".tmp", path)
    time.sleep(0.03)
writer.close()
