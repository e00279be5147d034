"""moto, in this process: one request in, one answer out, its shortcomings made visible.

An operation that moto lacks is a `NotEmulated`; refusals in XML of JSON services become
JSON; answers of JSON services are repaired where a strict SDK could not read them
(times as strings, nulls).
"""

from __future__ import annotations

import io
import json
import re
import threading
from datetime import UTC, datetime
from typing import Any

from botocore.model import Shape
from flask import Flask
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.exceptions import HTTPException

from lab import model as models
from lab.protocol import Incoming, Outgoing
from lab.service import ApiError, NotEmulated


class Moto:
    """moto's WSGI application behind one lock: moto itself is not made for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._app = DomainDispatcherApplication(_backend)

    def answer(self, service: str, operation: str, incoming: Incoming) -> Outgoing:
        """What moto says to one request."""
        status: list[str] = []
        headers: list[tuple[str, str]] = []

        def start(line: str, fields: list[tuple[str, str]], _info: Any = None) -> None:
            status.append(line)
            headers.extend(fields)

        with self._lock:
            try:
                body = b"".join(self._app(_environ(incoming), start))
            except NotImplementedError as error:
                raise NotEmulated(
                    f"moto does not do {service}.{operation}: {error}"
                ) from error
            except HTTPException as error:
                raise NotEmulated(
                    f"moto has no {service}.{operation}: {error}"
                ) from error
        return Outgoing(int(status[0].split()[0]), headers, body)

    def reset(self) -> None:
        """Forgets everything that moto holds."""
        headers = {"host": "127.0.0.1", "content-type": "application/json"}
        outgoing = self.answer(
            "moto", "reset", Incoming("POST", "/moto-api/reset", "", headers, b"")
        )
        if outgoing.status != 200:
            raise RuntimeError(f"moto's reset gave {outgoing.status}")


def readable(outgoing: Outgoing, shape: Shape | None) -> tuple[Outgoing, list[str]]:
    """A JSON service's answer as a strict SDK can read it, and what is still wrong."""
    if outgoing.status >= 400:
        _raise_refusal(outgoing)
    try:
        wire = json.loads(outgoing.body or b"{}")
    except ValueError:
        return outgoing, ["moto's answer is not JSON"]
    wire = _repaired(shape, wire) if shape is not None else {}
    fields = [(k, v) for k, v in outgoing.headers if k.lower() != "content-length"]
    return Outgoing(outgoing.status, fields, json.dumps(wire).encode()), models.judge(
        shape, wire
    )


def _raise_refusal(outgoing: Outgoing) -> None:
    text = outgoing.body.decode(errors="replace")
    if code := re.search(r"<Code>(.*?)</Code>", text, re.S):
        message = re.search(r"<Message>(.*?)</Message>", text, re.S)
        raise ApiError(code[1], message[1] if message else "", http=outgoing.status)
    try:
        body = json.loads(text)
    except ValueError as error:
        raise NotEmulated(
            f"moto answered {outgoing.status} without JSON: {text[:200]}"
        ) from error
    code = str(body.get("__type") or body.get("code") or "UnknownError").rpartition(
        "#"
    )[2]
    message = str(body.get("message") or body.get("Message") or "")
    raise ApiError(code, message, http=outgoing.status)


def _repaired(shape: Shape, value: Any) -> Any:
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        members = {m.serialization.get("name", n): m for n, m in shape.members.items()}
        return {
            name: _repaired(members[name], item)
            for name, item in value.items()
            if item is not None and name in members
        }
    if kind == "list" and isinstance(value, list):
        return [_repaired(shape.member, item) for item in value]
    if kind == "map" and isinstance(value, dict):
        return {k: _repaired(shape.value, v) for k, v in value.items() if v is not None}
    if kind == "timestamp" and isinstance(value, str):
        return _seconds(value)
    if (
        kind == "string"
        and isinstance(value, (int, float))
        and not isinstance(value, bool)
    ):
        return str(value)
    return value


def _seconds(text: str) -> Any:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _backend(service: str) -> Flask:
    app = create_backend_app(service)
    # Otherwise an operation that moto lacks is a page of HTML with status 500.
    app.config["PROPAGATE_EXCEPTIONS"] = True
    return app


def _environ(incoming: Incoming) -> dict[str, Any]:
    from urllib.parse import unquote_to_bytes

    headers = incoming.headers
    environ: dict[str, Any] = {
        "REQUEST_METHOD": incoming.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(incoming.path).decode("latin-1"),
        "RAW_URI": incoming.path + (f"?{incoming.query}" if incoming.query else ""),
        "REQUEST_URI": incoming.path + (f"?{incoming.query}" if incoming.query else ""),
        "QUERY_STRING": incoming.query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(incoming.body)),
        "CONTENT_TYPE": headers.get("content-type", ""),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(incoming.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in headers.items():
        if name not in ("content-length", "content-type", "transfer-encoding"):
            environ["HTTP_" + name.upper().replace("-", "_")] = value
    return environ
