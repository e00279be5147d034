"""What the tests of the lab share: one lab a process, clients, control calls.

`LabTest` resets the lab before each test and fails a test whose calls left a
`not_emulated` or a `bug` in the journal, unless it says so in `expected_oddities`.
"""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
import unittest
import urllib.request
from pathlib import Path
from typing import Any, ClassVar
from unittest.mock import patch

import boto3
from botocore.config import Config
from lab.lab import Lab

_STARTED: list[Lab] = []
#: The protocols that the lab speaks.
_PROTOCOLS = ("json", "rest-json", "query", "rest-xml")
#: A client takes a tenth of a second to make.
_CLIENTS: dict[tuple[Any, ...], Any] = {}


def lab() -> Lab:
    """The lab of this process, started on first use."""
    if not _STARTED:
        state = Path(tempfile.mkdtemp(prefix="lab-test-"))
        started = Lab(state)
        started.start()
        _STARTED.append(started)
        atexit.register(
            lambda: (started.close(), shutil.rmtree(state, ignore_errors=True))
        )
    return _STARTED[0]


def client(service: str, **config: Any) -> Any:
    """A client as a user of the lab has it, without retries unless told."""
    key = (service, *sorted(config.items()))
    if key not in _CLIENTS:
        _CLIENTS[key] = _client(service, config)
    return _CLIENTS[key]


def _client(service: str, config: dict[str, Any]) -> Any:
    settings = {
        "retries": {"total_max_attempts": 1},
        "parameter_validation": False,
        **config,
    }
    endpoint, proxies = lab().endpoint, {}
    if service == "mwaa":
        endpoint, proxies = "http://aws.lab", {"http": endpoint}
    # botocore speaks CBOR to services that speak JSON as well, as dagc does.
    with patch("botocore.model.PRIORITY_ORDERED_SUPPORTED_PROTOCOLS", _PROTOCOLS):
        return boto3.session.Session().client(
            service,
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
            aws_secret_access_key="secret",
            config=Config(proxies=proxies, **settings),
        )


def control(method: str, path: str, body: Any = None) -> Any:
    """One control request; HTTPError when it is refused."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        f"{lab().endpoint}/_lab/{path}", data=data, method=method
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request) as answer:
        return json.load(answer)


def log_lines(logs: Any, group: str, stream: str) -> list[str]:
    """The lines of a stream, read as AWS says: until the same token comes twice."""
    place = {"logGroupName": group, "logStreamName": stream, "startFromHead": True}
    lines: list[str] = []
    token = None
    while True:
        page = logs.get_log_events(**place, **({"nextToken": token} if token else {}))
        lines += [event["message"] for event in page["events"]]
        if page["nextForwardToken"] == token:
            return lines
        token = page["nextForwardToken"]


class LabTest(unittest.TestCase):
    """Base of the lab's tests."""

    expected_oddities = False
    #: Values of `unkind.py` that hold in these tests; most say what they want to meet.
    unkind: ClassVar[dict[str, float]] = {
        "lag": 0,
        "throttle": 0,
        "waiting": 0,
        "stopping": 0,
        "gap": 0,
    }

    def setUp(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Everything as at the beginning of a test."""
        lab().reset()
        lab().unkind.change(self.unkind)

    def tearDown(self) -> None:
        if not self.expected_oddities:
            odd = [e for e in lab().journal.listing(internal=True) if _odd(e)]
            self.assertEqual(odd, [])

    def faults(self, *rules: dict[str, Any]) -> None:
        """Puts fault rules in force."""
        control("PUT", "faults", list(rules))

    def calls(self, service: str, operation: str | None = None) -> list[dict[str, Any]]:
        """The journal's calls of one service."""
        return lab().journal.listing(service, operation)


def _odd(entry: dict[str, Any]) -> bool:
    return bool(
        entry["not_emulated"]
        or entry.get("bug")
        or entry.get("notes", {}).get("moto_answer")
    )
