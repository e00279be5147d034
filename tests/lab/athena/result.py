"""What a statement gives."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa


@dataclass
class Result:
    """What a statement gives."""

    #: `DML`, `DDL`, `UTILITY`
    kind: str
    data: pa.Table | None = None
    updated: int | None = None
    #: Files that were written, for the manifest.
    manifest: list[str] = field(default_factory=list)
