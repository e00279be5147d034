"""Log streams of runs and crawls, written to the lab's CloudWatch Logs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lab.logs import Logs

if TYPE_CHECKING:
    from lab.lab import Lab


class Streams:
    """Writes lines to streams, which it makes when they are missing."""

    def __init__(self, lab: Lab, region: str) -> None:
        self._lab = lab
        self._region = region

    def write(
        self, group: str, stream: str, lines: list[str], late: float | None = None
    ) -> None:
        """Appends `lines`, dated now; without lines only the stream is made.

        They can be read `late` seconds later; without, as late as the lab's logs are.
        """
        logs = self._lab.service(Logs, self._region)
        logs.append(group, stream, lines, late)


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
