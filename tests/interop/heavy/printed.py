"""SCRIPT WORDS…: runs an unmodified script; each `step N loss L` that it prints is a line for $EXPD_METRICS as well.

For scripts that log nowhere else: so they have a curve to look at.
"""
import builtins
import json
import os
import re
import runpy
import sys

told = builtins.print


def printed(*values, **how):
    found = re.match(r"step (\d+) loss (\S+)", " ".join(map(str, values)))
    if found:
        with open(os.environ["EXPD_METRICS"], "a") as metrics:
            metrics.write(json.dumps({"step": int(found[1]), "loss": float(found[2])}) + "\n")
    # Whoever sees it may kill at once: its line is written.
    told(*values, **how)


builtins.print = printed
del sys.argv[0]
sys.path[0] = os.path.dirname(sys.argv[0])
runpy.run_path(sys.argv[0], run_name="__main__")
