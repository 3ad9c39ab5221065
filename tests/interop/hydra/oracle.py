"""Answers questions about configurations with the real libraries: JSON lines in, JSON lines out, in one process.

{"id", "kind", inputs…} → {"id", "ok"} or {"id", "error": {"type", "message"}}. Values are JSON that keeps Python's
types: floats {"$float": repr}, large ints {"$int"}, bytes {"$bytes"} in base64, paths {"$path"}, mappings with other
keys than plain text {"$map": [[key, value], …]}. Trees come as {path: text} and are written to a directory of their own.
"""

import base64
import json
import os
import pathlib
import re
import shutil
import sys
import tempfile
import warnings
from enum import Enum

import yaml
from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf._utils import get_yaml_loader
from omegaconf.errors import OmegaConfBaseException

warnings.simplefilter("ignore")

ENV = {
    "USER": "alice",
    "HOME": "/home/alice",
    "PATH": "/usr/bin:/bin",
    "FOO_INT": "42",
    "FOO_FLOAT": "1.5",
    "FOO_LIST": "[1,2,a]",
    "FOO_EMPTY": "",
    "FOO_BOOL": "true",
    "FOO_INTERP": "${x}",
    "DATA_DIR": "/data/sets",
    "LANG": "C.UTF-8",
}


def typed(value):
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, Enum):
        return {"$enum": str(value)}
    if isinstance(value, int):
        return value if abs(value) < 2**53 else {"$int": str(value)}
    if isinstance(value, float):
        return {"$float": repr(value)}
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, pathlib.Path):
        return {"$path": str(value)}
    if isinstance(value, (list, tuple)):
        return [typed(item) for item in value]
    if isinstance(value, dict):
        if all(isinstance(k, str) and not re.fullmatch(r"0|[1-9][0-9]*", k) and not k.startswith("$") for k in value):
            return {k: typed(v) for k, v in value.items()}
        return {"$map": [[typed(k), typed(v)] for k, v in value.items()]}
    raise TypeError(f"no JSON for {type(value)}")


def untyped(value):
    if isinstance(value, list):
        return [untyped(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((name, inner),) = value.items()
        if name == "$int":
            return int(inner)
        if name == "$float":
            return float(inner)
        if name == "$bytes":
            return base64.b64decode(inner)
        if name == "$path":
            return pathlib.Path(inner)
        if name == "$map":
            return {untyped(k): untyped(v) for k, v in inner}
    return {k: untyped(v) for k, v in value.items()}


def plain(value):
    return OmegaConf.to_container(value) if isinstance(value, (DictConfig, ListConfig)) else value


def error(exception):
    return {"error": {"type": type(exception).__name__, "message": str(exception)}}


def attempt(function):
    try:
        return function()
    except Exception as exception:
        return error(exception)


# --- OmegaConf


def data_and_yaml(config):
    return {"data": typed(OmegaConf.to_container(config)), "yaml": OmegaConf.to_yaml(config)}


LOADER = get_yaml_loader()


def yaml_load(question):
    return {"value": typed(yaml.load(question["input"], Loader=LOADER))}


def yaml_dump(question):
    return {"yaml": OmegaConf.to_yaml(OmegaConf.create(untyped(question["data"])))}


def oc_create(question):
    return data_and_yaml(OmegaConf.create(question["input"]))


def oc_merge(question):
    return data_and_yaml(OmegaConf.merge(*(untyped(config) for config in question["configs"])))


def oc_update(question):
    config = OmegaConf.create(untyped(question["config"]))
    OmegaConf.update(config, question["key"], untyped(question["value"]), merge=question.get("merge", True))
    return data_and_yaml(config)


def oc_select(question):
    config = OmegaConf.create(untyped(question["config"]))
    return {"value": typed(plain(OmegaConf.select(config, question["key"])))}


def oc_resolve(question):
    config = OmegaConf.create(untyped(question["config"]))

    def in_place():
        copy = OmegaConf.create(untyped(question["config"]))
        OmegaConf.resolve(copy)
        return OmegaConf.to_yaml(copy)

    return {
        "container": attempt(lambda: typed(OmegaConf.to_container(config, resolve=True))),
        "in_place": attempt(in_place),
        "missing": attempt(lambda: sorted(OmegaConf.missing_keys(config))),
    }


# --- Hydra

from hydra import version  # noqa: E402
from hydra._internal import config_loader_impl  # noqa: E402
from hydra._internal.config_loader_impl import ConfigLoaderImpl  # noqa: E402
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper  # noqa: E402
from hydra._internal.utils import create_config_search_path  # noqa: E402
from hydra.core.hydra_config import HydraConfig  # noqa: E402
from hydra.core.override_parser.overrides_parser import OverridesParser  # noqa: E402
from hydra.core.override_parser.types import ChoiceSweep, Glob, IntervalSweep, QuotedString, RangeSweep  # noqa: E402
from hydra.core.utils import JobRuntime, setup_globals  # noqa: E402
from hydra.types import RunMode  # noqa: E402

setup_globals()
OmegaConf.register_new_resolver("now", lambda pattern: NOW.strftime(pattern), use_cache=True, replace=True)
OmegaConf.register_new_resolver(
    "python_version", lambda level="minor": {"major": "3", "minor": "3.11", "micro": "3.11.2"}.get(level), replace=True
)

import datetime  # noqa: E402

NOW = datetime.datetime(2024, 1, 2, 3, 4, 5, 678901)


def element(value):
    if isinstance(value, QuotedString):
        return {"$quoted": value.text, "quote": value.quote.name}
    if isinstance(value, ChoiceSweep):
        return {
            "$choice": [element(item) for item in value.list],
            "simple_form": value.simple_form,
            "shuffle": value.shuffle,
            "tags": sorted(value.tags),
        }
    if isinstance(value, RangeSweep):
        return {
            "$range": [typed(part) for part in (value.start, value.stop, value.step)],
            "shuffle": value.shuffle,
            "tags": sorted(value.tags),
        }
    if isinstance(value, IntervalSweep):
        return {"$interval": [typed(value.start), typed(value.end)], "tags": sorted(value.tags)}
    if isinstance(value, Glob):
        return {"$glob": {"include": [element(x) for x in value.include], "exclude": [element(x) for x in value.exclude]}}
    if isinstance(value, list):
        return [element(item) for item in value]
    if isinstance(value, dict):
        pairs = [[element(k), element(v)] for k, v in value.items()]
        if all(isinstance(k, str) and not re.fullmatch(r"0|[1-9][0-9]*", k) and not k.startswith("$") for k in value):
            return dict(pairs)
        return {"$map": pairs}
    return typed(value)


def override_parse(question):
    override = OverridesParser.create().parse_override(question["input"])
    return {
        "type": override.type.name,
        "key_element": override.get_key_element(),
        "value_type": None if override.value_type is None else override.value_type.name,
        "value": element(override._value),
    }


def sweep(question):
    overrides = OverridesParser.create().parse_overrides(question["overrides"])
    return {"batches": BasicSweeper.split_arguments(overrides, question.get("max_batch_size"))}


def in_tree(question, use):
    directory = tempfile.mkdtemp(prefix="expd-oracle-")
    try:
        for path, text in question["files"].items():
            file = os.path.join(directory, path)
            os.makedirs(os.path.dirname(file), exist_ok=True)
            with open(file, "w", encoding="utf-8") as f:
                f.write(text)
        version.setbase(question.get("version_base", "1.3"))
        JobRuntime.instance().set("name", "app")
        return use(ConfigLoaderImpl(create_config_search_path(directory)), directory)
    finally:
        shutil.rmtree(directory)


# The list is computed once a composition: asking for it again would parse and load everything again.
LISTS = []
_create = config_loader_impl.create_defaults_list


def remembering(**given):
    LISTS[:] = [_create(**given)]
    return LISTS[-1]


config_loader_impl.create_defaults_list = remembering


def compose(question):
    mode = RunMode[question.get("run_mode", "RUN")]

    def use(loader, directory):
        overrides = question["overrides"]
        config = loader.load_configuration(question["config_name"], overrides, mode, from_shell=False)
        HydraConfig.instance().cfg = None
        HydraConfig.instance().set_config(config)
        rows = LISTS[-1].defaults
        job = OmegaConf.create(OmegaConf.to_container(config))
        del job["hydra"]
        hydra = OmegaConf.to_container(config.hydra, enum_to_str=True)
        for key in ("help", "hydra_help", "runtime"):
            hydra.pop(key)
        in_place = OmegaConf.create(OmegaConf.to_container(job))
        return {
            "defaults": [
                [row.config_path, row.package, row.is_self, row.parent]
                for row in rows
                if not row.config_path.startswith("hydra/")
            ],
            "job": typed(OmegaConf.to_container(job)),
            "job_yaml": OmegaConf.to_yaml(job),
            "hydra": typed(hydra),
            "hydra_yaml": OmegaConf.to_yaml(OmegaConf.create(hydra)),
            "choices": OmegaConf.to_container(config.hydra.runtime.choices),
            "resolved": attempt(lambda: typed(OmegaConf.to_container(job, resolve=True))),
            "in_place": attempt(lambda: (OmegaConf.resolve(in_place), OmegaConf.to_yaml(in_place))[1]),
            "run_dir": attempt(lambda: str(OmegaConf.select(config, "hydra.run.dir"))),
        }

    return in_tree(question, use)


KINDS = {
    name: globals()[name]
    for name in (
        "yaml_load yaml_dump oc_create oc_merge oc_update oc_select oc_resolve override_parse sweep compose".split()
    )
}


def main():
    os.environ.clear()
    os.environ.update(ENV)
    for line in sys.stdin:
        question = json.loads(line)
        try:
            answer = {"ok": KINDS[question["kind"]](question)}
        except RecursionError:
            answer = {"error": {"type": "RecursionError", "message": ""}}
        except Exception as exception:
            answer = error(exception)
        sys.stdout.write(json.dumps({"id": question["id"], **answer}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
