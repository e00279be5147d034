"""The journal: every call that reached the lab, in order of arrival.

An entry is `{n, time, service, operation, request, host, access_key, request_id,
status, error, message, injected, dropped, hanging, not_emulated, internal, notes}`; it is
entered when the call arrives (`status` is null until it is answered), so that a test
sees a call whose answer was lost or is late.
"""

from __future__ import annotations

import threading
import time
from typing import Any


class Journal:
    """The list of calls; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hanging = threading.Condition(self._lock)
        self._hanging_keys: set[str] = set()
        self._entries: list[dict[str, Any]] = []
        self._count = 0

    def enter(
        self, service: str, operation: str, request: Any, **more: Any
    ) -> dict[str, Any]:
        """Enters a call that has arrived; the caller completes the returned entry."""
        with self._lock:
            self._count += 1
            entry = {
                "n": self._count,
                "time": time.time(),
                "service": service,
                "operation": operation,
                "request": request,
                "status": None,
                "error": None,
                "message": None,
                "injected": False,
                "dropped": False,
                "not_emulated": False,
                **more,
            }
            self._entries.append(entry)
            return entry

    def listing(
        self,
        service: str | None = None,
        operation: str | None = None,
        internal: bool = False,
        access_key: str | None = None,
    ) -> list[dict[str, Any]]:
        """The calls of clients; with `internal` also those of the lab to itself."""
        with self._lock:
            return [
                dict(entry)
                for entry in self._entries
                if (internal or not entry.get("internal"))
                and service in (None, entry["service"])
                and operation in (None, entry["operation"])
                and access_key in (None, entry.get("access_key"))
            ]

    def hangs(self, entry: dict[str, Any]) -> None:
        """Notes that a call hangs, and wakes those that wait for it."""
        with self._hanging:
            entry["hanging"] = True
            self._hanging_keys.add(entry["access_key"])
            self._hanging.notify_all()

    def wait_for_hang(self, access_key: str, seconds: float) -> bool:
        """Waits until a call with this key hangs; says whether one does."""

        with self._hanging:
            return self._hanging.wait_for(
                lambda: access_key in self._hanging_keys, seconds
            )

    def clear(self) -> None:
        """Forgets the calls; the numbering goes on."""
        with self._lock:
            self._entries = []
            self._hanging_keys.clear()
