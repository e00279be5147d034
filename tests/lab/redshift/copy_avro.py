"""Avro files -> records as JSON has them: the container, its codecs, its binary form."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

_MAGIC = b"Obj\x01"


class Malformed(ValueError):
    """The file is no Avro file, or breaks off."""


def objects(data: bytes) -> Iterator[dict[str, Any]]:
    """The records of a file; Malformed where it is none."""
    try:
        yield from _objects(_Reader(data))
    except (IndexError, KeyError, struct.error, ValueError, zlib.error) as error:
        raise Malformed(str(error)) from error


def _objects(file: _Reader) -> Iterator[dict[str, Any]]:
    if file.take(4) != _MAGIC:
        raise Malformed("it does not begin as an Avro file")
    meta = file.value({"type": "map", "values": "bytes"})
    schema = json.loads(meta["avro.schema"])
    if schema.get("type") != "record":
        raise Malformed("its schema is no record")
    codec = meta.get("avro.codec", b"null").decode()
    sync = file.take(16)
    named: dict[str, Any] = {}
    while not file.done:
        count, size = file.long(), file.long()
        block = _Reader(_unpacked(file.take(size), codec), named)
        for _ in range(count):
            yield block.value(schema)
        if file.take(16) != sync:
            raise Malformed("a block does not end with the file's mark")


def _unpacked(block: bytes, codec: str) -> bytes:
    if codec == "null":
        return block
    if codec == "deflate":
        return zlib.decompress(block, -15)
    if codec == "snappy":
        # The length stands before the packed bytes, as a number in steps of seven bits.
        size, shift, at = 0, 0, 0
        while True:
            size |= (block[at] & 0x7F) << shift
            shift, at = shift + 7, at + 1
            if not block[at - 1] & 0x80:
                break
        return pa.decompress(block[:-4], size, codec="snappy", asbytes=True)
    raise Malformed(f"COPY does not know the codec {codec}")


class _Reader:
    """Reads Avro's binary form."""

    def __init__(self, data: bytes, named: dict[str, Any] | None = None) -> None:
        self._data = data
        self._at = 0
        #: Named types by name: a schema may name them again.
        self._named = {} if named is None else named

    @property
    def done(self) -> bool:
        return self._at >= len(self._data)

    def take(self, size: int) -> bytes:
        if size < 0 or self._at + size > len(self._data):
            raise Malformed("it breaks off")
        self._at += size
        return self._data[self._at - size : self._at]

    def long(self) -> int:
        number, shift = 0, 0
        while True:
            byte = self.take(1)[0]
            number |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return (number >> 1) ^ -(number & 1)

    def value(self, schema: Any) -> Any:
        if isinstance(schema, list):
            return self.value(schema[self.long()])
        if isinstance(schema, str):
            schema = self._named.get(schema, {"type": schema})
        if "name" in schema:
            self._named[schema["name"]] = schema
        kind = schema["type"]
        match kind:
            case "null":
                return None
            case "boolean":
                return self.take(1) == b"\x01"
            case "int" | "long":
                return self.long()
            case "float":
                return struct.unpack("<f", self.take(4))[0]
            case "double":
                return struct.unpack("<d", self.take(8))[0]
            case "string":
                return self.take(self.long()).decode()
            case "bytes":
                return self.take(self.long())
            case "fixed":
                return self.take(schema["size"])
            case "enum":
                return schema["symbols"][self.long()]
            case "record":
                return {f["name"]: self.value(f["type"]) for f in schema["fields"]}
            case "array":
                return [self.value(schema["items"]) for _ in self._blocks()]
            case "map":
                return {
                    self.value("string"): self.value(schema["values"])
                    for _ in self._blocks()
                }
            case dict() | list():
                return self.value(kind)
        raise Malformed(f"it has a type {kind!r}")

    def _blocks(self) -> Iterator[None]:
        while (count := self.long()) != 0:
            if count < 0:
                self.long()  # The block's size.
            yield from [None] * abs(count)
