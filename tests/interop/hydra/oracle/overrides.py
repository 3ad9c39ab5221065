"""Questions about the override language."""

import itertools

from hydra._internal.config_loader_impl import get_overrides_dirname
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, Glob, IntervalSweep, Key, Override, QuotedString, RangeSweep
from typed import typed, typed_pairs

# Longer sweeps are not written out.
MANY = 2000

PARSER = OverridesParser.create()


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
    if isinstance(value, Key):
        return {"$key": value.key_or_group, "package": value.package}
    if isinstance(value, list):
        return [element(item) for item in value]
    if isinstance(value, dict):
        return typed_pairs([[element(k), element(v)] for k, v in value.items()])
    return typed(value)


def override_parse(question):
    found = PARSER.parse_rule(question["input"], question["rule"])
    return describe(found) if isinstance(found, Override) else {"value": element(found)}


def describe(override):
    return {
        "type": override.type.name,
        "key_or_group": override.key_or_group,
        "package": override.package,
        "value_type": None if override.value_type is None else override.value_type.name,
        "value": element(override._value),
        "key_element": override.get_key_element(),
        "input_line": override.input_line,
        **texts(override),
    }


def texts(override):
    """As the jobs of a sweep get it; not what comes in random order, or out of a group."""
    if not override.is_sweep_override():
        try:
            return {"value_element_as_str": override.get_value_element_as_str()}
        except Exception:
            return {}
    value = override._value
    if not isinstance(value, (ChoiceSweep, RangeSweep)) or value.shuffle:
        return {}
    try:
        found = list(itertools.islice(override.sweep_string_iterator(), MANY + 1))
        return {"sweep_strings": found} if len(found) <= MANY else {}
    except Exception:
        return {}


class Options:
    """Stands for a config loader: which options a group has."""

    def __init__(self, options):
        self.options = options

    def get_group_options(self, group_name, results_filter=None, config_name=None, overrides=None):
        return self.options.get(group_name, [])


def sweep(question):
    given = [f"{key}={value}" for key, value in (question.get("params") or {}).items()]
    parser = OverridesParser.create(config_loader=Options(question.get("group_options") or {}))
    overrides = parser.parse_overrides([*given, *question["overrides"]])
    return {"batches": BasicSweeper.split_arguments(overrides, question["max_batch_size"])}


def override_dirname(question):
    return {
        "value": get_overrides_dirname(
            overrides=PARSER.parse_overrides(question["overrides"]),
            exclude_keys=question["exclude_keys"],
            item_sep=question["item_sep"],
            kv_sep=question["kv_sep"],
        )
    }


KINDS = {kind.__name__: kind for kind in (override_parse, sweep, override_dirname)}
