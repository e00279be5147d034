"""Log streams of runs and crawls, written to the lab's CloudWatch Logs."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.lab import Lab

_BATCH = 1000


class Streams:
    """Writes lines to streams, which it makes when they are missing."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._lock = threading.Lock()

    def write(self, group: str, stream: str, lines: list[str]) -> None:
        """Appends `lines`, dated now; without lines only the stream is made."""
        logs = self._lab.client("logs")
        now = int(time.time() * 1000)
        # An event has at least one character.
        events = [{"timestamp": now, "message": line} for line in lines if line]
        with self._lock:
            self._make(group, stream)
            for start in range(0, len(events), _BATCH):
                logs.put_log_events(
                    logGroupName=group,
                    logStreamName=stream,
                    logEvents=events[start : start + _BATCH],
                )

    def _make(self, group: str, stream: str) -> None:
        logs = self._lab.client("logs")
        for make, names in (
            (logs.create_log_group, {"logGroupName": group}),
            (logs.create_log_stream, {"logGroupName": group, "logStreamName": stream}),
        ):
            try:
                make(**names)
            except logs.exceptions.ResourceAlreadyExistsException:
                pass


class Follower:
    """Carries what a process writes into a file over to a stream, line by line."""

    def __init__(self, streams: Streams, path: Path, group: str, stream: str) -> None:
        self._streams = streams
        self._path = path
        self._place = (group, stream)
        self._read = 0
        streams.write(group, stream, [])

    def follow(self, to_the_end: bool = False) -> None:
        """Carries new lines over; with `to_the_end` also an unfinished one."""
        with self._path.open("rb") as file:
            file.seek(self._read)
            new = file.read()
        if not to_the_end:
            new = new[: new.rfind(b"\n") + 1]
        self._read += len(new)
        if new:
            lines = new.decode(errors="replace").splitlines()
            self._streams.write(*self._place, lines)
