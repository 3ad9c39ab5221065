"""A Hydra application. Its output directory is the run directory, so its checkpoints are found there.

    expctl submit -- python hydra_app.py optim.lr=0.02
"""
import json
import os
import time
from pathlib import Path

import hydra
import torch
from hydra.core.hydra_config import HydraConfig


def log(step, **metrics):
    with open(os.environ.get("EXPD_METRICS", "metrics.jsonl"), "a") as lines:
        lines.write(json.dumps({"step": step, **metrics}) + "\n")


@hydra.main(version_base="1.3", config_path="conf", config_name="config")
def main(cfg):
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(8, cfg.model.width), torch.nn.Tanh(), torch.nn.Linear(cfg.model.width, 1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=cfg.optim.lr)
    step = 0
    if resume := os.environ.get("EXPD_RESUME_FROM"):
        saved = torch.load(resume, weights_only=False)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        step = saved["step"]
        print(f"resumed at step {step}", flush=True)
    out = Path(HydraConfig.get().runtime.output_dir) / "weights"
    out.mkdir(exist_ok=True)
    while step < cfg.steps:
        x = torch.randn(32, 8, generator=torch.Generator().manual_seed(step))
        loss = (model(x).squeeze(1) - x.sum(1).sin()).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        step += 1
        print(f"step {step} loss {loss.item():.9f}", flush=True)
        log(step, loss=loss.item())
        if step % cfg.save_every == 0:
            torch.save({"step": step, "model": model.state_dict(), "optimizer": optimizer.state_dict()}, out / f"ckpt_{step}.pt")
        time.sleep(cfg.pause)
    print("weights", sum(p.double().abs().sum() for p in model.parameters()).item().hex(), flush=True)


if __name__ == "__main__":
    main()
