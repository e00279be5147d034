"""Permissions in the lab: what a key may do, and how AWS says that it may not."""

from __future__ import annotations

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from lab.rights import PUBLISHER, WORKER, needed

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


class RightsTest(LabTest):
    def test_calls_need_actions(self) -> None:
        cases = [
            ("s3", "ListObjectsV2", {}, ["s3:ListBucket"]),
            ("s3", "HeadObject", {}, ["s3:GetObject"]),
            (
                "s3",
                "PutObject",
                {"headers": {"x-amz-server-side-encryption": "aws:kms"}},
                ["s3:PutObject", "kms:GenerateDataKey"],
            ),
            ("mwaa", "GetEnvironment", {}, ["airflow:GetEnvironment"]),
            ("glue", "CreateJob", {}, ["glue:CreateJob", "iam:PassRole"]),
            (
                "redshift-data",
                "ExecuteStatement",
                {"SecretArn": "arn", "WorkgroupName": "w"},
                ["redshift-data:ExecuteStatement", "secretsmanager:GetSecretValue"],
            ),
            (
                "redshift-data",
                "BatchExecuteStatement",
                {"ClusterIdentifier": "c", "DbUser": "u"},
                [
                    "redshift-data:BatchExecuteStatement",
                    "redshift:GetClusterCredentials",
                ],
            ),
            (
                "redshift-data",
                "DescribeStatement",
                {},
                ["redshift-data:DescribeStatement"],
            ),
        ]
        for service, operation, request, expected in cases:
            with self.subTest(operation):
                self.assertEqual(needed(service, operation, request), expected)

    def test_a_role_may_do_what_the_page_lists(self) -> None:
        client("s3").create_bucket(Bucket="rights")
        as_key("s3", PUBLISHER).put_object(Bucket="rights", Key="k", Body=b"")
        for service, key, operation, request, action in [
            (
                "s3",
                WORKER,
                "get_object",
                {"Bucket": "rights", "Key": "k"},
                "s3:GetObject",
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
        control("PUT", "rights", {"key": "AKIALESS", "allow": ["glue:GetJobs"]})
        less = as_key("glue", "AKIALESS")
        self.assertEqual(less.get_jobs()["Jobs"], [])
        with self.assertRaises(ClientError):
            less.get_crawlers()
