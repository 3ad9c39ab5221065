#!/usr/bin/env python3
"""Trains a small neural network to read handwritten digits: plain Python 3.8+, one file, nothing to install.

    python3 train.py                       by itself: everything goes to ./digits-output/<time>/
    python3 train.py --lr 0.05 --hidden 48
    expctl submit -- python3 train.py      as a run: it goes on where it was after a crash, a kill -9 or a reboot

Two things make it resumable: a checkpoint holds everything that the next step depends on: weights, velocity,
the order of the images, the random generator; and it appears whole or not at all. So a run that was killed
and resumed ends with the same bytes as one that was left alone. (README.md has the format and the exit codes.)
The checkpoints are those of train.mjs: either script resumes the other's.
"""

import argparse
import gzip
import hashlib
import json
import math
import os
import shutil
import signal
import struct
import sys
import time
from operator import mul

# ---- Knobs: --lr 0.1, --lr=0.1 or lr=0.1 ------------------------------------------------------------------------

env = os.environ
parser = argparse.ArgumentParser(description="Trains a small network to read handwritten digits.", allow_abbrev=False)
knob = parser.add_argument
knob("--steps", type=int, default=2500, help="optimizer steps in all, the resumed ones included")
knob("--lr", type=float, default=0.1, help="the highest learning rate; it falls to zero along a cosine")
knob("--hidden", type=int, default=32, help="units in the hidden layer")
knob("--batch-size", type=int, default=32, help="images per step")
knob("--momentum", type=float, default=0.9)
knob("--weight-decay", type=float, default=0.0001)
knob("--warp", type=float, default=0.1, help="training images are turned, sheared and scaled by up to so much")
knob("--shift", type=float, default=0.5, help="and moved by up to so many pixels")
knob("--seed", type=int, default=int(env.get("EXPD_SEED", 1)))
knob("--log-every", type=int, default=50, help="steps")
knob("--checkpoint-every", type=int, default=100, help="steps")
knob("--output", default=env.get("EXPD_RUN_DIR", os.path.join("digits-output", time.strftime("%Y-%m-%dT%H-%M-%S"))))
knob("--resume-from", default=env.get("EXPD_RESUME_FROM", ""), help="a checkpoint directory; empty: a fresh start")
knobs = parser.parse_args(["--" + word if word[0:1].isalpha() and "=" in word else word for word in sys.argv[1:]])

# ---- Where things go: expd says it; by itself the same layout is made under --output ----------------------------

checkpoint_dir = env.get("EXPD_CHECKPOINT_DIR", os.path.join(knobs.output, "checkpoints"))
metrics_file = env.get("EXPD_METRICS", os.path.join(knobs.output, "metrics", "metrics.jsonl"))
weights_file = os.path.join(knobs.output, "artifacts", "weights.bin")
for directory in (checkpoint_dir, os.path.dirname(metrics_file), os.path.dirname(weights_file)):
    os.makedirs(directory, exist_ok=True)
for entry in os.listdir(checkpoint_dir):  # what a killed attempt was still writing
    if entry.startswith(".tmp-step-"):
        shutil.rmtree(os.path.join(checkpoint_dir, entry))

# ---- Data: 1,797 images of 8 x 8 pixels from 0 to 16; see data/README.md ----------------------------------------

SIDE = 8
PIXELS = SIDE * SIDE
DIGITS = 10
with gzip.open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "digits.csv.gz"), "rt") as lines:
    rows = [[int(value) for value in line.split(",")] for line in lines]
images = [([value / 16 for value in row[:PIXELS]], row[PIXELS]) for row in rows]
# Of every eight images in the file's order five are for training, one is watched meanwhile, and two are looked at
# once, at the end.
train_set = [image for i, image in enumerate(images) if i % 8 in (0, 1, 2, 4, 5)]
val_set = images[6::8]
test_set = images[3::4]

# ---- Data order and augmentation --------------------------------------------------------------------------------

# All that the next step depends on, besides weights and velocity.
state = {
    "step": 0,
    "rng": knobs.seed & 0xFFFFFFFF,
    "order": list(range(len(train_set))),
    "next": len(train_set),
    "lossSum": 0.0,
    "lossSteps": 0,
}


def random():
    """Uniform in [0, 1): mulberry32, whose whole state is one 32-bit integer."""
    t = state["rng"] = (state["rng"] + 0x6D2B79F5) & 0xFFFFFFFF
    t = ((t ^ (t >> 15)) * (t | 1)) & 0xFFFFFFFF
    t ^= (t + (t ^ (t >> 7)) * (t | 61)) & 0xFFFFFFFF
    return (t ^ (t >> 14)) / 2**32


def next_image():
    """Every image once per epoch, shuffled anew for each."""
    order = state["order"]
    if state["next"] >= len(order):
        for i in range(len(order) - 1, 0, -1):
            j = int(random() * (i + 1))
            order[i], order[j] = order[j], order[i]
        state["next"] = 0
    state["next"] += 1
    return train_set[order[state["next"] - 1]]


def warped(pixels):
    """The image seen through a small random linear map and shift, with bilinear interpolation."""

    def about(middle, spread):
        return middle + spread * (2 * random() - 1)

    def pixel(x, y):
        return pixels[y * SIDE + x] if 0 <= x < SIDE and 0 <= y < SIDE else 0.0

    xx, xy, yx, yy = about(1, knobs.warp), about(0, knobs.warp), about(0, knobs.warp), about(1, knobs.warp)
    centre = (SIDE - 1) / 2
    dx, dy = about(centre, knobs.shift), about(centre, knobs.shift)
    out = []
    for v in range(SIDE):
        for u in range(SIDE):
            x = xx * (u - centre) + xy * (v - centre) + dx
            y = yx * (u - centre) + yy * (v - centre) + dy
            left, top = math.floor(x), math.floor(y)
            right, down = x - left, y - top
            out.append(
                (1 - down) * ((1 - right) * pixel(left, top) + right * pixel(left + 1, top))
                + down * ((1 - right) * pixel(left, top + 1) + right * pixel(left + 1, top + 1))
            )
    return out


# ---- Model: 64 pixels -> hidden units (ReLU) -> 10 digits (softmax) ---------------------------------------------

HIDDEN = knobs.hidden


def zeros():
    """The four layers w1 (a row per hidden unit), b1, w2 (a row per digit), b2."""
    return [
        [[0.0] * PIXELS for _ in range(HIDDEN)],
        [0.0] * HIDDEN,
        [[0.0] * HIDDEN for _ in range(DIGITS)],
        [0.0] * DIGITS,
    ]


weights = zeros()
velocity = zeros()


def forward(pixels):
    """The hidden units and the ten probabilities."""
    w1, b1, w2, b2 = weights
    units = [max(0.0, sum(map(mul, row, pixels)) + bias) for row, bias in zip(w1, b1)]
    scores = [sum(map(mul, row, units)) + bias for row, bias in zip(w2, b2)]
    highest = max(scores)
    exps = [math.exp(score - highest) for score in scores]
    total = sum(exps)
    return units, [value / total for value in exps]


def backward(pixels, digit, gradient):
    """Adds the gradient of one image's loss; returns the loss (cross-entropy, nats)."""
    gw1, gb1, gw2, gb2 = gradient
    units, errors = forward(pixels)
    loss = -math.log(errors[digit])
    errors[digit] -= 1
    for c, error in enumerate(errors):
        gb2[c] += error
        gw2[c] = [slope + error * unit for slope, unit in zip(gw2[c], units)]
    columns = zip(*weights[2])
    for j, (unit, column) in enumerate(zip(units, columns)):
        if unit > 0:
            error = sum(map(mul, errors, column))
            gb1[j] += error
            gw1[j] = [slope + error * pixel for slope, pixel in zip(gw1[j], pixels)]
    return loss


def update(row, speeds, slopes, lr):
    """One step of gradient descent with momentum, in place."""
    decay, momentum, count = knobs.weight_decay, knobs.momentum, knobs.batch_size
    speeds[:] = [momentum * v + g / count + decay * w for w, v, g in zip(row, speeds, slopes)]
    row[:] = [w - lr * v for w, v in zip(row, speeds)]


def evaluate(examples):
    """Mean loss and number of correct answers over a set."""
    loss, correct = 0.0, 0
    for pixels, digit in examples:
        probabilities = forward(pixels)[1]
        loss -= math.log(probabilities[digit])
        correct += probabilities.index(max(probabilities)) == digit
    return loss / len(examples), correct


# ---- Files ------------------------------------------------------------------------------------------------------


def open_metrics():
    """Appends unbuffered: one line, one write, so that readers never see half of it."""
    file = open(metrics_file, "ab+", buffering=0)
    # A process that was killed on a full disk may have left half a line: what follows must not be glued to it.
    if file.seek(0, os.SEEK_END) > 0:
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b"\n":
            file.write(b"\n")
    return file


def write_metrics(fields):
    metrics.write((json.dumps(fields) + "\n").encode())


def write_durably(file, content):
    with open(file, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


def sync_dir(directory):
    fd = os.open(directory, os.O_RDONLY)
    os.fsync(fd)
    os.close(fd)


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def pack(layers):
    """Float64, little-endian, layer after layer."""
    w1, b1, w2, b2 = layers
    flat = [value for row in w1 for value in row] + b1 + [value for row in w2 for value in row] + b2
    return struct.pack("<%dd" % len(flat), *flat)


def unpack(layers, content):
    values = (value for (value,) in struct.iter_unpack("<d", content))
    w1, b1, w2, b2 = layers
    for row in [*w1, b1, *w2, b2]:
        row[:] = [next(values) for _ in row]


# ---- Checkpoints: step-<8 digits>/ with MANIFEST.json; the format is in README.md -------------------------------


def save():
    """Writes a checkpoint that is whole or absent, whatever happens meanwhile.

    Its files and, last, their manifest are made durable in a directory of another name, which then gets its own
    name in one step.
    """
    name = "step-%08d" % state["step"]
    target = os.path.join(checkpoint_dir, name)
    temporary = os.path.join(checkpoint_dir, ".tmp-%s-%d" % (name, os.getpid()))
    files = {
        "weights.bin": pack(weights),
        "velocity.bin": pack(velocity),
        "state.json": json.dumps({**state, "hidden": HIDDEN}).encode(),
    }
    os.fsync(metrics.fileno())  # the curve must never end before the checkpoint
    os.mkdir(temporary)
    manifest = {"v": 1, "step": state["step"], "files": {}}
    for file, content in files.items():
        write_durably(os.path.join(temporary, file), content)
        manifest["files"][file] = {"size": len(content), "sha256": sha256(content)}
    write_durably(os.path.join(temporary, "MANIFEST.json"), json.dumps(manifest).encode())
    sync_dir(temporary)
    if os.path.exists(target):  # a damaged one, or a restart from an older one
        shutil.rmtree(target)
    os.rename(temporary, target)
    sync_dir(checkpoint_dir)
    return state["step"]


def load(directory):
    """Restores a checkpoint; refuses one that is damaged or of another network."""
    try:
        with open(os.path.join(directory, "MANIFEST.json"), "rb") as file:
            manifest = json.load(file)

        def read(name):
            with open(os.path.join(directory, name), "rb") as file:
                content = file.read()
            if sha256(content) != manifest["files"][name]["sha256"]:
                raise ValueError("%s is not what was saved" % name)
            return content

        saved_state = json.loads(read("state.json").decode())
        hidden = saved_state.pop("hidden")
        if hidden != HIDDEN:
            raise ValueError("it has %d hidden units, --hidden is %d" % (hidden, HIDDEN))
        state.update(saved_state)
        unpack(weights, read("weights.bin"))
        unpack(velocity, read("velocity.bin"))
    except (OSError, ValueError, KeyError) as error:
        sys.exit("train.py: cannot resume from %s: %s" % (directory, error))


# ---- Training ---------------------------------------------------------------------------------------------------


def report(lr):
    """One line for the curves and one for people."""
    step, steps = state["step"], knobs.steps
    loss = state["lossSum"] / state["lossSteps"]
    val_loss, correct = evaluate(val_set)
    accuracy = correct / len(val_set)
    write_metrics({"step": step, "train/loss": loss, "train/lr": lr, "val/loss": val_loss, "val/accuracy": accuracy})
    print(
        "step %*d/%d  loss %.4f  val accuracy %.3f  lr %.4f" % (len(str(steps)), step, steps, loss, accuracy, lr),
        flush=True,
    )
    state.update(lossSum=0.0, lossSteps=0)


metrics = open_metrics()
if knobs.resume_from:
    load(knobs.resume_from)
    print("resumed from step %d (%s)" % (state["step"], knobs.resume_from), flush=True)
else:
    for row in weights[0]:
        row[:] = [(2 * random() - 1) * math.sqrt(6 / PIXELS) for _ in row]
    for row in weights[2]:
        row[:] = [(2 * random() - 1) * math.sqrt(6 / HIDDEN) for _ in row]
    count = len(pack(weights)) // 8
    print("training %d weights on %d images for %d steps" % (count, len(train_set), knobs.steps), flush=True)

stop_asked = False


def ask_to_stop(_signal, _frame):
    global stop_asked
    stop_asked = True


signal.signal(signal.SIGTERM, ask_to_stop)
saved = state["step"]

while state["step"] < knobs.steps:
    lr = knobs.lr / 2 * (1 + math.cos(math.pi * state["step"] / knobs.steps))
    gradient = zeros()
    loss = 0.0
    for _ in range(knobs.batch_size):
        pixels, digit = next_image()
        loss += backward(warped(pixels), digit, gradient)
    for layer, speeds, slopes in zip(weights, velocity, gradient):
        if isinstance(layer[0], list):
            for row in zip(layer, speeds, slopes):
                update(*row, lr)
        else:
            update(layer, speeds, slopes, lr)
    state["step"] += 1
    state["lossSum"] += loss / knobs.batch_size
    state["lossSteps"] += 1

    last = state["step"] == knobs.steps
    if state["step"] % knobs.log_every == 0 or last:
        report(lr)
    if state["step"] % knobs.checkpoint_every == 0 or last:
        saved = save()
    if stop_asked and not last:
        if saved < state["step"]:
            save()
        print("told to stop: step %d is saved, to be resumed" % state["step"], flush=True)
        sys.exit(75)  # "try again": this is not the end of the training, so it must not look like success

# ---- The end ----------------------------------------------------------------------------------------------------

test_loss, correct = evaluate(test_set)
accuracy = correct / len(test_set)
write_metrics({"step": state["step"], "test/loss": test_loss, "test/accuracy": accuracy})
final = pack(weights)
write_durably(weights_file + ".tmp", final)
os.rename(weights_file + ".tmp", weights_file)
sync_dir(os.path.dirname(weights_file))
print("test accuracy %.4f (%d of %d)" % (accuracy, correct, len(test_set)))
print("weights sha256 %s %s" % (sha256(final), weights_file))
write_metrics({"event": "done"})  # last: with it, exit 0 means that the training is complete
