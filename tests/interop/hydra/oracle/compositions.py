"""Questions about configurations that are composed."""

import copy
import os
from contextlib import contextmanager

from hydra import version
from hydra._internal import config_loader_impl
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import CachingConfigRepository, ConfigRepository
from hydra._internal.config_search_path_impl import ConfigSearchPathImpl
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra._internal.defaults_list import (
    DefaultsTreeNode,
    Overrides,
    _create_defaults_tree,
    _create_root,
    create_defaults_list,
)
from hydra.core.config_store import ConfigStore
from hydra.core.default_element import ConfigDefault, VirtualRoot
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.plugins import Plugins
from hydra.core.utils import JobRuntime
from hydra.plugins.config_source import ConfigSource
from hydra.types import RunMode
from omegaconf import OmegaConf, open_dict
from surroundings import Place, plain
from typed import attempt, typed

RESOLVED = (
    "hydra.run.dir",
    "hydra.sweep.dir",
    "hydra.sweep.subdir",
    "hydra.job.name",
    "hydra.job.override_dirname",
    "hydra.mode",
    "hydra.output_subdir",
)
# How many jobs of a sweep are shown.
SHOWN = 12

# Finds the kinds of sources.
Plugins.instance()


@contextmanager
def loader_of(question):
    """A loader with the search path of a question."""
    version.setbase(question.get("version_base") or "1.3")
    JobRuntime.instance().set("name", question.get("job_name") or "app")
    HydraConfig.instance().cfg = None
    with Place(question) as place, registered(question.get("store") or []):
        path = ConfigSearchPathImpl()
        path.append("hydra", "pkg://hydra.conf")
        for entry in question["search_path"]:
            path.append(entry["provider"], place.source(entry))
        path.append("schema", "structured://")
        yield ConfigLoaderImpl(path), place


@contextmanager
def registered(entries):
    """What a program would have registered, for the time of one question."""
    store = ConfigStore.instance()
    before = copy.deepcopy(store.repo)
    try:
        for entry in entries:
            group, _, name = entry["path"].rpartition("/")
            node = OmegaConf.create(entry["yaml"])
            store.store(group=group or None, name=name, node=node, package=entry.get("package"))
        yield
    finally:
        store.repo = before


# The list is computed once a composition: asking for it again would parse and load everything again.
LISTS = []
_create = config_loader_impl.create_defaults_list


def remembering(**given):
    LISTS[:] = [_create(**given)]
    return LISTS[-1]


config_loader_impl.create_defaults_list = remembering


def load(loader, question, mode, validate=True):
    HydraConfig.instance().cfg = None  # as in a process that has composed nothing yet
    config = loader.load_configuration(
        question["config_name"], question["overrides"], mode, from_shell=False, validate_sweep_overrides=validate
    )
    if question.get("job_num") is not None:
        number(config, question["job_num"])
    HydraConfig.instance().set_config(config)
    return config


def number(config, job):
    with open_dict(config):
        config.hydra.job.id = job
        config.hydra.job.num = job


def job_of(config):
    container = OmegaConf.to_container(config)
    del container["hydra"]
    return OmegaConf.create(container)


def compose(question):
    mode = RunMode[question.get("run_mode") or "RUN"]
    with loader_of(question) as (loader, place):
        config = load(loader, question, mode, question.get("validate_sweep_overrides") is not False)
        rows = LISTS[-1].defaults
        job = job_of(config)

        def in_place():
            copy = job_of(config)
            OmegaConf.resolve(copy)
            return OmegaConf.to_yaml(copy)

        hydra = OmegaConf.create({"hydra": OmegaConf.to_container(config.hydra, enum_to_str=True)})
        del hydra.hydra["help"], hydra.hydra["hydra_help"]
        return place.shown(
            {
                "defaults": [row_of(row) for row in rows if not row.config_path.startswith("hydra/")],
                "job": {
                    "yaml": OmegaConf.to_yaml(job),
                    "data": typed(plain(job)),
                    "resolved": {
                        "inplace_yaml": attempt(in_place),
                        "container": attempt(lambda: typed(plain(OmegaConf.to_container(job, resolve=True)))),
                    },
                },
                "hydra_yaml": OmegaConf.to_yaml(hydra),
                "hydra_resolved": {key: attempt(lambda: typed(plain(OmegaConf.select(config, key)))) for key in RESOLVED},
            }
        )


def row_of(row):
    return [row.config_path, row.package, row.is_self, row.parent]


def multirun(question):
    with loader_of(question) as (loader, place):
        master = load(loader, question, RunMode.MULTIRUN)
        sweeper = master.hydra.sweeper
        given = [f"{key}={value}" for key, value in (sweeper.params or {}).items()]
        parser = OverridesParser.create(config_loader=loader)
        overrides = parser.parse_overrides([*given, *OmegaConf.to_container(master.hydra.overrides.task, resolve=False)])
        batches = BasicSweeper.split_arguments(overrides, sweeper.max_batch_size)
        jobs = [job for batch in batches for job in batch]
        # Every job is composed, as a sweeper does before it starts any.
        configs = [loader.load_sweep_config(master, list(words)) for words in jobs]
        return place.shown(
            {
                "sweep_dir": str(master.hydra.sweep.dir),
                "batches": [len(batch) for batch in batches],
                "jobs": [job_row(*row) for row in list(zip(jobs, configs, range(SHOWN)))],
                "n_jobs": len(jobs),
            }
        )


def job_row(words, config, at):
    number(config, at)
    HydraConfig.instance().set_config(config)
    directory = os.path.join(
        str(OmegaConf.select(config, "hydra.sweep.dir")), str(OmegaConf.select(config, "hydra.sweep.subdir"))
    )
    return {
        "overrides": list(words),
        "overrides_yaml": OmegaConf.to_yaml(config.hydra.overrides.task),
        "output_dir": os.path.abspath(directory),
        "override_dirname": str(config.hydra.job.override_dirname),
        "config_yaml": OmegaConf.to_yaml(job_of(config)),
        "choices": {k: v for k, v in plain(config.hydra.runtime.choices).items() if not k.startswith("hydra/")},
    }


def defaults_list(question):
    with loader_of(question) as (loader, place):
        found = create_defaults_list(
            repo=CachingConfigRepository(loader.repository),
            config_name=question["config_name"],
            overrides_list=OverridesParser.create().parse_overrides(question["overrides"]),
            prepend_hydra=question["prepend_hydra"],
            skip_missing=question["skip_missing"],
        )
        return place.shown(
            {
                "defaults": [row_of(row) for row in found.defaults],
                "config_overrides": [override.input_line for override in found.config_overrides],
                "choices": found.overrides.known_choices,
            }
        )


def defaults_tree(question):
    with loader_of(question) as (loader, place):
        repo = CachingConfigRepository(loader.repository)
        overrides = Overrides(repo, OverridesParser.create().parse_overrides(question["overrides"]))
        tree = _create_defaults_tree(
            repo=repo,
            root=_create_root(config_name=question["config_name"], with_hydra=question["prepend_hydra"]),
            overrides=overrides,
            is_root_config=True,
            interpolated_subtree=False,
            skip_missing=question["skip_missing"],
        )
        overrides.ensure_overrides_used()
        overrides.ensure_deletions_used()
        return place.shown({"tree": tree_of(tree)})


def tree_of(tree):
    children = tree.children
    node = {"node": node_of(tree.node)}
    if children is not None:
        node["children"] = [
            tree_of(child) if isinstance(child, DefaultsTreeNode) else {"node": node_of(child)} for child in children
        ]
    return node


def node_of(node):
    if isinstance(node, VirtualRoot):
        return {"virtual_root": True}
    if isinstance(node, ConfigDefault):
        fields = {"path": node.path}
    else:
        fields = {"group": node.group, "value": node.value}
    if node.package is not None:
        fields["package"] = node.package
    for name in ("optional", "override", "deleted"):
        if getattr(node, name, None):
            fields[name] = True
    return fields


def pkg_header(question):
    return {"package": ConfigSource._get_header_dict(question["input"]).get("package")}


KINDS = {kind.__name__: kind for kind in (compose, multirun, defaults_list, defaults_tree, pkg_header)}
