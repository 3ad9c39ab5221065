"""Milliseconds that each of a number of compositions takes within one process, after a first that is not counted."""

import json
import sys
import time

from hydra import compose, initialize_config_dir

directory, count = sys.argv[1], int(sys.argv[2])
took = []
with initialize_config_dir(directory, version_base="1.3"):
    for seed in range(count + 1):
        overrides = [f"model={'ab'[seed % 2]}", f"optim.lr={0.1 / (seed + 1)}", f"seed={seed}"]
        begin = time.perf_counter()
        compose("config", overrides)
        took.append((time.perf_counter() - begin) * 1000)
json.dump(took[1:], sys.stdout)
