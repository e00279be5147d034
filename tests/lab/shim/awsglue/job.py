"""`awsglue.job`: the frame of a script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awsglue import bookmarks

if TYPE_CHECKING:
    from awsglue.context import GlueContext


class Job:
    """Marks begin and end of a script; `commit` keeps the bookmark."""

    _initialized = False

    def __init__(self, glue_context: GlueContext) -> None:
        self._glue_context = glue_context

    def init(self, job_name: str, args: dict[str, str] | None = None) -> None:
        Job._initialized = True

    def isInitialized(self) -> bool:  # noqa: N802
        return Job._initialized

    def commit(self) -> None:
        if not Job._initialized:
            raise RuntimeError("Job.commit was called before Job.init")
        bookmarks.commit()
