"""The signatures of Airflow's and Amazon's operators and sensors, as a table.

    python3 tests/airflow/signatures.py           says whether the table is stale
    python3 tests/airflow/signatures.py --write   writes it anew

The table, `src/kind/operator/rules/signatures.txt`, has a line an operator: its
import path and the names of its arguments, those of all classes between it and
BaseOperator. `!` behind a name: it must be given. `:c`: it takes a function or a class
only, `:d` a length of time only, `:t` a point in time only; none of them can be written
in YAML. `:b`: it takes a truth value only, `:n` a number only, `:=a|b` these words only.
`%`: Airflow fills in `{{ ... }}` in it. `@.sql,.json`: a text in it that ends so is to
Airflow the name of a file.
`BaseOperator` has a line for each line of Airflow. What two versions of a provider
have is joined.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from home import ensure

ENVIRONMENTS = ("airflow-2.11", "operators-3.3")
TABLE = Path(__file__).resolve().parents[2] / "src/kind/operator/rules/signatures.txt"
HEAD = "# Made by tests/airflow/signatures.py. Change nothing here.\n"
ROOTS = (
    "airflow.operators",
    "airflow.sensors",
    "airflow.providers.amazon.aws.operators",
    "airflow.providers.amazon.aws.sensors",
    "airflow.providers.amazon.aws.transfers",
    "airflow.providers.common.sql.operators",
    "airflow.providers.common.sql.sensors",
    "airflow.providers.http.operators",
    "airflow.providers.http.sensors",
    "airflow.providers.standard.operators",
    "airflow.providers.standard.sensors",
)

# Runs inside an environment, where this module's imports are not at hand.
INSIDE = r"""
import ast, contextlib, enum, importlib, inspect, io, json, logging, pkgutil, re, sys, warnings
from unittest.mock import MagicMock

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
import airflow

if airflow.__version__.startswith("3."):
    from airflow.sdk import BaseOperator
else:
    from airflow.models.baseoperator import BaseOperator

FUNCTIONS = ("Callable", "Collection[TaskStateChangeCallback]", "TaskStateChangeCallback")
FUNCTIONS += ("TaskPreExecuteHook", "TaskPostExecuteHook")


def modules(root):
    with contextlib.suppress(ImportError):
        package = importlib.import_module(root)
        yield package
        for info in pkgutil.walk_packages(getattr(package, "__path__", []), root + "."):
            with contextlib.suppress(Exception):
                yield importlib.import_module(info.name)


def alternatives(text):
    depth, parts = 0, [""]
    for c in text:
        depth += (c in "[(") - (c in "])")
        if c == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += c
    return [part.strip() for part in parts if part.strip() not in ("None", "ArgNotSet")]


def flag(annotation, known):
    parts = alternatives(annotation)
    if not parts:
        return ""
    if all(part.startswith(FUNCTIONS) or part.startswith("type[") for part in parts):
        return ":c"
    for kind, names in KINDS.items():
        if all(part in names for part in parts):
            return kind
    # A text beside an enumeration is one of its own.
    is_enum = any(words(part, known) for part in parts)
    named = [words(part, known) for part in parts if not (is_enum and part == "str")]
    return ":=" + "|".join(word for part in named for word in part) if all(named) else ""


KINDS = {
    ":d": ("timedelta", "datetime.timedelta"),
    ":t": ("datetime", "datetime.datetime", "datetime.time", "pendulum.DateTime"),
    ":b": ("bool",),
    ":n": ("int", "float"),
}


def words(part, known):
    # Those of `Literal[...]`, or of an enumeration of texts.
    if part.startswith("Literal["):
        values = ast.literal_eval(part.removeprefix("Literal") or "[]")
    else:
        found = known.get(part)
        is_enum = inspect.isclass(found) and issubclass(found, enum.Enum)
        values = [one.value for one in found] if is_enum else []
    is_word = [isinstance(one, str) and re.fullmatch(r"[\w.-]+", one) for one in values]
    return values if all(is_word) else []


def parameters(init):
    return list(inspect.signature(inspect.unwrap(init)).parameters.values())[1:]


def described(parameter, init):
    annotation = parameter.annotation
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    names = getattr(inspect.unwrap(init), "__globals__", {})
    return "" if annotation is parameter.empty else flag(text, names)


def arguments(cls):
    found, is_first = {}, True
    for step in cls.__mro__:
        init = None if step is BaseOperator else step.__dict__.get("__init__")
        if step is BaseOperator:
            return found, True
        if init is None:
            continue
        is_open = False
        for parameter in parameters(init):
            if parameter.kind is parameter.VAR_KEYWORD:
                is_open = True
            elif parameter.kind is not parameter.VAR_POSITIONAL:
                must = is_first and parameter.default is parameter.empty
                found.setdefault(parameter.name, ("!" if must else "") + described(parameter, init))
        is_first = False
        if not is_open:
            return found, False
    return found, False


def needed(cls, found):
    # What it needs through its parents, which take it among others: Airflow names what is missing.
    given = {name: MagicMock() for name, marks in found.items() if marks.startswith("!")}
    for _ in range(8):
        try:
            cls(task_id="t", **given)
        except Exception as error:
            missing = re.findall(r"'(\w+)'", str(error)) if "missing keyword" in str(error) else []
            missing = [name for name in missing if name in found and name not in given]
            if not missing:
                return
            for name in missing:
                found[name] = "!" + found[name]
                given[name] = MagicMock()
        else:
            return


def name_fields(cls, found):
    # A class whose fields are known only when it is made may fill in all of them.
    fields = cls.template_fields
    is_known = isinstance(fields, (list, tuple, set, frozenset))
    for name in found:
        if not is_known or name in fields:
            found[name] += "%"


def name_files(cls, found):
    for name in cls.template_fields if cls.template_ext else ():
        if name in found:
            found[name] += "@" + ",".join(sorted(cls.template_ext))


table = {}
for root in sys.argv[1:]:
    for module in modules(root):
        for name, cls in vars(module).items():
            is_one = inspect.isclass(cls) and issubclass(cls, BaseOperator)
            if is_one and cls.__module__ == module.__name__ and not name.startswith("_"):
                found, takes_common = arguments(cls)
                needed(cls, found)
                name_fields(cls, found)
                name_files(cls, found)
                table[f"{module.__name__}.{name}"] = [found, takes_common]
init = BaseOperator.__init__
base = {p.name: described(p, init) for p in parameters(init) if p.kind is not p.VAR_KEYWORD}
table["BaseOperator" + airflow.__version__[0]] = [base, True]
print("\n" + json.dumps(table))
"""


def signatures(environment: str) -> dict[str, tuple[dict[str, str], bool]]:
    """Asks an environment for the arguments of all its operators."""
    python = ensure(environment) / "bin" / "python"
    done = subprocess.run(
        [python, "-c", INSIDE, *ROOTS], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def table() -> str:
    """Returns the table as text."""
    joined: dict[str, dict[str, str]] = {}
    seen: set[str] = set()
    for environment in ENVIRONMENTS:
        for path, (found, takes_common) in signatures(environment).items():
            known = joined.setdefault(path, {} if takes_common else {"-": ""})
            # What one version does not ask for need not be given.
            optional = {name for name, marks in known.items() if "!" not in marks}
            is_first = path not in seen
            seen.add(path)
            for name, marks in found.items():
                must = is_first or (name in known and name not in optional)
                marks = marks if must else marks.replace("!", "")
                known[name] = both(known[name], marks) if name in known else marks
    lines = (
        " ".join([path, *(name + marks for name, marks in sorted(found.items()))])
        for path, found in sorted(joined.items())
    )
    return HEAD + "".join(f"{line}\n" for line in lines)


def both(one: str, other: str) -> str:
    """Joins the marks of two versions: the later one's, without what only one refuses."""
    marks = r"(!?)(?::([^%@]*))?(%?)(@.*)?"
    (_, old, filled, _), (must, new, also, files) = (
        re.fullmatch(marks, one).groups(),  # type: ignore[union-attr]
        re.fullmatch(marks, other).groups(),  # type: ignore[union-attr]
    )
    refuses = new and (new == old or new[0] in "cdt")
    if old and new and old[0] == new[0] == "=":
        words = sorted({*old[1:].split("|"), *new[1:].split("|")})
        new, refuses = "=" + "|".join(words), True
    kind = f":{new}" if refuses else ""
    return must + kind + (filled or also) + (files or "")


def main() -> int:
    made = table()
    if "--write" in sys.argv[1:]:
        TABLE.write_text(made, encoding="utf-8")
    elif TABLE.read_text(encoding="utf-8") != made:
        print(f"{TABLE} is stale: python3 {sys.argv[0]} --write", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
