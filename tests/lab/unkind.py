"""How unkind the lab is by itself, where AWS's documents allow it.

Each value is what every call meets that no fault rule says otherwise for. The values are
small, so that tests stay quick; `PUT /_lab/unkind {lag: 9}` changes some of them, and
`POST /_lab/reset` brings all of them back.
"""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from typing import Any

_READS = ("Get", "BatchGet", "List", "Describe")


@dataclass
class Values:
    #: Seconds for which a run, a crawl or a statement is missing in listings.
    lag: float = 0.5
    #: Every so manieth call that reads is refused for too many calls; 0: none.
    throttle: int = 17
    #: Seconds in WAITING before a run starts, and in STOPPING before it has stopped.
    waiting: float = 0.1
    stopping: float = 0.3
    #: Seconds between the failure of a run and the run that Glue makes again by itself.
    gap: float = 0.5


class Unkind:
    """The values in force; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls = 0
        self.values = Values()

    def reset(self) -> None:
        """Everything as on a fresh start."""
        with self._lock:
            self._calls, self.values = 0, Values()

    def change(self, values: dict[str, Any]) -> None:
        """Changes some values; ValueError says what is wrong."""
        known = asdict(self.values)
        for name, value in values.items():
            if name not in known or not isinstance(value, (int, float)) or value < 0:
                raise ValueError(f"{name}: {value!r} is none of {known}")
        with self._lock:
            self.values = Values(**(known | values))

    def listing(self) -> dict[str, Any]:
        """The values in force."""
        return asdict(self.values)

    def throttles(self, service: str, operation: str) -> bool:
        """Says whether this call is one too many."""
        every = int(self.values.throttle)
        if service not in (
            "athena",
            "datasync",
            "dms",
            "ecs",
            "emr",
            "emr-serverless",
            "glue",
            "redshift",
            "redshift-data",
            "stepfunctions",
        ) or not operation.startswith(_READS):
            return False
        with self._lock:
            self._calls += 1
            return every > 0 and self._calls % every == 0
