"""Hugging Face Trainer with its own arguments, as the scripts of transformers have them. It knows nothing of expd.

    expctl submit --checkpoints hf --template -- python hf_trainer.py --output_dir {run_dir}/out --max_steps 60 --save_steps 5
"""
import time
from dataclasses import dataclass, field

import torch
from transformers import HfArgumentParser, PretrainedConfig, PreTrainedModel, Trainer, TrainerCallback, TrainingArguments


@dataclass
class Knobs:
    pause: float = field(default=0.0, metadata={"help": "seconds a step, to watch it"})


class Config(PretrainedConfig):
    model_type = "tiny"


class Tiny(PreTrainedModel):
    config_class = Config

    def __init__(self, config):
        super().__init__(config)
        self.layers = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.Dropout(0.1), torch.nn.Tanh(), torch.nn.Linear(16, 1))
        self.post_init()

    def forward(self, x, labels=None):
        y = self.layers(x).squeeze(-1)
        return {"loss": (y - labels).square().mean(), "logits": y}


class Watch(TrainerCallback):
    def __init__(self, pause):
        self.pause = pause

    def on_step_end(self, args, state, control, **_):
        time.sleep(self.pause)

    def on_log(self, args, state, control, logs=None, **_):
        if logs and "loss" in logs:
            print(f"step {state.global_step} loss {logs['loss']}", flush=True)


if __name__ == "__main__":
    arguments, knobs = HfArgumentParser((TrainingArguments, Knobs)).parse_args_into_dataclasses()
    torch.manual_seed(arguments.seed)
    x = torch.randn(256, 8)
    data = [{"x": row, "labels": row.sum().sin()} for row in x]
    trainer = Trainer(Tiny(Config()), arguments, train_dataset=data, callbacks=[Watch(knobs.pause)])
    if arguments.resume_from_checkpoint:
        print(f"resumed at step {arguments.resume_from_checkpoint.rsplit('-', 1)[1]}", flush=True)
    trainer.train(resume_from_checkpoint=arguments.resume_from_checkpoint)
    print("weights", sum(p.double().abs().sum() for p in trainer.model.parameters()).item().hex(), flush=True)
