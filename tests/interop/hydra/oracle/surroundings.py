"""The world of a question: environment, clock, directories, resolvers."""

import contextlib
import datetime
import os
import pathlib
import shutil
import tempfile

from hydra.core.utils import setup_globals
from omegaconf import DictConfig, ListConfig, OmegaConf

ENVIRONMENT = {
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
NOW = datetime.datetime(2024, 1, 2, 3, 4, 5, 678901)
PYTHON = {"major": "3", "minor": "3.11", "micro": "3.11.2"}

setup_globals()
OmegaConf.register_new_resolver("now", lambda pattern: NOW.strftime(pattern), use_cache=True, replace=True)
OmegaConf.register_new_resolver("python_version", lambda level="minor": PYTHON.get(level), replace=True)


def given(*args):
    return args[0] if len(args) == 1 else list(args)


def first(collection):
    return next(iter(collection))


def register_test_resolvers():
    """Resolvers that the questions about OmegaConf use."""
    for name, function in (("test", given), ("ns1.ns2.test", given), ("first", first)):
        OmegaConf.register_new_resolver(name, function, replace=True)


@contextlib.contextmanager
def standard_environment(more):
    os.environ.clear()
    os.environ.update(ENVIRONMENT)
    os.environ.update({key: str(value) for key, value in more.items()})
    register_test_resolvers()
    yield


class Trees:
    """Where the trees lie that questions name; by default they bring their files."""

    directory = "/nonexistent"


TREES_OPTION = Trees()


class Place:
    """The directories of one question; `shown` writes them as `<TREES>` and `<CWD>`."""

    def __init__(self, question):
        self.top = tempfile.mkdtemp(prefix="expd-oracle-", dir=scratch())
        self.trees = TREES_OPTION.directory
        self.cwd = os.path.join(self.top, "cwd")
        self.inline = 0
        os.mkdir(self.cwd)
        for path, tree in (question.get("cwd_links") or {}).items():
            link = os.path.join(self.cwd, path)
            os.makedirs(os.path.dirname(link), exist_ok=True)
            os.symlink(os.path.join(self.trees, tree), link)
        write(self.cwd, question.get("cwd_files") or {})

    def source(self, entry):
        """The search path of an entry: a tree by name, files, or a path."""
        if "tree" in entry:
            return os.path.join(self.trees, entry["tree"])
        if "path" in entry:
            return entry["path"].replace("<TREES>", self.trees)
        directory = os.path.join(self.top, f"inline{self.inline or ''}")
        self.inline += 1
        os.mkdir(directory)
        write(directory, entry["files"])
        return directory

    def shown(self, value):
        if isinstance(value, str):
            return value.replace(self.cwd, "<CWD>").replace(self.top, "<TREES>").replace(self.trees, "<TREES>")
        if isinstance(value, (list, tuple)):
            return [self.shown(item) for item in value]
        if isinstance(value, dict):
            return {self.shown(key): self.shown(item) for key, item in value.items()}
        return value

    def __enter__(self):
        self.before = os.getcwd()
        os.chdir(self.cwd)
        return self

    def __exit__(self, *_):
        os.chdir(self.before)
        shutil.rmtree(self.top)


def write(directory, files):
    """Files by path; a path that ends in a slash is a directory without any."""
    for path, text in files.items():
        file = os.path.join(directory, path)
        os.makedirs(os.path.dirname(file), exist_ok=True)
        if not path.endswith("/"):
            pathlib.Path(file).write_text(text, encoding="utf-8", newline="")


def scratch():
    """Memory, where there is such a directory: a question writes dozens of files."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def plain(value):
    """Without nodes, with interpolations as they are."""
    if isinstance(value, (DictConfig, ListConfig)):
        return OmegaConf.to_container(value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return {key: plain(item) for key, item in value.items()} if isinstance(value, dict) else value
