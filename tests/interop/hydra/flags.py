"""Reads argument lists as JSON lines and answers with what Hydra's own parser makes of each."""
import contextlib
import io
import json
import sys

from hydra._internal.utils import get_args_parser

KEYS = {
    "help": "help",
    "hydra_help": "hydraHelp",
    "run": "run",
    "multirun": "multirun",
    "resolve": "resolve",
    "shell_completion": "shellCompletion",
    "cfg": "cfg",
    "info": "info",
    "package": "package",
    "config_path": "configPath",
    "config_name": "configName",
    "config_dir": "configDir",
    "experimental_rerun": "experimentalRerun",
    "overrides": "overrides",
}


def answer(words):
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        try:
            flags = vars(get_args_parser().parse_args(words))
        except SystemExit as end:
            return {"kind": "version" if end.code == 0 else "refused"}
    return {"kind": "flags", "flags": {KEYS[key]: value for key, value in flags.items()}}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))))
