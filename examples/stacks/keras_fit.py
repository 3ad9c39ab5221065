"""Keras 3 with BackupAndRestore, which looks into its own directory. It knows nothing of expd.

    expctl submit --checkpoints keras --template -- python keras_fit.py --backup {run_dir}/backup
"""
import argparse
import os
import time

os.environ.setdefault("KERAS_BACKEND", "torch")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import keras  # noqa: E402
import numpy as np  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("--backup", default="backup")
parser.add_argument("--epochs", type=int, default=20)
parser.add_argument("--pause", type=float, default=0.0, help="seconds an epoch, to watch it")
knobs = parser.parse_args()

keras.utils.set_random_seed(1)
x = np.random.default_rng(0).normal(size=(64, 8)).astype("float32")
y = np.sin(x.sum(1))
model = keras.Sequential([keras.layers.Input((8,)), keras.layers.Dense(16, activation="tanh"), keras.layers.Dense(1)])
model.compile(optimizer="adam", loss="mse")


class Watch(keras.callbacks.Callback):
    first = None

    def on_epoch_begin(self, epoch, logs=None):
        if self.first is None:
            self.first = epoch
            if epoch > 0:
                print(f"resumed at step {epoch}", flush=True)

    def on_epoch_end(self, epoch, logs=None):
        print(f"step {epoch + 1} loss {logs['loss']:.9f}", flush=True)
        time.sleep(knobs.pause)


model.fit(
    x,
    y,
    batch_size=32,
    epochs=knobs.epochs,
    shuffle=False,
    verbose=0,
    # Saved last: what stands in a checkpoint has been logged.
    callbacks=[Watch(), keras.callbacks.BackupAndRestore(knobs.backup, double_checkpoint=True)],
)
print("weights", float(sum(np.abs(w).sum(dtype="float64") for w in model.get_weights())).hex(), flush=True)
