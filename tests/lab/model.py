"""Wire data against botocore's shapes: parsing requests, writing answers, judging both.

Stricter than botocore's own validation, and than AWS: also enums, patterns, upper
bounds, unknown members, and the exact JSON types that a strict SDK (Rust's) reads,
timestamps above all.
"""

from __future__ import annotations

import base64
import binascii
import functools
import math
from datetime import UTC, datetime
from typing import Any

import botocore.session
import regex
from botocore.model import ServiceModel, Shape

_WORDS = {"integer": int, "long": int, "float": (int, float), "double": (int, float)}


@functools.cache
def service_model(name: str) -> ServiceModel:
    """The model of one service, by botocore's name."""
    return _session().get_service_model(name)


@functools.cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


@functools.cache
def java_pattern(pattern: str) -> regex.Pattern[str]:
    """A model's pattern, compiled. Models are for Java, which reads surrogate pairs."""
    pattern = pattern.replace(r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")
    return regex.compile(
        pattern.replace(r"\uD800\uDC00", r"\U00010000"), flags=regex.V0
    )


def parse(shape: Shape | None, value: Any, errors: list[str], path: str = "") -> Any:
    """Wire JSON -> the value that a service gets (blobs as bytes, times as datetimes).

    Everything that breaks the model is added to `errors`.
    """
    if shape is None:
        if value not in (None, {}):
            errors.append("the operation takes no input")
        return {}
    return _Reader(errors).read(shape, value, path)


def judge(shape: Shape | None, value: Any) -> list[str]:
    """What is wrong with an answer's wire JSON."""
    errors: list[str] = []
    if shape is not None:
        _Reader(errors, answer=True).read(shape, value, "")
    return errors


def write(shape: Shape | None, value: Any) -> Any:
    """An answer -> wire JSON: wire names, times as numbers, blobs in base64."""
    if shape is None or value is None or _is_document(shape):
        return value if value is not None else {}
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        return {
            _wire_name(shape.members[name], name)
            if name in shape.members
            else name: write(shape.members.get(name), item)
            for name, item in value.items()
            if item is not None
        }
    if kind == "list" and isinstance(value, (list, tuple)):
        return [write(shape.member, item) for item in value]
    if kind == "map" and isinstance(value, dict):
        return {str(key): write(shape.value, item) for key, item in value.items()}
    if kind == "timestamp" and isinstance(value, datetime):
        if shape.serialization.get("timestampFormat") == "iso8601":
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return round(value.timestamp(), 3)
    if kind == "blob" and isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value


def _is_document(shape: Shape) -> bool:
    return bool(getattr(shape, "is_document_type", False))


def _wire_name(shape: Shape, name: str) -> str:
    return shape.serialization.get("name", name)


class _Reader:
    """Walks wire JSON along a shape, collecting what is wrong."""

    def __init__(self, errors: list[str], answer: bool = False) -> None:
        self._errors = errors
        self._answer = answer

    def read(self, shape: Shape, value: Any, path: str) -> Any:
        if _is_document(shape):
            return value
        reader = getattr(self, f"_{shape.type_name}", None)
        if reader is not None:
            return reader(shape, value, path)
        return self._number(shape, value, path)

    def _wrong(self, path: str, message: str) -> None:
        self._errors.append(f"{path.lstrip('.') or 'input'}: {message}")

    def _structure(self, shape: Shape, value: Any, path: str) -> Any:
        if not isinstance(value, dict):
            return self._wrong(path, f"expected an object, found {_kind(value)}")
        names = {
            _wire_name(member, name): name for name, member in shape.members.items()
        }
        out = {}
        for wire, item in value.items():
            if wire not in names:
                self._wrong(f"{path}.{wire}", "unknown member")
            elif item is None:
                if self._answer:
                    self._wrong(f"{path}.{wire}", "null")
            else:
                member = shape.members[names[wire]]
                out[names[wire]] = self.read(member, item, f"{path}.{wire}")
        for name in shape.required_members:
            if name not in out:
                self._wrong(f"{path}.{name}", "missing")
        if getattr(shape, "is_tagged_union", False) and len(out) != 1:
            self._wrong(
                path,
                f"exactly one member of the union must be set, found {sorted(out)}",
            )
        return out

    def _list(self, shape: Shape, value: Any, path: str) -> Any:
        if not isinstance(value, list):
            return self._wrong(path, f"expected a list, found {_kind(value)}")
        self._bounds(shape, len(value), path, "items")
        return [
            self.read(shape.member, item, f"{path}[{n}]")
            for n, item in enumerate(value)
        ]

    def _map(self, shape: Shape, value: Any, path: str) -> Any:
        if not isinstance(value, dict):
            return self._wrong(path, f"expected an object, found {_kind(value)}")
        self._bounds(shape, len(value), path, "entries")
        return {
            self.read(shape.key, key, f"{path} key"): self.read(
                shape.value, item, f"{path}.{key}"
            )
            for key, item in value.items()
        }

    def _string(self, shape: Shape, value: Any, path: str) -> Any:
        if not isinstance(value, str):
            return self._wrong(path, f"expected a string, found {_kind(value)}")
        self._bounds(shape, len(value), path, "characters")
        if shape.enum and value not in shape.enum:
            self._wrong(path, f"{value!r} is none of {', '.join(shape.enum)}")
        pattern = shape.metadata.get("pattern")
        if pattern and not java_pattern(pattern).fullmatch(value):
            self._wrong(path, f"{value!r} does not match {pattern}")
        return value

    _character = _string

    def _boolean(self, shape: Shape, value: Any, path: str) -> Any:
        if not isinstance(value, bool):
            return self._wrong(path, f"expected true or false, found {_kind(value)}")
        return value

    def _number(self, shape: Shape, value: Any, path: str) -> Any:
        expected = _WORDS[shape.type_name]
        if isinstance(value, bool) or not isinstance(value, expected):
            return self._wrong(
                path, f"expected a number ({shape.type_name}), found {_kind(value)}"
            )
        self._bounds(shape, value, path, "")
        return value

    def _timestamp(self, shape: Shape, value: Any, path: str) -> Any:
        if shape.serialization.get("timestampFormat") == "iso8601":
            try:
                return datetime.fromisoformat(value)
            except (TypeError, ValueError):
                return self._wrong(path, f"expected an ISO 8601 time, found {value!r}")
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return self._wrong(
                path, f"expected seconds since 1970, found {_kind(value)}"
            )
        if not math.isfinite(value):
            return self._wrong(path, f"expected seconds since 1970, found {value}")
        return datetime.fromtimestamp(value, UTC)

    def _blob(self, shape: Shape, value: Any, path: str) -> Any:
        try:
            data = base64.b64decode(value, validate=True)
        except (TypeError, ValueError, binascii.Error):
            return self._wrong(path, f"expected base64, found {_kind(value)}")
        self._bounds(shape, len(data), path, "bytes")
        return data

    def _bounds(self, shape: Shape, size: float, path: str, what: str) -> None:
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if low is not None and size < low:
            self._wrong(path, f"{size} {what} is below the least, {low}")
        if high is not None and size > high:
            self._wrong(path, f"{size} {what} is above the most, {high}")


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean"}
    if value is None:
        return "null"
    return f"{names.get(type(value), 'a number')} ({str(value)[:60]!r})"
