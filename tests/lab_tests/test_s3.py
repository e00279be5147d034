"""S3: conditional writes, checksums, KMS keys."""

from __future__ import annotations

import base64
import hashlib
import threading
import urllib.error
import urllib.request
import zlib
from typing import Any

from botocore.exceptions import ClientError

from lab_tests.harness import LabTest, client, lab


class S3Test(LabTest):
    def setUp(self) -> None:
        super().setUp()
        self.s3 = client("s3")
        self.s3.create_bucket(Bucket="lake")

    def refused(self, code: str, **put: Any) -> None:
        """Putting is refused with `code`, and nothing is written."""
        with self.assertRaises(ClientError) as caught:
            self.s3.put_object(Bucket="lake", Key="refused", Body=b"hello", **put)
        self.assertEqual(caught.exception.response["Error"]["Code"], code)
        self.assertNotIn("Contents", self.s3.list_objects_v2(Bucket="lake"))


class ConditionalWrites(S3Test):
    def test_if_none_match(self) -> None:
        put = {"Bucket": "lake", "Key": "manifest", "IfNoneMatch": "*"}
        self.s3.put_object(Body=b"one", **put)
        with self.assertRaises(ClientError) as caught:
            self.s3.put_object(Body=b"two", **put)
        status = caught.exception.response["ResponseMetadata"]["HTTPStatusCode"]
        self.assertEqual(status, 412)
        self.assertEqual(lab().s3.read("lake", "manifest"), b"one")

    def test_if_match(self) -> None:
        etag = self.s3.put_object(Bucket="lake", Key="m", Body=b"one")["ETag"]
        put = {"Bucket": "lake", "Key": "m", "IfMatch": etag}
        self.s3.put_object(Body=b"two", **put)
        with self.assertRaises(ClientError) as caught:
            self.s3.put_object(Body=b"three", **put)
        code = caught.exception.response["Error"]["Code"]
        self.assertEqual(code, "PreconditionFailed")
        self.assertEqual(lab().s3.read("lake", "m"), b"two")

    def test_of_many_writers_one_wins(self) -> None:
        won: list[int] = []

        def write(number: int) -> None:
            try:
                self.s3.put_object(
                    Bucket="lake", Key="lock", Body=b"%d" % number, IfNoneMatch="*"
                )
                won.append(number)
            except ClientError:
                pass

        writers = [threading.Thread(target=write, args=(n,)) for n in range(8)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        self.assertEqual(len(won), 1)
        self.assertEqual(lab().s3.read("lake", "lock"), b"%d" % won[0])


class Uploads(S3Test):
    """Uploads in parts that are not there any more, and lists of those that are."""

    def begun(self, *keys: str) -> list[str]:
        begin = self.s3.create_multipart_upload
        return [begin(Bucket="lake", Key=key)["UploadId"] for key in keys]

    def test_nothing_is_known_of_one_that_is_gone(self) -> None:
        [upload] = self.begun("a")
        named = {"Bucket": "lake", "Key": "a", "UploadId": upload}
        etag = self.s3.upload_part(**named, PartNumber=1, Body=b"hello")["ETag"]
        self.s3.abort_multipart_upload(**named)
        parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
        self.s3.put_object(Bucket="lake", Key="b", Body=b"hello")
        for ask in (
            lambda: self.s3.upload_part(**named, PartNumber=2, Body=b"hello"),
            lambda: self.s3.upload_part_copy(
                **named, PartNumber=2, CopySource="lake/b"
            ),
            lambda: self.s3.complete_multipart_upload(**named, MultipartUpload=parts),
            lambda: self.s3.abort_multipart_upload(**named),
        ):
            with self.assertRaises(ClientError) as caught:
                ask()
            told = caught.exception.response
            self.assertEqual(told["Error"]["Code"], "NoSuchUpload")
            self.assertEqual(told["ResponseMetadata"]["HTTPStatusCode"], 404)

    def test_a_list_has_pages(self) -> None:
        self.begun("b&/2", "b&/1", "a", "b&/1", "c")
        rule = {
            "service": "s3",
            "operation": "ListMultipartUploads",
            "script": {"at_once": 2},
            "times": None,
        }
        self.faults(rule)
        pages = self.s3.get_paginator("list_multipart_uploads").paginate(
            Bucket="lake", Prefix="b"
        )
        keys = [[one["Key"] for one in page["Uploads"]] for page in pages]
        self.assertEqual(keys, [["b&/1", "b&/1"], ["b&/2"]])
        self.faults()
        asked = self.s3.list_multipart_uploads(Bucket="lake", MaxUploads=4)
        self.assertEqual((asked["IsTruncated"], len(asked["Uploads"])), (True, 4))
        behind = self.s3.list_multipart_uploads(Bucket="lake", KeyMarker="b&/1")
        self.assertEqual([one["Key"] for one in behind["Uploads"]], ["b&/2", "c"])
        self.assertFalse(behind["IsTruncated"])


class Checksums(S3Test):
    def test_right_checksums_are_taken(self) -> None:
        body = b"hello"
        md5 = base64.b64encode(hashlib.md5(body).digest()).decode()
        self.s3.put_object(Bucket="lake", Key="md5", Body=body, ContentMD5=md5)
        for algorithm in ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"):
            with self.subTest(algorithm=algorithm):
                self.s3.put_object(
                    Bucket="lake",
                    Key=algorithm,
                    Body=body,
                    ChecksumAlgorithm=algorithm,
                )
                [put] = [
                    call
                    for call in self.calls("s3", "PutObject")
                    if call["request"]["key"] == algorithm
                ]
                self.assertIn(
                    f"x-amz-checksum-{algorithm.lower()}", put["request"]["headers"]
                )

    def test_wrong_checksums_are_refused(self) -> None:
        wrong = base64.b64encode(b"0123").decode()
        self.refused("BadDigest", ChecksumCRC32=wrong)
        self.refused("BadDigest", ChecksumCRC32C=wrong)
        self.refused("BadDigest", ChecksumSHA256=base64.b64encode(b"x" * 32).decode())
        self.refused("BadDigest", ContentMD5=base64.b64encode(b"x" * 16).decode())
        self.refused("InvalidRequest", ChecksumCRC32="AAAA")

    def test_trailing_checksums_of_a_chunked_body(self) -> None:
        body = b"hello, " * 1000
        right = base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()
        self.assertEqual(_put_chunked(body, right), 200)
        self.assertEqual(lab().s3.read("lake", "chunked"), body)
        self.assertEqual(_put_chunked(b"x" + body[1:], right), 400)
        self.assertEqual(lab().s3.read("lake", "chunked"), body)


class Kms(S3Test):
    def test_the_key_must_exist(self) -> None:
        encrypted = {"ServerSideEncryption": "aws:kms"}
        absent = "arn:aws:kms:us-east-1:123456789012:key/" + "0" * 8
        self.refused("KMS.NotFoundException", SSEKMSKeyId=absent, **encrypted)
        key = client("kms").create_key()["KeyMetadata"]["Arn"]
        answer = self.s3.put_object(
            Bucket="lake", Key="k", Body=b"", SSEKMSKeyId=key, **encrypted
        )
        self.assertEqual(answer["SSEKMSKeyId"], key)


def _put_chunked(body: bytes, checksum: str) -> int:
    """PutObject with an aws-chunked body and the checksum as trailer; the status."""
    half = len(body) // 2
    chunks = b"".join(
        b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:half], body[half:])
    )
    request = urllib.request.Request(
        f"{lab().endpoint}/lake/chunked",
        data=chunks + f"0\r\nx-amz-checksum-crc32:{checksum}\r\n\r\n".encode(),
        method="PUT",
        headers={
            "Authorization": "AWS4-HMAC-SHA256 Credential="
            "key/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0",
            "Content-Encoding": "aws-chunked",
            "Content-Type": "application/octet-stream",
            "X-Amz-Content-SHA256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            "X-Amz-Decoded-Content-Length": str(len(body)),
            "X-Amz-Trailer": "x-amz-checksum-crc32",
        },
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code
