"""Answers questions about configurations with the real Hydra, OmegaConf and PyYAML: JSON lines in, JSON lines out.

{"id", "kind", inputs…} → {"id", "ok": …} or {"id", "error": {"type", "mro", "message"}}, as tests/conformance/answer.ts
answers them. A process answers any number of questions; each has a directory, an environment and a clock of its own.
"""

import json
import resource
import signal
import sys
import warnings

import compositions
import configurations
import overrides
from surroundings import TREES_OPTION, standard_environment
from typed import error_of

warnings.simplefilter("ignore")

# Of processor time: what else runs on the machine does not count.
SECONDS = 20
BYTES = 3 << 30

KINDS = {**configurations.KINDS, **overrides.KINDS, **compositions.KINDS}


class Unanswered(Exception):
    """Takes too long, or too much memory, for the real one."""


def give_up(*_):
    raise Unanswered


def answer(question):
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        with standard_environment(question.get("env") or {}):
            return {"ok": KINDS[question["kind"]](question)}
    except MemoryError:
        return {"error": error_of(Unanswered())}
    except Exception as exception:
        return {"error": error_of(exception)}
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def main():
    signal.signal(signal.SIGPROF, give_up)
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    if "--trees" in sys.argv:
        TREES_OPTION.directory = sys.argv[sys.argv.index("--trees") + 1]
    for line in sys.stdin:
        question = json.loads(line)
        sys.stdout.write(json.dumps({"id": question["id"], **answer(question)}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
