"""S3 at the front: what a request is, the checks that moto lacks, a small client.

Before moto sees a write, its Content-MD5, x-amz-content-sha256 and x-amz-checksum-*
must fit the body (also as trailers of an aws-chunked body), and a KMS key that it names
must exist.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote
from xml.sax.saxutils import escape, unescape

from awscrt import checksums
from botocore.exceptions import ClientError
from botocore.model import OperationModel, ServiceModel

from lab.protocol import Incoming, Outgoing
from lab.service import ApiError, Call

if TYPE_CHECKING:
    from lab.lab import Lab

_CHECKSUMS = {
    "x-amz-checksum-crc32": lambda data: zlib.crc32(data).to_bytes(4, "big"),
    "x-amz-checksum-crc32c": lambda data: checksums.crc32c(data).to_bytes(4, "big"),
    "x-amz-checksum-crc64nvme": lambda data: checksums.crc64nvme(data).to_bytes(
        8, "big"
    ),
    "x-amz-checksum-sha1": lambda data: hashlib.sha1(data).digest(),
    "x-amz-checksum-sha256": lambda data: hashlib.sha256(data).digest(),
}
_KMS_KEY = "x-amz-server-side-encryption-aws-kms-key-id"
_SHOWN_HEADERS = re.compile(
    r"if-|x-amz-(?!date|content-sha256|user-agent)|content-md5|content-type"
)


class S3Protocol:
    """S3's restXml with path-style addresses."""

    def __init__(self, model: ServiceModel) -> None:
        self.model = model
        self._bindings = [
            _Binding.of(model.operation_model(name))
            for name in sorted(model.operation_names)
        ]

    def operation(self, incoming: Incoming) -> str:
        bucket, key = split_path(incoming.path)
        depth = 2 if key else 1 if bucket else 0
        query = incoming.query_items()
        fits = [b for b in self._bindings if b.fits(incoming, depth, query)]
        if not fits:
            raise ApiError(
                "MethodNotAllowed", f"S3 has no {incoming.method} here", http=405
            )
        return max(fits, key=lambda binding: binding.weight).name

    def request(
        self, operation: str, incoming: Incoming, errors: list[str]
    ) -> dict[str, Any]:
        return self.shown(operation, incoming)

    def shown(self, operation: str, incoming: Incoming) -> Any:
        bucket, key = split_path(incoming.path)
        named = {}
        if operation == "DeleteObjects":
            found = re.findall(rb"<Key>(.*?)</Key>", incoming.body, re.S)
            named = {"keys": [unescape(name.decode()) for name in found]}
        return {
            **named,
            "method": incoming.method,
            "bucket": bucket,
            "key": key,
            "query": incoming.query_items(),
            "headers": {
                k: v for k, v in incoming.headers.items() if _SHOWN_HEADERS.match(k)
            },
            "bytes": len(incoming.body),
        }

    def refusal(self, error: ApiError, request_id: str) -> Outgoing:
        headers = [("Content-Type", "application/xml")]
        if region := error.extra.get("BucketRegion"):
            headers.append(("x-amz-bucket-region", region))
        text = (
            f"<Error><Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
            f"<RequestId>{request_id}</RequestId></Error>"
        )
        return Outgoing(error.http or 400, headers, text.encode())


@dataclass
class _Binding:
    """What a request must have to be one operation."""

    name: str
    method: str
    depth: int
    query: dict[str, str]
    query_keys: list[str]
    headers: list[str]

    @classmethod
    def of(cls, operation: OperationModel) -> _Binding:
        path, _, query = operation.http["requestUri"].partition("?")
        shape = operation.input_shape
        required = (
            [shape.members[name] for name in shape.required_members] if shape else []
        )
        places = [
            (m.serialization.get("location"), m.serialization.get("name"))
            for m in required
        ]
        return cls(
            operation.name,
            operation.http["method"],
            len([part for part in path.split("/") if part]),
            dict(parse_qsl(query, keep_blank_values=True)),
            [name for place, name in places if place == "querystring"],
            [name.lower() for place, name in places if place == "header"],
        )

    @property
    def weight(self) -> int:
        return len(self.query) + len(self.query_keys) + len(self.headers)

    def fits(self, incoming: Incoming, depth: int, query: dict[str, str]) -> bool:
        return (
            self.method == incoming.method
            and self.depth == depth
            and all(query.get(key) == value for key, value in self.query.items())
            and all(key in query for key in self.query_keys)
            and all(name in incoming.headers for name in self.headers)
        )


def split_path(path: str) -> tuple[str, str]:
    """/bucket/key of a raw path, unquoted."""
    bucket, _, key = path.lstrip("/").partition("/")
    return unquote(bucket), unquote(key)


def checked(incoming: Incoming, lab: Lab, region: str) -> Incoming:
    """The request, decoded from aws-chunked; ApiError if a checksum or key is wrong."""
    if incoming.method not in ("PUT", "POST"):
        return incoming
    headers = dict(incoming.headers)
    body = incoming.body
    if headers.get("x-amz-content-sha256", "").startswith("STREAMING-"):
        body, trailers = _unchunk(body)
        _check_trailers(headers, trailers, len(body))
        headers |= trailers
    _check_digests(headers, body)
    # moto would keep it with the object and give it back, which S3 does not.
    headers.pop("content-md5", None)
    if key := headers.get(_KMS_KEY):
        _check_kms_key(key, lab, region)
    return Incoming(incoming.method, incoming.path, incoming.query, headers, body)


#: How many objects one call removes at most.
_REMOVED_AT_ONCE = 1000


def removed(call: Call, checked: Incoming, lab: Lab) -> Outgoing:
    """DeleteObjects, which moto does: not for more than 1,000 keys, and without those that a
    script refuses, `{refuse: [KEY, ...], code}`: they are told in an answer of status 200."""
    found = re.findall(rb"<Object>.*?</Object>", checked.body, re.S)
    if len(found) > _REMOVED_AT_ONCE:
        raise ApiError(
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our "
            "published schema",
        )
    script = call.script or {}
    code = script.get("code", "InternalError")
    body, errors, left = checked.body, b"", len(found)
    for key in script.get("refuse", []):
        named = f"<Key>{escape(key)}</Key>".encode()
        for one in found:
            if named in one:
                body, left = body.replace(one, b""), left - 1
                told = f"<Code>{code}</Code><Message>injected by the lab</Message>"
                errors += b"<Error>" + named + told.encode() + b"</Error>"
    headers = {
        name: value
        for name, value in checked.headers.items()
        if not errors or not name.startswith("x-amz-checksum-")
    }
    if left == 0 and errors:
        headers = [("Content-Type", "application/xml")]
        return Outgoing(200, headers, b"<DeleteResult>" + errors + b"</DeleteResult>")
    answer = lab.moto.answer(
        "s3",
        call.operation,
        Incoming(checked.method, checked.path, checked.query, headers, body),
    )
    end = b"</DeleteResult>"
    if errors and end not in answer.body:
        answer.body = b"<DeleteResult></DeleteResult>"
    return Outgoing(
        answer.status, answer.headers, answer.body.replace(end, errors + end)
    )


#: What is asked of an upload that has begun, where moto falls over one that is not there (any more).
OF_AN_UPLOAD = {"UploadPart", "UploadPartCopy", "CompleteMultipartUpload"}


def of_an_upload(call: Call, checked: Incoming, lab: Lab) -> Outgoing:
    """A request for an upload: S3 says of one that is gone that it knows none."""
    try:
        return lab.moto.answer("s3", call.operation, checked)
    except KeyError as error:
        raise ApiError(
            "NoSuchUpload",
            "The specified multipart upload does not exist. The upload ID might be invalid, or the "
            "multipart upload might have been aborted or completed.",
            http=404,
        ) from error


#: How many uploads one answer lists at most.
_UPLOADS_AT_ONCE = 1000


def uploads_listed(call: Call, checked: Incoming, lab: Lab) -> Outgoing:
    """ListMultipartUploads, of which moto gives all at once: in the order of their keys, and
    so many an answer as S3 gives, the request asks for, or a script says, `{at_once: 2}`."""
    asked = checked.query_items()
    answer = lab.moto.answer("s3", call.operation, checked)
    if answer.status != 200:
        return answer
    found = re.findall(rb"<Upload>.*?</Upload>", answer.body, re.S)
    marked = [(_inside(one, "Key"), _inside(one, "UploadId"), one) for one in found]
    marked.sort(key=lambda upload: upload[0])
    at = (asked.get("key-marker", ""), asked.get("upload-id-marker", ""))
    begin = next(
        (n + 1 for n, (key, upload, _) in enumerate(marked) if (key, upload) == at),
        sum(key <= at[0] for key, _, _ in marked),
    )
    most = (call.script or {}).get("at_once", asked.get("max-uploads"))
    end = begin + min(int(most or _UPLOADS_AT_ONCE), _UPLOADS_AT_ONCE)
    told = b"<IsTruncated>false</IsTruncated>"
    if end < len(marked):
        key, upload, _ = marked[end - 1]
        told = (
            "<IsTruncated>true</IsTruncated>"
            f"<NextKeyMarker>{escape(key)}</NextKeyMarker>"
            f"<NextUploadIdMarker>{upload}</NextUploadIdMarker>"
        ).encode()
    body = answer.body
    for one in found:
        body = body.replace(one, b"", 1)
    truncated = rb"<IsTruncated>\w+</IsTruncated>"
    if not re.search(truncated, body):
        raise RuntimeError("moto does not say whether its list of uploads is cut off")
    listed = told + b"".join(one for _, _, one in marked[begin:end])
    body = re.sub(truncated, lambda _: listed, body, count=1)
    return Outgoing(answer.status, answer.headers, body)


def _inside(xml: bytes, name: str) -> str:
    """What stands in the first element of a name."""
    found = re.search(rf"<{name}>(.*?)</{name}>".encode(), xml, re.S)
    return unescape(found[1].decode()) if found else ""


#: What is answered in any region.
_EVERYWHERE = {"CreateBucket", "ListBuckets", "GetBucketLocation"}


def judge_region(call: Call, bucket: str, lab: Lab) -> None:
    """S3 answers in a bucket's own region; ApiError with a 301 in all others."""
    if call.operation in _EVERYWHERE or not bucket or not call.region:
        return
    try:
        region = lab.s3.region(bucket)
    except ApiError:
        # A bucket that is not there is refused by itself.
        return
    if region != call.region:
        raise ApiError(
            "PermanentRedirect",
            "The bucket you are attempting to access must be addressed using the "
            "specified endpoint. Please send all future requests to this endpoint.",
            http=301,
            extra={"BucketRegion": region},
        )


def _unchunk(body: bytes) -> tuple[bytes, dict[str, str]]:
    """An aws-chunked body -> its bytes and its trailers."""
    out, at = [], 0
    while True:
        end = body.find(b"\r\n", at)
        size = re.match(rb"[0-9a-fA-F]+", body[at:end]) if end >= 0 else None
        if size is None:
            raise ApiError(
                "IncompleteBody", "the aws-chunked body is cut off or malformed"
            )
        length = int(size[0], 16)
        if length == 0:
            break
        out.append(body[end + 2 : end + 2 + length])
        at = end + 2 + length + 2
    lines = body[end + 2 :].decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    return b"".join(out), {
        name.strip().lower(): value.strip() for name, _, value in pairs
    }


def _check_trailers(
    headers: dict[str, str], trailers: dict[str, str], length: int
) -> None:
    if headers.get("x-amz-decoded-content-length") != str(length):
        raise ApiError(
            "IncompleteBody", f"x-amz-decoded-content-length is not {length}"
        )
    announced = {
        n.strip().lower()
        for n in headers.pop("x-amz-trailer", "").split(",")
        if n.strip()
    }
    if missing := announced - set(trailers):
        raise ApiError(
            "MalformedTrailerError", f"trailers {sorted(missing)} did not come"
        )
    del headers["x-amz-decoded-content-length"]
    headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD"
    codings = [c.strip() for c in headers.pop("content-encoding", "").split(",")]
    if rest := [c for c in codings if c and c != "aws-chunked"]:
        headers["content-encoding"] = ", ".join(rest)


def _check_digests(headers: dict[str, str], body: bytes) -> None:
    given = headers.get("x-amz-content-sha256", "")
    if (
        re.fullmatch(r"[0-9a-f]{64}", given)
        and given != hashlib.sha256(body).hexdigest()
    ):
        raise ApiError(
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match the body.",
        )
    if md5 := headers.get("content-md5"):
        _check_digest("Content-MD5", md5, hashlib.md5(body).digest(), "InvalidDigest")
    for name, compute in _CHECKSUMS.items():
        if value := headers.get(name):
            _check_digest(
                name.rpartition("-")[2].upper(), value, compute(body), "InvalidRequest"
            )


def _check_digest(name: str, value: str, actual: bytes, malformed: str) -> None:
    try:
        expected = base64.b64decode(value, validate=True)
    except binascii.Error:
        expected = b""
    if len(expected) != len(actual):
        raise ApiError(malformed, f"Value for {name} is invalid.")
    if expected != actual:
        raise ApiError(
            "BadDigest", f"The {name} you specified did not match what we received."
        )


def _check_kms_key(key: str, lab: Lab, region: str) -> None:
    try:
        found = lab.client("kms", region).describe_key(KeyId=key)["KeyMetadata"]
    except ClientError as error:
        raise ApiError(
            "KMS.NotFoundException", error.response["Error"]["Message"]
        ) from error
    if found["KeyState"] != "Enabled":
        raise ApiError(
            "KMS.DisabledException", f"{found['Arn']} is {found['KeyState']}."
        )


@dataclass(frozen=True)
class StoredObject:
    """An object of a listing."""

    bucket: str
    key: str
    size: int
    etag: str
    modified: datetime

    @property
    def url(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


class Store:
    """The lab's S3 for our own services. Its ApiErrors are S3's, such as NoSuchKey."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._regions: dict[str, str] = {}

    def read(self, bucket: str, key: str) -> bytes:
        with _as_api_error():
            return self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    def write(
        self, bucket: str, key: str, data: bytes, kms_key: str | None = None
    ) -> None:
        """Writes an object, encrypted with a key or as its bucket says."""
        encrypted = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key}
        with _as_api_error():
            self._s3.put_object(
                Bucket=bucket, Key=key, Body=data, **(encrypted if kms_key else {})
            )

    def delete(self, bucket: str, key: str) -> None:
        with _as_api_error():
            self._s3.delete_object(Bucket=bucket, Key=key)

    def region(self, bucket: str) -> str:
        """Where a bucket is."""
        if bucket not in self._regions:
            with _as_api_error():
                found = self._s3.get_bucket_location(Bucket=bucket)
            self._regions[bucket] = found.get("LocationConstraint") or "us-east-1"
        return self._regions[bucket]

    def forget(self, bucket: str | None = None) -> None:
        """A bucket is gone, or all are: another of its name may be elsewhere."""
        for name in [bucket] if bucket else list(self._regions):
            self._regions.pop(name, None)

    def kms_key(self, bucket: str) -> str | None:
        """The key with which a bucket encrypts by itself."""
        try:
            found = self._s3.get_bucket_encryption(Bucket=bucket)
        except ClientError:
            return None
        [rule] = found["ServerSideEncryptionConfiguration"]["Rules"]
        return rule["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID")

    def kms_key_of(self, bucket: str, key: str) -> str | None:
        """The key with which an object is encrypted."""
        try:
            return self._s3.head_object(Bucket=bucket, Key=key).get("SSEKMSKeyId")
        except ClientError:
            return None

    def list(self, bucket: str, prefix: str = "") -> Iterator[StoredObject]:
        """Every object whose key begins with `prefix`, in order of the keys."""
        with _as_api_error():
            pages = self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=bucket, Prefix=prefix
            )
            for page in pages:
                for entry in page.get("Contents", []):
                    yield StoredObject(
                        bucket,
                        entry["Key"],
                        entry["Size"],
                        entry["ETag"],
                        entry["LastModified"],
                    )

    @property
    def _s3(self) -> Any:
        return self._lab.client("s3")


class _as_api_error:
    """Turns boto3's errors into ours."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, ClientError):
            told = error.response["Error"]
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            raise ApiError(
                told["Code"], told.get("Message", ""), http=status
            ) from error


def split_url(url: str) -> tuple[str, str]:
    """s3://bucket/key -> (bucket, key); ValueError if it is none."""
    found = re.fullmatch(r"s3[an]?://([^/]+)/?(.*)", url, re.S)
    if not found:
        raise ValueError(f"{url!r} is no S3 URL")
    return found[1], found[2]
