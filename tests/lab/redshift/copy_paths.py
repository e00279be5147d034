"""JSONPaths files: the expressions that say where a column's value is."""

from __future__ import annotations

import json
import re
from typing import Any

from lab.redshift.errors import SqlError

Path = list[str | int]

_STEP = re.compile(r"""\.(\w+)|\['([^']*)'\]|\["([^"]*)"\]|\[(\d+)\]""")


def parse(data: bytes, columns: int) -> list[Path]:
    """The paths of a file, one a column; SqlError where Redshift refuses it."""
    try:
        listed = json.loads(data)["jsonpaths"]
        paths = [_path(text) for text in listed]
    except (ValueError, KeyError, TypeError) as error:
        raise SqlError(f"Invalid JSONPath format: {error}") from error
    if len(paths) != columns:
        raise SqlError(
            "Number of jsonpaths and the number of columns should match. "
            f"JSONPath size: {len(paths)}, Number of columns in table or column list: "
            f"{columns}"
        )
    return paths


def _path(text: str) -> Path:
    if not text.startswith("$"):
        raise ValueError(f"{text!r} does not begin with $")
    path: Path = []
    at = 1
    while at < len(text):
        step = _STEP.match(text, at)
        if step is None:
            raise ValueError(f"{text!r} is not understood at {text[at:]!r}")
        name = next((g for g in step.groups()[:3] if g is not None), None)
        path.append(int(step[4]) if name is None else name)
        at = step.end()
    return path


def find(value: Any, path: Path) -> Any:
    """What the path leads to; None where there is nothing."""
    for step in path:
        if isinstance(step, int) and isinstance(value, list):
            value = value[step] if step < len(value) else None
        elif isinstance(step, str) and isinstance(value, dict):
            value = value.get(step)
        else:
            return None
    return value
