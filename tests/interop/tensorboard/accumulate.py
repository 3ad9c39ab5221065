"""Prints the scalars of each run below LOGDIR as JSON: run → tag → [[step, value], …]."""
import json
import os
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util import tensor_util


def number(event):
    return event.value if hasattr(event, "value") else float(tensor_util.make_ndarray(event.tensor_proto))


def points(accumulator, tag):
    tags = accumulator.Tags()
    events = accumulator.Scalars(tag) if tag in tags["scalars"] else accumulator.Tensors(tag) if tag in tags["tensors"] else []
    return [[event.step, number(event)] for event in events]


logdir = sys.argv[1]
runs = {}
for run in os.listdir(logdir):
    accumulator = EventAccumulator(os.path.join(logdir, run), size_guidance={"scalars": 0, "tensors": 0})
    accumulator.Reload()
    runs[run] = {tag: points(accumulator, tag) for tag in ("loss", "val", "rare", "gone")}
print(json.dumps(runs))
