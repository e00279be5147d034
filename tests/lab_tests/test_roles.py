"""Roles that are taken on: whom they trust, and where their holder then is."""

from __future__ import annotations

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from lab.rights import WORKER

from lab_tests.harness import LabTest, control, lab

ROLE = "arn:aws:iam::444455556666:role/shared"
CODE = "def handler(event, context):\n    return 1\n"


def _as(service: str, credentials: dict[str, str], region: str = "us-east-1") -> object:
    return boto3.session.Session().client(
        service,
        endpoint_url=lab().endpoint,
        region_name=region,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials.get("SessionToken"),
        config=Config(proxies={}, retries={"total_max_attempts": 1}),
    )


def _take(key: str = WORKER, **more: str) -> dict[str, str]:
    own = {"AccessKeyId": key, "SecretAccessKey": "secret"}
    named = {"RoleArn": ROLE, "RoleSessionName": "test", **more}
    return _as("sts", own).assume_role(**named)["Credentials"]


class RolesTest(LabTest):
    def test_only_who_is_trusted_takes_a_role_on(self) -> None:
        with self.assertRaises(ClientError) as unknown:
            _take(ExternalId="a-1")
        self.assertEqual(unknown.exception.response["Error"]["Code"], "AccessDenied")
        control("PUT", "role", {"arn": ROLE, "external_id": "a-1", "allow": {}})
        for key, id_ in ((WORKER, "a-2"), ("AKIAOTHER", "a-1")):
            with self.assertRaises(ClientError, msg=(key, id_)):
                _take(key, ExternalId=id_)
        with self.assertRaises(ClientError):
            _take()
        self.assertTrue(_take(ExternalId="a-1")["AccessKeyId"])

    def test_its_holder_is_in_the_roles_account_and_may_what_it_may(self) -> None:
        arn = "arn:aws:lambda:us-east-1:444455556666:function:one"
        allow = {"lambda:InvokeFunction": [arn]}
        control("PUT", "role", {"arn": ROLE, "allow": allow})
        here = {"name": "two", "code": CODE}
        control("PUT", "function", here)
        control("PUT", "function", {**here, "name": "one", "account": "444455556666"})
        theirs = _as("lambda", _take())
        self.assertEqual(theirs.invoke(FunctionName="one")["Payload"].read(), b"1")
        with self.assertRaises(ClientError) as denied:
            theirs.invoke(FunctionName="two")
        self.assertIn("444455556666:function:two", str(denied.exception))
        own = _as("lambda", {"AccessKeyId": WORKER, "SecretAccessKey": "secret"})
        with self.assertRaises(ClientError) as missing:
            own.invoke(FunctionName="one")
        self.assertIn("123456789012:function:one", str(missing.exception))
