"""The judge in front of all services: routes, checks, journals, injects faults."""

from __future__ import annotations

import contextlib
import re
import socket
import sys
import time
import traceback
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from botocore import xform_name

from lab import model as models
from lab import s3
from lab.control import Control
from lab.moto_back import readable
from lab.protocol import (
    Incoming,
    JsonProtocol,
    Outgoing,
    QueryProtocol,
    RestJsonProtocol,
)
from lab.service import ApiError, Call, NotEmulated, Service
from lab.services import MOTO, OWN

if TYPE_CHECKING:
    from lab.lab import Lab

Protocol = JsonProtocol | RestJsonProtocol | QueryProtocol | s3.S3Protocol

#: The access key with which the lab calls itself: kept out of the journal, spared the
#: faults.
INTERNAL_KEY = "LABINTERNALLABINTERN"

#: For how long a call hangs at most.
HANG_SECONDS = 300

_SCOPE = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")


@dataclass
class _Endpoint:
    """A service that the lab knows: its model's name, its protocol, our own if any."""

    name: str
    protocol: Protocol
    own: type[Service] | None


class _Dropped(Exception):
    """The connection shall be closed without an answer."""


class _Hanging(Exception):
    """There shall be no answer until the client gives up."""

    def __init__(self, entry: dict[str, Any]) -> None:
        super().__init__("hanging")
        self.entry = entry


class Front:
    """The WSGI application."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._control = Control(lab)
        own = {kind.model_name: kind for kind in OWN}
        self._by_signing_name: dict[str, _Endpoint] = {}
        for name in {*MOTO, *own}:
            model = models.service_model(name)
            signing = own[name].signing_name if name in own else model.signing_name
            endpoint = _Endpoint(name, _protocol(name), own.get(name))
            self._by_signing_name[signing] = endpoint

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        incoming = _incoming(environ)
        try:
            if incoming.path.startswith("/_lab/"):
                outgoing = self._control.answer(incoming)
            else:
                outgoing = self._answer(incoming)
        except _Dropped:
            _hang_up(environ)
        except _Hanging as hanging:
            self._lab.journal.hangs(hanging.entry)
            _wait_for_hang_up(environ)
        fields = [(k, v) for k, v in outgoing.headers if k.lower() != "content-length"]
        length = len(outgoing.body)
        if incoming.method == "HEAD":
            length = int(dict(_lower(outgoing.headers)).get("content-length", length))
        start_response(
            f"{outgoing.status} -", [*fields, ("Content-Length", str(length))]
        )
        return [b"" if incoming.method == "HEAD" else outgoing.body]

    def _answer(self, incoming: Incoming) -> Outgoing:
        request_id = str(uuid.uuid4())
        key, region, signing = _scope(incoming)
        endpoint = self._by_signing_name.get(signing)
        if endpoint is None:
            return self._unknown_service(incoming, signing, request_id)
        protocol = endpoint.protocol
        entry: dict[str, Any] = {}
        try:
            try:
                operation = protocol.operation(incoming)
                shown = protocol.shown(operation, incoming)
            except ApiError as error:
                entry = self._lab.journal.enter(endpoint.name, "?", incoming.path)
                # What no operation of the model is can only be a mistake of the
                # caller's or ours.
                entry["not_emulated"] = True
                raise error
            entry = self._lab.journal.enter(
                endpoint.name,
                operation,
                shown,
                request_id=request_id,
                access_key=key,
                host=incoming.header("host"),
                internal=key == INTERNAL_KEY,
            )
            call = Call(
                self._lab,
                endpoint.name,
                operation,
                request_id,
                region=region,
                account=self._lab.roles.account(key),
                access_key=key,
                host=incoming.header("host"),
            )
            outgoing = self._with_faults(endpoint, incoming, call, entry)
        except ApiError as error:
            entry["error"], entry["message"] = error.code, error.message
            if isinstance(error, NotEmulated):
                entry["not_emulated"] = True
                print(f"lab: {error.message}", file=sys.stderr, flush=True)
            outgoing = protocol.refusal(error, request_id)
        except (_Dropped, _Hanging):
            raise
        except Exception as error:
            traceback.print_exc()
            entry["bug"] = repr(error)
            bug = ApiError(
                "InternalServerException", f"a bug of the lab: {error!r}", http=500
            )
            outgoing = protocol.refusal(bug, request_id)
        entry["status"] = outgoing.status
        outgoing.headers.append(("x-amzn-RequestId", request_id))
        return outgoing

    def _with_faults(
        self, endpoint: _Endpoint, incoming: Incoming, call: Call, entry: dict[str, Any]
    ) -> Outgoing:
        faults: dict[str, Any] = {}
        if not entry["internal"]:
            faults = self._lab.faults.take(
                endpoint.name, call.operation, call.access_key, entry["request"]
            )
        entry["injected"] = bool(faults)
        if not entry["internal"] and not faults:
            if self._lab.unkind.throttles(endpoint.name, call.operation):
                raise ApiError("ThrottlingException", "Rate exceeded", http=400)
        if "delay" in faults:
            time.sleep(faults["delay"])
        told = faults.get("error", {})
        refusal = ApiError(
            told.get("code", ""),
            told.get("message", "injected by the lab"),
            http=told.get("http"),
        )
        if told and not told.get("after"):
            raise refusal
        if faults.get("hang") == "before":
            raise _Hanging(entry)
        if faults.get("drop") == "before":
            entry["dropped"] = "before"
            raise _Dropped
        call.script = faults.get("script")
        call.hold = float(faults.get("hold", 0))
        call.lag = float(faults.get("lag", self._lab.unkind.values.lag))
        entry["notes"] = call.notes
        if not entry["internal"]:
            self._lab.rights.check(call, entry["request"], self._lab)
        try:
            outgoing = self._work(endpoint, incoming, call, entry)
        except ApiError:
            if not {"drop", "hang", "error"} & set(faults):
                raise
            outgoing = None
        if told:
            raise refusal
        if faults.get("hang") == "after":
            raise _Hanging(entry)
        if faults.get("drop") == "after":
            entry["dropped"] = "after"
            raise _Dropped
        assert outgoing is not None
        return outgoing

    def _work(
        self, endpoint: _Endpoint, incoming: Incoming, call: Call, entry: dict[str, Any]
    ) -> Outgoing:
        protocol = endpoint.protocol
        if isinstance(protocol, s3.S3Protocol):
            checked = s3.checked(incoming, self._lab, call.region)
            bucket = entry["request"]["bucket"]
            if not entry["internal"]:
                s3.judge_region(call, bucket, self._lab)
            if call.operation == "DeleteBucket":
                self._lab.s3.forget(bucket)
            if call.operation == "DeleteObjects":
                return s3.removed(call, checked, self._lab)
            if call.operation in s3.OF_AN_UPLOAD:
                return s3.of_an_upload(call, checked, self._lab)
            if call.operation == "ListMultipartUploads":
                return s3.uploads_listed(call, checked, self._lab)
            return self._lab.moto.answer("s3", call.operation, checked)
        errors: list[str] = []
        if endpoint.own is not None and isinstance(protocol, QueryProtocol):
            request = protocol.typed(call.operation, incoming, errors)
        else:
            request = protocol.request(call.operation, incoming, errors)
        if errors:
            raise ApiError("ValidationException", "; ".join(errors))
        own = endpoint.own and self._lab.service(
            endpoint.own, call.region, call.account
        )
        method = getattr(own, xform_name(call.operation), None)
        if method is not None:
            return self._own_answer(protocol, call, method(request, call))
        if endpoint.own is not None and not endpoint.own.moto_fallback:
            raise NotEmulated(f"the lab does not do {endpoint.name}.{call.operation}")
        outgoing = self._lab.moto.answer(endpoint.name, call.operation, incoming)
        if isinstance(protocol, QueryProtocol):
            return outgoing
        shape = protocol.model.operation_model(call.operation).output_shape
        outgoing, wrong = readable(outgoing, shape)
        if wrong:
            entry["notes"]["moto_answer"] = wrong
        return outgoing

    def _own_answer(
        self,
        protocol: JsonProtocol | RestJsonProtocol | QueryProtocol,
        call: Call,
        value: dict[str, Any],
    ) -> Outgoing:
        wire, wrong = protocol.answer(call.operation, value)
        if wrong:
            told = "; ".join(wrong)
            raise RuntimeError(
                f"{call.service}.{call.operation} answered against its model: {told}"
            )
        return protocol.reply(call.operation, wire)

    def _unknown_service(
        self, incoming: Incoming, signing: str, request_id: str
    ) -> Outgoing:
        target = incoming.header("x-amz-target") or f"{incoming.method} {incoming.path}"
        entry = self._lab.journal.enter(
            signing or "unsigned", target, None, request_id=request_id
        )
        if signing:
            error = ApiError(
                "NotEmulated", f"the lab has no service {signing!r} ({target})", 501
            )
        else:
            error = ApiError(
                "MissingAuthenticationToken", "the request is not signed", 403
            )
        print(f"lab: {error.message}", file=sys.stderr, flush=True)
        entry |= {
            "error": error.code,
            "message": error.message,
            "status": error.http,
            "not_emulated": True,
        }
        if target == incoming.header("x-amz-target"):
            return JsonProtocol(models.service_model("glue")).refusal(error, request_id)
        return s3.S3Protocol(models.service_model("s3")).refusal(error, request_id)


def _protocol(name: str) -> Protocol:
    model = models.service_model(name)
    kinds = {
        "json": JsonProtocol,
        "rest-json": RestJsonProtocol,
        "query": QueryProtocol,
    }
    if name == "s3":
        return s3.S3Protocol(model)
    # Of several protocols a service speaks JSON as well.
    protocols = model.metadata.get("protocols") or [model.metadata["protocol"]]
    return next(kinds[name](model) for name in protocols if name in kinds)


def _scope(incoming: Incoming) -> tuple[str, str, str]:
    """Access key, region and signing name; empty if the request is not signed."""
    found = _SCOPE.search(incoming.header("authorization"))
    if found:
        return found[1], found[2], found[3]
    presigned = unquote(incoming.query_items().get("X-Amz-Credential", ""))
    found = _SCOPE.search(f"Credential={presigned}")
    return (found[1], found[2], found[3]) if found else ("", "", "")


def _incoming(environ: dict[str, Any]) -> Incoming:
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    if environ.get("CONTENT_TYPE"):
        headers["content-type"] = environ["CONTENT_TYPE"]
    # The raw target: PATH_INFO has lost the difference between %2F and a slash. A
    # client that takes the lab for its proxy sends the whole URL.
    target = re.sub(r"^https?://[^/?]*", "", environ["REQUEST_URI"]) or "/"
    path, _, query = target.partition("?")
    stream = environ["wsgi.input"]
    # A body sent in chunks has an end of its own; without either there is none.
    chunked = environ.get("wsgi.input_terminated", False)
    body = (
        stream.read()
        if chunked
        else stream.read(int(environ.get("CONTENT_LENGTH") or 0))
    )
    return Incoming(environ["REQUEST_METHOD"], path, query, headers, body)


def _hang_up(environ: dict[str, Any]) -> None:
    connection: socket.socket = environ["werkzeug.socket"]
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError("dropped by a fault rule")


def _wait_for_hang_up(environ: dict[str, Any]) -> None:
    """Waits until the client closes the connection, as it does when it is killed."""
    connection: socket.socket = environ["werkzeug.socket"]
    connection.settimeout(HANG_SECONDS)
    with contextlib.suppress(OSError):
        connection.recv(1, socket.MSG_PEEK)
    _hang_up(environ)


def _lower(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name.lower(), value) for name, value in headers]
