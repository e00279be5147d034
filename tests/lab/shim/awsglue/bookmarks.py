"""Which files a job has read before: handed in and out by the lab as JSON files.

A bookmark is `{transformation_ctx: {url: etag}}`. It counts only for a run with
`--job-bookmark-option job-bookmark-enable` or `job-bookmark-pause`, and is only moved
by the first, once `Job.commit` was called. A run that pauses may be given two runs: it
reads what the second had read and the first had not.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

_read_now: dict[str, dict[str, str]] = {}


def _option() -> str:
    values = dict(zip(sys.argv, sys.argv[1:], strict=False))
    return values.get("--job-bookmark-option", "job-bookmark-disable")


def _before() -> list[Any]:
    path = os.environ.get("LAB_BOOKMARK")
    return json.loads(Path(path).read_text(encoding="utf-8")) if path else [{}, None]


def unread(files: dict[str, str], context: str) -> dict[str, str]:
    """Those of `files` (url to etag) that no committed run has read under `context`."""
    # Without a transformation_ctx Glue keeps no bookmark for a source.
    if not context or _option() == "job-bookmark-disable":
        return files
    seen, until = _before()
    seen = seen.get(context, {})
    new = {url: etag for url, etag in files.items() if seen.get(url) != etag}
    if until is not None:
        until = until.get(context, {})
        new = {url: etag for url, etag in new.items() if until.get(url) == etag}
    _read_now.setdefault(context, {}).update(new)
    return new


def commit() -> None:
    """Marks everything that this run read."""
    path = os.environ.get("LAB_COMMITTED")
    if not path or _option() != "job-bookmark-enable":
        return
    state, _ = _before()
    for context, files in _read_now.items():
        state.setdefault(context, {}).update(files)
    Path(path).write_text(json.dumps(state), encoding="utf-8")
