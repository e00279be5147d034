"""Permissions in the lab: what a key may do, and how AWS says that it may not."""

from __future__ import annotations

from collections.abc import Callable

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from lab.rights import PUBLISHER, WORKER, needed, workgroup_id
from lab.service import Call

from lab_tests.harness import LabTest, client, control, lab


def as_key(service: str, key: str) -> object:
    return boto3.session.Session().client(
        service,
        endpoint_url=lab().endpoint,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key="secret",
        config=Config(proxies={}, retries={"total_max_attempts": 1}),
    )


def _lacking(call: Callable[[], object]) -> str | None:
    """The action that a call lacks."""
    try:
        call()
    except ClientError as error:
        told = error.response["Error"]["Message"]
        return told.partition("perform: ")[2].partition(" ")[0]
    return None


class RightsTest(LabTest):
    def test_calls_need_actions_on_resources(self) -> None:
        here = ":us-east-1:123456789012:"
        key = f"arn:aws:kms{here}key/1"
        kms = {
            "x-amz-server-side-encryption": "aws:kms",
            "x-amz-server-side-encryption-aws-kms-key-id": "1",
        }
        workgroup = f"arn:aws:redshift-serverless{here}workgroup/{workgroup_id('w')}"
        cases = [
            (
                "s3",
                "ListObjectsV2",
                {"bucket": "b"},
                [("s3:ListBucket", "arn:aws:s3:::b")],
            ),
            (
                "s3",
                "ListMultipartUploads",
                {"bucket": "b"},
                [("s3:ListBucketMultipartUploads", "arn:aws:s3:::b")],
            ),
            (
                "secretsmanager",
                "GetSecretValue",
                {"SecretId": "none"},
                [
                    (
                        "secretsmanager:GetSecretValue",
                        f"arn:aws:secretsmanager{here}secret:none-AAAAAA",
                    )
                ],
            ),
            (
                "s3",
                "HeadObject",
                {"bucket": "b", "key": "k/l"},
                [("s3:GetObject", "arn:aws:s3:::b/k/l")],
            ),
            (
                "s3",
                "DeleteObjects",
                {"bucket": "b", "keys": ["k", "l"]},
                [
                    ("s3:DeleteObject", "arn:aws:s3:::b/k"),
                    ("s3:DeleteObject", "arn:aws:s3:::b/l"),
                ],
            ),
            (
                "s3",
                "PutObject",
                {"bucket": "b", "key": "k", "headers": kms},
                [("s3:PutObject", "arn:aws:s3:::b/k"), ("kms:GenerateDataKey", key)],
            ),
            (
                "mwaa",
                "GetEnvironment",
                {"Name": "e"},
                [("airflow:GetEnvironment", f"arn:aws:airflow{here}environment/e")],
            ),
            (
                "glue",
                "CreateJob",
                {"Name": "j", "Role": "r"},
                [
                    ("glue:CreateJob", "*"),
                    ("iam:PassRole", "arn:aws:iam::123456789012:role/r"),
                ],
            ),
            (
                "glue",
                "StartJobRun",
                {"JobName": "j"},
                [("glue:StartJobRun", f"arn:aws:glue{here}job/j")],
            ),
            (
                "logs",
                "GetLogEvents",
                {"logGroupName": "/g", "logStreamName": "s"},
                [("logs:GetLogEvents", f"arn:aws:logs{here}log-group:/g:log-stream:s")],
            ),
            (
                "redshift-data",
                "ExecuteStatement",
                {"SecretArn": "arn", "WorkgroupName": "w"},
                [
                    ("redshift-data:ExecuteStatement", workgroup),
                    ("secretsmanager:GetSecretValue", "arn"),
                ],
            ),
            (
                "redshift-data",
                "BatchExecuteStatement",
                {"ClusterIdentifier": "c", "DbUser": "u", "Database": "d"},
                [
                    (
                        "redshift-data:BatchExecuteStatement",
                        f"arn:aws:redshift{here}cluster:c",
                    ),
                    (
                        "redshift:GetClusterCredentials",
                        f"arn:aws:redshift{here}dbuser:c/u",
                    ),
                    (
                        "redshift:GetClusterCredentials",
                        f"arn:aws:redshift{here}dbname:c/d",
                    ),
                ],
            ),
            (
                "redshift-data",
                "DescribeStatement",
                {},
                [("redshift-data:DescribeStatement", "*")],
            ),
        ]
        for service, operation, request, expected in cases:
            with self.subTest(operation):
                call = Call(lab(), service, operation, "1")
                self.assertEqual(needed(call, request, lab()), expected)

    def test_a_bucket_that_encrypts_asks_for_its_key(self) -> None:
        key = "arn:aws:kms:us-east-1:123456789012:key/1"
        s3 = client("s3")
        s3.create_bucket(Bucket="sealed")
        rule = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
        rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": rule}]}
        s3.put_bucket_encryption(
            Bucket="sealed", ServerSideEncryptionConfiguration=rules
        )
        s3.put_object(Bucket="sealed", Key="k", Body=b"1")
        objects = {"s3:PutObject": ["*"], "s3:GetObject": ["*"]}
        for given, expected in [
            ({}, ["kms:GenerateDataKey", "kms:Decrypt"]),
            ({"kms:GenerateDataKey": [key]}, [None, "kms:Decrypt"]),
            ({"kms:GenerateDataKey": [key], "kms:Decrypt": [key]}, [None, None]),
            (
                {"kms:GenerateDataKey": [key + "0"]},
                ["kms:GenerateDataKey", "kms:Decrypt"],
            ),
        ]:
            control("PUT", "rights", {"key": "AKIAKMS", "allow": objects | given})
            caller, place = as_key("s3", "AKIAKMS"), {"Bucket": "sealed", "Key": "k"}
            for call, missing in zip(
                (
                    lambda c=caller, p=place: c.put_object(**p, Body=b"1"),
                    lambda c=caller, p=place: c.get_object(**p),
                ),
                expected,
                strict=True,
            ):
                with self.subTest(given=given, missing=missing):
                    self.assertEqual(_lacking(call), missing)

    def test_a_role_may_do_what_the_page_lists(self) -> None:
        for service, key, operation, request, action in [
            (
                "s3",
                WORKER,
                "create_bucket",
                {"Bucket": "another"},
                "s3:CreateBucket",
            ),
            (
                "s3",
                PUBLISHER,
                "create_bucket",
                {"Bucket": "another"},
                "s3:CreateBucket",
            ),
            ("glue", WORKER, "delete_job", {"JobName": "j"}, "glue:DeleteJob"),
            ("glue", PUBLISHER, "start_crawler", {"Name": "c"}, "glue:StartCrawler"),
        ]:
            with self.subTest(action), self.assertRaises(ClientError) as caught:
                getattr(as_key(service, key), operation)(**request)
            error = caught.exception.response["Error"]
            code = "AccessDenied" if service == "s3" else "AccessDeniedException"
            self.assertEqual(error["Code"], code)
            self.assertIn(f"is not authorized to perform: {action} ", error["Message"])

    def test_a_key_may_be_given_less(self) -> None:
        control("PUT", "rights", {"key": "AKIALESS", "allow": {"glue:GetJobs": ["*"]}})
        less = as_key("glue", "AKIALESS")
        self.assertEqual(less.get_jobs()["Jobs"], [])
        with self.assertRaises(ClientError):
            less.get_crawlers()
