"""timm's CheckpointSaver, as its train.py has it: checkpoint-<epoch>.pth.tar, last, model_best. It knows nothing of expd.

    expctl submit --checkpoints timm --template -- python timm_saver.py --output {run_dir}/out
"""
import argparse
import os
import time

import torch
from timm.models import resume_checkpoint
from timm.utils import CheckpointSaver

parser = argparse.ArgumentParser()
parser.add_argument("--output", default="out")
parser.add_argument("--resume", default="")
parser.add_argument("--epochs", type=int, default=20)
parser.add_argument("--pause", type=float, default=0.0, help="seconds an epoch, to watch it")
args = parser.parse_args()

torch.manual_seed(1)
model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
start_epoch = 0
if args.resume:
    start_epoch = resume_checkpoint(model, args.resume, optimizer)
    print(f"resumed at step {start_epoch}", flush=True)
os.makedirs(args.output, exist_ok=True)
saver = CheckpointSaver(model, optimizer, checkpoint_dir=args.output, recovery_dir=args.output, decreasing=True, max_history=3)

for epoch in range(start_epoch, args.epochs):
    x = torch.randn(64, 8, generator=torch.Generator().manual_seed(epoch))
    loss = (model(x).squeeze(1) - x.sum(1).sin()).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"step {epoch} loss {loss.item():.9f}", flush=True)
    saver.save_checkpoint(epoch, metric=loss.item())
    time.sleep(args.pause)

print("weights", sum(p.double().abs().sum() for p in model.parameters()).item().hex(), flush=True)
