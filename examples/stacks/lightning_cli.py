"""LightningCLI, as its documentation has it. It knows nothing of expd.

    expctl submit --checkpoints lightning --template -- python lightning_cli.py fit --trainer.default_root_dir {run_dir}
"""
import time

import torch
from lightning.pytorch import LightningDataModule, LightningModule
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.cli import LightningCLI


class Model(LightningModule):
    def __init__(self, lr: float = 1e-2, pause: float = 0.0):
        super().__init__()
        self.save_hyperparameters()
        self.layers = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))

    def training_step(self, batch, _):
        (x,) = batch
        loss = (self.layers(x).squeeze(1) - x.sum(1).sin()).square().mean()
        self.log("train/loss", loss)
        print(f"step {self.global_step + 1} loss {loss.item():.9f}", flush=True)
        time.sleep(self.hparams.pause)
        return loss

    def on_train_start(self):
        if self.global_step > 0:
            print(f"resumed at step {self.global_step}", flush=True)

    def on_train_end(self):
        print("weights", sum(p.double().abs().sum() for p in self.parameters()).item().hex(), flush=True)

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=self.hparams.lr)


class Data(LightningDataModule):
    def train_dataloader(self):
        x = torch.randn(160, 8, generator=torch.Generator().manual_seed(0))
        return torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x), batch_size=32)


if __name__ == "__main__":
    LightningCLI(
        Model,
        Data,
        seed_everything_default=1,
        save_config_callback=None,
        trainer_defaults={
            "accelerator": "cpu",
            "max_epochs": 12,
            "enable_progress_bar": False,
            "enable_model_summary": False,
            "logger": False,
            "callbacks": [ModelCheckpoint(every_n_epochs=1, save_top_k=-1)],
        },
    )
