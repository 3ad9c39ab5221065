"""A loop with Accelerate, with the options of its examples: `save_state` into step_<n>. It knows nothing of expd.

    expctl submit --checkpoints accelerate --template -- python accelerate_loop.py --output_dir {run_dir}/out --checkpointing_steps 5
"""
import argparse
import os
import time

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed

parser = argparse.ArgumentParser()
parser.add_argument("--output_dir", default="out")
parser.add_argument("--checkpointing_steps", type=int, default=5)
parser.add_argument("--resume_from_checkpoint", default=None)
parser.add_argument("--num_epochs", type=int, default=12)
parser.add_argument("--pause", type=float, default=0.0, help="seconds a step, to watch it")
args = parser.parse_args()

set_seed(1)
accelerator = Accelerator(cpu=True)
x = torch.randn(160, 8)
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x), batch_size=32)
model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.Dropout(0.1), torch.nn.Tanh(), torch.nn.Linear(16, 1))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, total_iters=40)
model, optimizer, loader, scheduler = accelerator.prepare(model, optimizer, loader, scheduler)

overall_step = 0
if args.resume_from_checkpoint:
    accelerator.load_state(args.resume_from_checkpoint)
    overall_step = int(os.path.basename(args.resume_from_checkpoint).replace("step_", ""))
    accelerator.print(f"resumed at step {overall_step}", flush=True)
starting_epoch, resume_step = divmod(overall_step, len(loader))

model.train()
for epoch in range(starting_epoch, args.num_epochs):
    batches = accelerator.skip_first_batches(loader, resume_step) if epoch == starting_epoch else loader
    for (batch,) in batches:
        loss = (model(batch).squeeze(1) - batch.sum(1).sin()).square().mean()
        accelerator.backward(loss)
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()
        overall_step += 1
        accelerator.print(f"step {overall_step} loss {loss.item():.9f}", flush=True)
        if overall_step % args.checkpointing_steps == 0:
            accelerator.save_state(os.path.join(args.output_dir, f"step_{overall_step}"))
        time.sleep(args.pause)

accelerator.print("weights", sum(p.double().abs().sum() for p in model.parameters()).item().hex(), flush=True)
