"""Questions about OmegaConf and YAML."""

import yaml
from omegaconf import AnyNode, Container, DictConfig, ListConfig, OmegaConf, grammar_parser
from omegaconf._utils import _get_value, get_yaml_loader
from surroundings import plain
from typed import attempt, typed, untyped

LOADER = get_yaml_loader()


def config_of(data):
    return OmegaConf.create(untyped(data))


def data_and_yaml(config):
    return {"data": typed(plain(config)), "yaml": OmegaConf.to_yaml(config)}


def yaml_load(question):
    return {"value": typed(yaml.load(question["input"], Loader=LOADER))}


def yaml_dump(question):
    return {"yaml": OmegaConf.to_yaml(config_of(question["data"]))}


def oc_create(question):
    return data_and_yaml(config_of(question["input"]))


def oc_merge(question):
    return data_and_yaml(OmegaConf.merge(*(config_of(config) for config in question["configs"])))


def oc_update(question):
    config = config_of(question["config"])
    OmegaConf.update(config, question["key"], untyped(question["value"]), merge=question.get("merge", True))
    return data_and_yaml(config)


def oc_select(question):
    return {"value": typed(plain(OmegaConf.select(config_of(question["config"]), question["key"])))}


def dotlist(question):
    return {"data": typed(plain(OmegaConf.from_dotlist(question["input"])))}


def oc_grammar(question):
    config = config_of(question["config"])
    lexer = {"configValue": "DEFAULT_MODE", "singleElement": "VALUE_MODE"}[question["rule"]]
    tree = grammar_parser.parse(question["input"], parser_rule=question["rule"], lexer_mode=lexer)
    leaf = AnyNode(question["input"], parent=config)
    found = config.resolve_parse_tree(tree, node=leaf, key=None, memo=None)
    return {"value": typed(plain(_get_value(found)))}


def oc_resolve(question):
    config = config_of(question["config"])

    def in_place():
        copy = config_of(question["config"])
        OmegaConf.resolve(copy)
        return OmegaConf.to_yaml(copy)

    return {
        "container": attempt(lambda: typed(plain(OmegaConf.to_container(config, resolve=True)))),
        "nodes": nodes_of(config),
        "resolve_inplace_yaml": attempt(in_place),
        "missing_keys": attempt(lambda: sorted(OmegaConf.missing_keys(config))),
    }


def nodes_of(config):
    rows = []

    def visit(container, path):
        content = container._content
        if not isinstance(content, (dict, list)):
            return
        for key in list(content) if isinstance(content, dict) else range(len(content)):
            child = content[key]
            at = [*path, typed(key)]
            rows.append([at, node_of(child)])
            if isinstance(child, (DictConfig, ListConfig)):
                visit(child, at)

    visit(config, [])
    return rows


def node_of(node):
    if node._is_missing():
        return {"error": "MissingMandatoryValue"}
    try:
        found = node._dereference_node()
        return {"container": True} if isinstance(found, Container) else {"value": typed(plain(found._value()))}
    except Exception as exception:
        return {"error": type(exception).__name__}


KINDS = {
    kind.__name__: kind
    for kind in (
        yaml_load,
        yaml_dump,
        oc_create,
        oc_merge,
        oc_update,
        oc_select,
        oc_grammar,
        oc_resolve,
        dotlist,
    )
}
