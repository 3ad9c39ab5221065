"""JSON that keeps Python's types, and errors as JSON.

Floats are {"$float": repr}, large ints {"$int"}, bytes {"$bytes"} in base64, paths {"$path"}, mappings with other keys
than plain text {"$map": [[key, value], …]}.
"""

import base64
import pathlib
import re
from enum import Enum


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
        return typed_pairs([[typed(k), typed(v)] for k, v in value.items()])
    raise TypeError(f"no JSON for {type(value)}")


def typed_pairs(pairs):
    """An object where JSON keeps its keys and their order."""
    if all(isinstance(k, str) and not re.fullmatch(r"0|[1-9][0-9]*", k) and not k.startswith("$") for k, _ in pairs):
        return dict(pairs)
    return {"$map": pairs}


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


def error_of(exception):
    types = [cls.__name__ for cls in type(exception).__mro__ if cls is not object]
    error = {"type": types[0], "mro": types, "message": str(exception)}
    cause = exception.__cause__
    if cause is not None:
        error["cause"] = {"type": type(cause).__name__, "message": str(cause)}
    return error


def attempt(function):
    try:
        return function()
    except Exception as exception:
        return {"error": error_of(exception)}
