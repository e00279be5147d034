"""AWS's wire protocols on the server's side: a request's operation, input, answer.

One class a protocol (awsJson, restJson, query, S3's restXml), all with the same three
methods: `operation` (name of the operation), `request` (what the journal shows and the
service gets) and `refusal` (an error as the SDKs read it); the JSON ones also write
`answer`s.
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote
from xml.sax.saxutils import escape

from botocore.model import ServiceModel, Shape

from lab import model as models
from lab.service import ApiError


@dataclass
class Incoming:
    """One HTTP request, read fully."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    def header(self, name: str) -> str:
        return self.headers.get(name.lower(), "")

    def query_items(self) -> dict[str, str]:
        return dict(parse_qsl(self.query, keep_blank_values=True))


@dataclass
class Outgoing:
    """One HTTP answer."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class JsonProtocol:
    """awsJson 1.0 and 1.1: the operation is in X-Amz-Target, the rest is the body."""

    def __init__(self, model: ServiceModel) -> None:
        self.model = model
        self._type = (
            f"application/x-amz-json-{model.metadata.get('jsonVersion', '1.1')}"
        )

    def operation(self, incoming: Incoming) -> str:
        prefix, _, name = incoming.header("x-amz-target").partition(".")
        if (
            prefix != self.model.metadata["targetPrefix"]
            or name not in self.model.operation_names
        ):
            raise ApiError(
                "UnknownOperationException",
                f"{self.model.service_name} has no operation "
                f"{incoming.header('x-amz-target')!r}",
            )
        return name

    def request(
        self, operation: str, incoming: Incoming, errors: list[str]
    ) -> dict[str, Any]:
        body = _json_object(incoming.body)
        return models.parse(
            self.model.operation_model(operation).input_shape, body, errors
        )

    def shown(self, operation: str, incoming: Incoming) -> Any:
        return _json_object(incoming.body)

    def answer(self, operation: str, value: dict[str, Any]) -> tuple[Any, list[str]]:
        shape = self.model.operation_model(operation).output_shape
        wire = models.write(shape, value)
        return wire, models.judge(shape, wire)

    def reply(self, operation: str, wire: Any) -> Outgoing:
        return Outgoing(200, [("Content-Type", self._type)], json.dumps(wire).encode())

    def refusal(self, error: ApiError, request_id: str) -> Outgoing:
        return _json_refusal(self.model, error, self._type)


class RestJsonProtocol:
    """restJson: the operation and parts of its input are in path, query and headers."""

    def __init__(self, model: ServiceModel) -> None:
        self.model = model
        self._routes = [
            (
                operation.http["method"],
                _path_pattern(operation.http["requestUri"]),
                operation,
            )
            for operation in map(model.operation_model, model.operation_names)
        ]

    def operation(self, incoming: Incoming) -> str:
        for method, pattern, operation in self._routes:
            if method == incoming.method and pattern.fullmatch(incoming.path):
                prefix = (operation.endpoint or {}).get("hostPrefix", "")
                if not incoming.header("host").startswith(prefix):
                    break
                return operation.name
        raise ApiError(
            "UnknownOperationException",
            f"no operation of {self.model.service_name} is bound to {incoming.method} "
            f"{incoming.path} on {incoming.header('host')}",
            http=404,
        )

    def request(
        self, operation: str, incoming: Incoming, errors: list[str]
    ) -> dict[str, Any]:
        shape = self.model.operation_model(operation).input_shape
        return models.parse(shape, self.shown(operation, incoming), errors)

    def shown(self, operation: str, incoming: Incoming) -> Any:
        bound = self.model.operation_model(operation)
        pattern = next(p for _, p, found in self._routes if found.name == operation)
        found = pattern.fullmatch(incoming.path)
        shape = bound.input_shape
        if shape is None or found is None:
            return {}
        payload = shape.serialization.get("payload")
        if payload is None:
            wire = _json_object(incoming.body)
        else:
            # The body is one member as it is.
            wire = {payload: base64.b64encode(incoming.body).decode()}
        query = incoming.query_items()
        for name, member in shape.members.items():
            place, key = (
                member.serialization.get("location"),
                member.serialization.get("name", name),
            )
            text = None
            if place == "uri":
                text = unquote(found.groupdict()[key])
            elif place == "querystring":
                text = query.get(key)
            elif place == "header":
                text = incoming.headers.get(key.lower())
            if text is not None:
                wire[key] = _from_text(member, text)
        return wire

    def answer(self, operation: str, value: dict[str, Any]) -> tuple[Any, list[str]]:
        shape = self.model.operation_model(operation).output_shape
        wire = models.write(shape, value)
        return wire, models.judge(shape, wire)

    def reply(self, operation: str, wire: Any) -> Outgoing:
        shape = self.model.operation_model(operation).output_shape
        headers, status = [("Content-Type", "application/json")], 200
        for name, member in shape.members.items() if shape else ():
            key = member.serialization.get("name", name)
            place = member.serialization.get("location")
            if place == "header" and key in wire:
                headers.append((key, str(wire.pop(key))))
            elif place == "statusCode":
                status = wire.pop(key)
        if shape and (payload := shape.serialization.get("payload")):
            return Outgoing(status, headers, base64.b64decode(wire.get(payload, "")))
        return Outgoing(status, headers, json.dumps(wire).encode())

    def refusal(self, error: ApiError, request_id: str) -> Outgoing:
        return _json_refusal(self.model, error, "application/json")


class QueryProtocol:
    """The query protocol of STS, IAM, SNS: a form whose `Action` is the operation."""

    def __init__(self, model: ServiceModel) -> None:
        self.model = model

    def operation(self, incoming: Incoming) -> str:
        name = self._form(incoming).get("Action", "")
        if name not in self.model.operation_names:
            raise ApiError(
                "InvalidAction", f"{self.model.service_name} has no action {name!r}"
            )
        return name

    def request(
        self, operation: str, incoming: Incoming, errors: list[str]
    ) -> dict[str, Any]:
        return self.shown(operation, incoming)

    def shown(self, operation: str, incoming: Incoming) -> Any:
        form = self._form(incoming)
        return {k: v for k, v in form.items() if k not in ("Action", "Version")}

    def typed(
        self, operation: str, incoming: Incoming, errors: list[str]
    ) -> dict[str, Any]:
        """The request of a service of our own, of which no member has members."""
        shape = self.model.operation_model(operation).input_shape
        members = shape.members if shape else {}
        wire = {
            name: _from_text(members[name], text) if name in members else text
            for name, text in self.shown(operation, incoming).items()
        }
        return models.parse(shape, wire, errors)

    def answer(self, operation: str, value: dict[str, Any]) -> tuple[Any, list[str]]:
        shape = self.model.operation_model(operation).output_shape
        return value, models.judge(shape, models.write(shape, value))

    def reply(self, operation: str, wire: Any) -> Outgoing:
        shape = self.model.operation_model(operation).output_shape
        namespace = escape(self.model.metadata.get("xmlNamespace", ""))
        result = f"<{operation}Result>{_xml(shape, wire)}</{operation}Result>"
        text = (
            f'<{operation}Response xmlns="{namespace}">{result}'
            f"<ResponseMetadata><RequestId>lab</RequestId></ResponseMetadata></{operation}Response>"
        )
        return Outgoing(200, [("Content-Type", "text/xml")], text.encode())

    def refusal(self, error: ApiError, request_id: str) -> Outgoing:
        status = error.http or 400
        namespace = self.model.metadata.get("xmlNamespace", "")
        side = "Sender" if status < 500 else "Receiver"
        text = (
            f'<ErrorResponse xmlns="{escape(namespace)}">'
            f"<Error><Type>{side}</Type><Code>{escape(error.code)}</Code>"
            f"<Message>{escape(error.message)}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
        return Outgoing(status, [("Content-Type", "text/xml")], text.encode())

    @staticmethod
    def _form(incoming: Incoming) -> dict[str, str]:
        return dict(
            parse_qsl(incoming.body.decode(errors="replace"), keep_blank_values=True)
        )


def _xml(shape: Shape | None, value: Any) -> str:
    """A value as the query protocol has it."""
    if shape is None or value is None:
        return ""
    if shape.type_name == "structure":
        members = [(name, shape.members[name], item) for name, item in value.items()]
        return "".join(
            _element(member.serialization.get("name", name), _xml(member, item))
            for name, member, item in members
            if item is not None
        )
    if shape.type_name == "list":
        name = shape.member.serialization.get("name", "member")
        return "".join(_element(name, _xml(shape.member, item)) for item in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return escape(str(value))


def _element(name: str, content: str) -> str:
    return f"<{name}>{content}</{name}>"


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body or b"{}")
    except ValueError as error:
        raise ApiError(
            "SerializationException", f"the body is not JSON: {error}"
        ) from error
    if not isinstance(value, dict):
        raise ApiError("SerializationException", "the body is not a JSON object")
    return value


def _json_refusal(model: ServiceModel, error: ApiError, content_type: str) -> Outgoing:
    known = {shape.name: shape for shape in model.error_shapes}
    status = error.http
    if status is None and error.code in known:
        status = known[error.code].metadata.get("error", {}).get("httpStatusCode")
    body = {"__type": error.code, "message": error.message, **error.extra}
    headers = [("Content-Type", content_type), ("x-amzn-ErrorType", error.code)]
    return Outgoing(status or 400, headers, json.dumps(body).encode())


def _path_pattern(uri: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)(\+?)\}", uri.partition("?")[0])
    out = re.escape(parts[0])
    for name, greedy, rest in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        out += f"(?P<{name}>{'.+' if greedy else '[^/]+'})" + re.escape(rest)
    return re.compile(out + "/?")


def _from_text(shape: Shape, text: str) -> Any:
    if shape.type_name in ("integer", "long") and re.fullmatch(r"-?\d+", text):
        return int(text)
    if shape.type_name == "boolean" and text in ("true", "false"):
        return text == "true"
    if shape.type_name == "timestamp":
        # In a path or a query.
        with contextlib.suppress(ValueError):
            return datetime.fromisoformat(text).timestamp()
    return text
