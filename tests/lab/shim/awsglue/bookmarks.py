"""Which files a job has read before: handed in and out by the lab as JSON files.

A bookmark is `{transformation_ctx: {url: etag}}`. It counts only for a run with
`--job-bookmark-option job-bookmark-enable`, and only once `Job.commit` was called.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

_read_now: dict[str, dict[str, str]] = {}


def _enabled() -> bool:
    values = dict(zip(sys.argv, sys.argv[1:], strict=False))
    option = values.get("--job-bookmark-option", "job-bookmark-disable")
    if option == "job-bookmark-pause":
        raise NotImplementedError("the lab's awsglue has no job-bookmark-pause")
    return option == "job-bookmark-enable"


def _before() -> dict[str, dict[str, str]]:
    path = os.environ.get("LAB_BOOKMARK")
    return json.loads(Path(path).read_text(encoding="utf-8")) if path else {}


def unread(files: dict[str, str], context: str) -> dict[str, str]:
    """Those of `files` (url to etag) that no committed run has read under `context`."""
    # Without a transformation_ctx Glue keeps no bookmark for a source.
    if not context or not _enabled():
        return files
    seen = _before().get(context, {})
    new = {url: etag for url, etag in files.items() if seen.get(url) != etag}
    _read_now.setdefault(context, {}).update(new)
    return new


def commit() -> None:
    """Marks everything that this run read."""
    path = os.environ.get("LAB_COMMITTED")
    if not path or not _enabled():
        return
    state = _before()
    for context, files in _read_now.items():
        state.setdefault(context, {}).update(files)
    Path(path).write_text(json.dumps(state), encoding="utf-8")
