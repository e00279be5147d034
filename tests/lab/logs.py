"""CloudWatch Logs, as unkind as its documents allow.

- A line can be read some seconds after it was written (`LATE`, or as the writer says).
- GetLogEvents gives an empty page before each page that has lines: only a token that
  comes back as it was sent is the end.
- FilterLogEvents is oldest first, begins with an empty page, and has small pages.

Glue's runs and crawls write here by `append`; groups are moto's. `PUT /_lab/logs` with
`{late: SECONDS}` changes when lines can be read that are written from then on.
"""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass
from typing import Any

from lab.service import HOME, ApiError, Call, NotEmulated, Service

#: Seconds between the writing of a line and the first answer that has it.
LATE = 2.0

#: Lines in a page of FilterLogEvents.
_FILTERED = 100
#: Lines in a page of GetLogEvents.
_READ = 1000

_GET = {"logGroupName", "logStreamName", "startTime", "endTime", "nextToken", "limit"}
_GET |= {"startFromHead"}
_FILTER = {"logGroupName", "logStreamNames", "startTime", "endTime", "nextToken"}
_FILTER |= {"limit", "filterPattern", "interleaved"}


@dataclass(frozen=True)
class Event:
    """A line; times in milliseconds since 1970."""

    id: int
    time: int
    written: float
    readable: float
    message: str


class Logs(Service):
    """Streams of lines."""

    model_name = "logs"
    signing_name = "logs"
    moto_fallback = True

    def __init__(self, lab: Any, region: str = HOME) -> None:
        super().__init__(lab, region)
        self._lock = threading.Lock()
        self._streams: dict[tuple[str, str], list[Event]] = {}
        self._count = 0
        self._late = LATE

    def reset(self) -> None:
        with self._lock:
            self._streams.clear()
            self._late = LATE

    def control_logs(self, method: str, body: Any) -> Any:
        """The control request of the module's doc."""
        if method != "PUT" or not isinstance(body, dict) or set(body) != {"late"}:
            raise ValueError("PUT {late: SECONDS}")
        self._late = float(body["late"])
        return body

    def append(
        self, group: str, stream: str, lines: list[str], late: float | None = None
    ) -> None:
        """Appends lines, dated now; without lines only the stream is made."""
        now = time.time()
        readable = now + (self._late if late is None else late)
        self._add(group, stream, [(int(now * 1000), line) for line in lines], readable)

    def put_log_events(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        events = [
            (event["timestamp"], event["message"]) for event in request["logEvents"]
        ]
        readable = time.time() + self._late
        self._add(request["logGroupName"], request["logStreamName"], events, readable)
        return {}

    def _add(
        self, group: str, stream: str, lines: list[tuple[int, str]], readable: float
    ) -> None:
        with self._lock:
            events = self._streams.setdefault((group, stream), [])
            for moment, line in lines:
                # An event has at least one character.
                if line:
                    self._count += 1
                    event = Event(self._count, moment, time.time(), readable, line)
                    events.append(event)

    def get_log_events(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        _refuse_others(request, _GET)
        group, stream = request["logGroupName"], request["logStreamName"]
        events = _within(self._readable(group, stream), request)
        limit = min(request.get("limit", _READ), _READ)
        token = request.get("nextToken")
        if token is None:
            # The first page is an empty one.
            at = 0 if request.get("startFromHead") else len(events)
            return _page([], at, at, "1")
        match = re.fullmatch(r"([fb])/(\d+)/([01])", token)
        if match is None:
            told = "The specified nextToken is invalid."
            raise ApiError("InvalidParameterException", told)
        direction, at, full = match[1], int(match[2]), match[3] == "1"
        if direction == "f":
            end = min(at + limit, len(events)) if full else at
            # What has come since is in the page behind an empty one.
            flag = "1" if not full and at < len(events) else "0"
            return _page(events[at:end], at, end, flag)
        start = max(at - limit, 0) if full else at
        flag = "1" if not full and at > 0 else "0"
        return _page(events[start:at], start, at, flag)

    def filter_log_events(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        _refuse_others(request, _FILTER)
        group, names = request["logGroupName"], request.get("logStreamNames")
        with self._lock:
            known = [stream for owner, stream in self._streams if owner == group]
        if not known or any(name not in known for name in names or []):
            told = "The specified log stream does not exist."
            raise ApiError("ResourceNotFoundException", told)
        phrase = _phrase(request.get("filterPattern", ""))
        found = [
            {
                "logStreamName": stream,
                "timestamp": event.time,
                "message": event.message,
                "ingestionTime": int(event.written * 1000),
                "eventId": str(event.id),
            }
            for stream in names or known
            for event in _within(self._readable(group, stream), request)
            if phrase in event.message
        ]
        found.sort(key=lambda event: (event["timestamp"], int(event["eventId"])))
        token = request.get("nextToken")
        if token is None:
            return {"events": [], "nextToken": "0"}
        start = int(token)
        end = start + min(request.get("limit", _FILTERED), _FILTERED)
        more = str(end) if end < len(found) else None
        return {"events": found[start:end], "nextToken": more}

    def _readable(self, group: str, stream: str) -> list[Event]:
        now = time.time()
        with self._lock:
            events = self._streams.get((group, stream))
            if events is None:
                told = "The specified log stream does not exist."
                raise ApiError("ResourceNotFoundException", told)
            return [event for event in events if event.readable <= now]


def _refuse_others(request: dict[str, Any], known: set[str]) -> None:
    if others := set(request) - known:
        raise NotEmulated(f"the lab's logs have no {sorted(others)}")


def _within(events: list[Event], request: dict[str, Any]) -> list[Event]:
    start, end = request.get("startTime", 0), request.get("endTime")
    return [e for e in events if e.time >= start and (end is None or e.time < end)]


def _page(events: list[Event], start: int, end: int, flag: str) -> dict[str, Any]:
    return {
        "events": [
            {
                "timestamp": event.time,
                "message": event.message,
                "ingestionTime": int(event.written * 1000),
            }
            for event in events
        ],
        "nextForwardToken": f"f/{end}/{flag}",
        "nextBackwardToken": f"b/{start}/{flag}",
    }


def _phrase(pattern: str) -> str:
    """What a line must hold: the lab knows a text in quotes, and no pattern at all."""
    if not pattern:
        return ""
    match = re.fullmatch(r'"([^"]*)"', pattern)
    if match is None:
        raise NotEmulated(f"the lab's logs do not know the pattern {pattern!r}")
    return match[1]
