"""nanoGPT style: `out_dir/ckpt.pt`, overwritten, and `--init_from=resume`. It knows nothing of expd.

    expctl submit --checkpoints nanogpt --template -- python nanogpt_style.py --out_dir={run_dir}/out
"""
import os
import sys
import time

import torch

out_dir = "out"
init_from = "scratch"
max_iters = 60
eval_interval = 5
pause = 0.0
for arg in sys.argv[1:]:  # as nanoGPT's configurator.py
    key, value = arg.removeprefix("--").split("=")
    globals()[key] = type(globals()[key])(value)

torch.manual_seed(1337)
vocabulary, context, width = 32, 16, 24
model = torch.nn.ModuleDict({"wte": torch.nn.Embedding(vocabulary, width), "head": torch.nn.Linear(width, vocabulary)})
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
iter_num = 0
best_val_loss = 1e9

if init_from == "resume":
    checkpoint = torch.load(os.path.join(out_dir, "ckpt.pt"), weights_only=False)
    model.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(checkpoint["optimizer"])
    iter_num = checkpoint["iter_num"]
    best_val_loss = checkpoint["best_val_loss"]
    print(f"resumed at step {iter_num}", flush=True)
os.makedirs(out_dir, exist_ok=True)


def batch(n):
    generator = torch.Generator().manual_seed(n)
    x = torch.randint(vocabulary, (8, context), generator=generator)
    return x, (x * 3 + 1) % vocabulary


def loss_of(n):
    x, y = batch(n)
    return torch.nn.functional.cross_entropy(model["head"](model["wte"](x)).view(-1, vocabulary), y.view(-1))


while True:
    if iter_num % eval_interval == 0 and iter_num > 0:
        best_val_loss = min(best_val_loss, loss_of(10**6).item())
        torch.save(
            {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "iter_num": iter_num, "best_val_loss": best_val_loss},
            os.path.join(out_dir, "ckpt.pt"),
        )
    if iter_num >= max_iters:
        break
    loss = loss_of(iter_num)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    iter_num += 1
    print(f"step {iter_num} loss {loss.item():.9f}", flush=True)
    time.sleep(pause)

print("weights", sum(p.double().abs().sum() for p in model.parameters()).item().hex(), flush=True)
