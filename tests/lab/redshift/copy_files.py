"""Which objects a COPY reads, by prefix or by manifest, and their unpacked bytes."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import zlib
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from lab.redshift.copy_command import CopyCommand
from lab.redshift.errors import SqlError
from lab.s3 import Store, split_url
from lab.service import ApiError


@dataclass(frozen=True)
class LoadFile:
    """One object to load."""

    bucket: str
    key: str
    size: int

    @property
    def url(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


def find(command: CopyCommand, store: Store, home: str) -> list[LoadFile]:
    """The objects that the command loads, in order; SqlError if there are none."""
    bucket, key = split_url(command.source)
    region = command.options.get("REGION", home)
    _judge_region(region, store, bucket)
    try:
        if command.has("MANIFEST"):
            return _of_manifest(command, store, region)
        found = [
            LoadFile(bucket, o.key, o.size)
            for o in store.list(bucket, key)
            # Folder markers are no data.
            if not (o.key.endswith("/") and o.size == 0)
        ]
    except ApiError as error:
        raise _s3_error(error, bucket, key) from error
    if not found:
        raise SqlError(f"The specified S3 prefix '{key}' does not exist")
    return found


def read_whole(url: str, command: CopyCommand, store: Store, home: str) -> bytes:
    """The bytes of an object that a COPY reads beside its files, in their region."""
    bucket, key = split_url(url)
    _judge_region(command.options.get("REGION", home), store, bucket)
    try:
        return store.read(bucket, key)
    except ApiError as error:
        raise _s3_error(error, bucket, key) from error


def _judge_region(asked: str, store: Store, bucket: str) -> None:
    """S3 answers requests to another region than the bucket's with 301."""
    try:
        region = store.region(bucket)
    except ApiError as error:
        raise _s3_error(error, bucket, "") from error
    if region != asked:
        raise SqlError(
            "S3ServiceException:The S3 bucket addressed by the query is in a different "
            "region from this cluster.,Status 301,Error PermanentRedirect"
        )


def read(file: LoadFile, command: CopyCommand, store: Store) -> bytes:
    """The bytes of one object, unpacked as the command says."""
    try:
        data = store.read(file.bucket, file.key)
    except ApiError as error:
        raise _s3_error(error, file.bucket, file.key) from error
    try:
        if command.has("GZIP"):
            return gzip.decompress(data)
        if command.has("BZIP2"):
            return bz2.decompress(data)
        if command.has("ZSTD"):
            return pa.CompressedInputStream(io.BytesIO(data), "zstd").read()
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise SqlError(f"failed to inflate {file.url}: {error}") from error
    return data


def _of_manifest(command: CopyCommand, store: Store, region: str) -> list[LoadFile]:
    bucket, key = split_url(command.source)
    try:
        manifest = json.loads(store.read(bucket, key))
    except ApiError as error:
        raise _s3_error(error, bucket, key) from error
    except ValueError as error:
        raise _malformed(command, str(error)) from error
    entries = manifest.get("entries") if isinstance(manifest, dict) else None
    if not isinstance(entries, list) or not entries:
        raise _malformed(command, "it has no entries")
    known: dict[str, dict[str, int]] = {}
    for bucket in sorted(_buckets(command, entries)):
        _judge_region(region, store, bucket)
    found = [f for e in entries if (f := _entry(command, store, e, known)) is not None]
    if not found:
        raise SqlError(f"no file of the manifest {command.source} exists")
    return found


def _buckets(command: CopyCommand, entries: list[Any]) -> set[str]:
    return {_place(command, entry)[0] for entry in entries}


def _place(command: CopyCommand, entry: Any) -> tuple[str, str]:
    """Bucket and key of an entry."""
    if not isinstance(entry, dict) or not isinstance(entry.get("url"), str):
        raise _malformed(command, f"an entry without a url: {entry!r}")
    try:
        return split_url(entry["url"])
    except ValueError as error:
        raise _malformed(command, str(error)) from error


def _entry(
    command: CopyCommand, store: Store, entry: Any, known: dict[str, dict[str, int]]
) -> LoadFile | None:
    """The file that an entry names; `known` are the sizes of keys that were listed."""
    bucket, key = _place(command, entry)
    if unknown := set(entry) - {"url", "mandatory", "meta"}:
        raise _malformed(command, f"unknown keys {sorted(unknown)}")
    mandatory = entry.get("mandatory", False)
    if not isinstance(mandatory, bool):
        raise _malformed(command, "mandatory is neither true nor false")
    sizes = known.setdefault(bucket, {})
    if key not in sizes:
        # The keys of one folder, most likely: a manifest may name thousands of them.
        folder = key[: key.rfind("/") + 1]
        sizes.update((stored.key, stored.size) for stored in store.list(bucket, folder))
    size = sizes.get(key)
    if size is None:
        if mandatory:
            raise SqlError(
                f"The file {entry['url']}, mandatory in the manifest, does not exist"
            )
        return None
    length = (entry.get("meta") or {}).get("content_length")
    if command.columnar and length is None:
        raise _malformed(
            command, f"{command.format} files need meta.content_length: {entry['url']}"
        )
    if length is not None and length != size:
        raise SqlError(
            f"The file {entry['url']} is {size} bytes long, "
            f"the manifest's content_length says {length}"
        )
    return LoadFile(bucket, key, size)


def _malformed(command: CopyCommand, why: str) -> SqlError:
    return SqlError(f"Manifest file {command.source} is malformed: {why}")


def _s3_error(error: ApiError, bucket: str, key: str) -> SqlError:
    return SqlError(
        f"S3ServiceException:{error.message},Status {error.http},"
        f"Error {error.code} (s3://{bucket}/{key})"
    )
