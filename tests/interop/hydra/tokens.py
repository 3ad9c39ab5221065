"""Prints, one JSON line for each module of the standard library, its source and its tokens."""
import io
import json
import pathlib
import sysconfig
import tokenize

KINDS = {"NAME": "name", "NUMBER": "number", "STRING": "string", "OP": "operator", "NEWLINE": "newline"}


def offsets(source):
    """Where each line begins."""
    found = [0]
    for line in io.StringIO(source, newline=""):
        found.append(found[-1] + len(line))
    return found


def tokens(source):
    begins = offsets(source)
    depth, start = 0, 0
    for token in tokenize.generate_tokens(io.StringIO(source, newline="").readline):
        name = tokenize.tok_name[token.type]
        at, end = (begins[line - 1] + column for line, column in (token.start, token.end))
        # From Python 3.12 on an f-string is many tokens.
        if name.endswith("STRING_START"):
            start = start if depth else at
            depth += 1
        elif name.endswith("STRING_END"):
            depth -= 1
            if depth == 0:
                yield ["string", source[start:end]]
        elif depth == 0 and name in KINDS:
            yield [KINDS[name], "" if name == "NEWLINE" else token.string]


library = pathlib.Path(sysconfig.get_path("stdlib"))
for path in sorted([*library.glob("*.py"), *library.glob("test/test_*string*.py"), *library.glob("asyncio/*.py")]):
    source = path.read_text(encoding="utf-8")
    print(json.dumps([path.name, source, list(tokens(source))]))
