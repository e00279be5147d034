"""The signatures of Airflow's and Amazon's operators and sensors, as a table.

    python3 tests/airflow/signatures.py           says whether the table is stale
    python3 tests/airflow/signatures.py --write   writes it anew

The table, `src/kind/operator/rules/signatures.txt`, has a line an operator: its
import path and the names of its arguments, those of all classes between it and
BaseOperator. `!` behind a name: it must be given. `:c`: it takes a function only, `:d`
a length of time only, `:t` a point in time only; none of them can be written in YAML.
`@.sql,.json`: a text in it that ends so is to Airflow the name of a file.
`BaseOperator` has a line for each line of Airflow. What two versions of a provider
have is joined.
"""

from __future__ import annotations

import json
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
import contextlib, importlib, inspect, io, json, logging, pkgutil, re, sys, warnings
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


def flag(annotation):
    parts = alternatives(annotation)
    if parts and all(part.startswith(FUNCTIONS) for part in parts):
        return ":c"
    if parts and all(part in ("timedelta", "datetime.timedelta") for part in parts):
        return ":d"
    times = ("datetime", "datetime.datetime", "datetime.time", "pendulum.DateTime")
    return ":t" if parts and all(part in times for part in parts) else ""


def parameters(init):
    return list(inspect.signature(inspect.unwrap(init)).parameters.values())[1:]


def described(parameter):
    annotation = parameter.annotation
    known = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    return "" if annotation is parameter.empty else flag(known)


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
                found.setdefault(parameter.name, ("!" if must else "") + described(parameter))
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
                name_files(cls, found)
                table[f"{module.__name__}.{name}"] = [found, takes_common]
base = {p.name: described(p) for p in parameters(BaseOperator.__init__) if p.kind is not p.VAR_KEYWORD}
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
                known[name] = marks if must else marks.replace("!", "")
    lines = (
        " ".join([path, *(name + marks for name, marks in sorted(found.items()))])
        for path, found in sorted(joined.items())
    )
    return HEAD + "".join(f"{line}\n" for line in lines)


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
