"""Who may do what: the permissions that `docs/permissions.md` lists, and no more.

A caller is known by its access key. `WORKER` and `PUBLISHER` have what the page lists
for them; `PUT /_lab/rights` with `{key, allow: [ACTION, ...]}` gives another key these
actions and no others (`allow: null`: all). A key that nobody has spoken of may do all:
that is the tests' own hand.

Which actions a call needs is AWS's ("Actions, resources, and condition keys for AWS
services"), written down here and not taken from dagc.
"""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any

from lab.service import ApiError

PAGE = Path(__file__).resolve().parents[2] / "docs" / "permissions.md"

#: The execution role of the workers, and the role of who publishes.
WORKER = "AKIAWORKERWORKERWORK"
PUBLISHER = "AKIAPUBLISHERPUBLISH"
_HEADINGS = {"The workers": WORKER, "The publisher": PUBLISHER}

#: Calls whose action is called otherwise.
_S3 = {
    "ListObjectsV2": ["s3:ListBucket"],
    "ListObjects": ["s3:ListBucket"],
    "HeadBucket": ["s3:ListBucket"],
    "HeadObject": ["s3:GetObject"],
    "DeleteObjects": ["s3:DeleteObject"],
    "CopyObject": ["s3:GetObject", "s3:PutObject"],
    "CreateMultipartUpload": ["s3:PutObject"],
    "UploadPart": ["s3:PutObject"],
    "CompleteMultipartUpload": ["s3:PutObject"],
}
#: The prefix of actions, where it is not the service's name.
_PREFIXES = {"mwaa": "airflow"}
#: Calls that hand a role on.
_PASSING = {"CreateJob", "UpdateJob", "CreateCrawler", "UpdateCrawler"}
#: Calls of the Data API that log in to a database.
_LOGIN = {"ExecuteStatement", "BatchExecuteStatement"}
_ENCRYPTION = "x-amz-server-side-encryption"
#: Calls that nobody needs a permission for.
_FREE = {"sts:GetCallerIdentity"}


class Rights:
    """The actions of each key; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._allowed: dict[str, set[str] | None] = {}
        self.reset()

    def reset(self) -> None:
        """Gives each role what the page lists."""
        with self._lock:
            self._allowed = dict(_listed(PAGE.read_text(encoding="utf-8")))

    def control_rights(self, method: str, body: Any) -> Any:
        """The control request of the module's doc."""
        if (
            method != "PUT"
            or not isinstance(body, dict)
            or set(body) != {"key", "allow"}
        ):
            raise ValueError("PUT {key: ACCESS_KEY, allow: [ACTION, ...] or null}")
        self.allow(body["key"], body["allow"])
        return body

    def allow(self, key: str, actions: list[str] | None) -> None:
        """Gives a key these actions and no others; None gives it all."""
        with self._lock:
            self._allowed[key] = None if actions is None else set(actions)

    def check(
        self, key: str, service: str, operation: str, request: Any, account: str
    ) -> None:
        """Raises what AWS says to a caller that lacks one of the actions."""
        with self._lock:
            allowed = self._allowed.get(key)
        if allowed is None:
            return
        for action in needed(service, operation, request):
            if action not in allowed and action not in _FREE:
                raise _refusal(key, service, action, account)


def needed(service: str, operation: str, request: Any) -> list[str]:
    """The actions of IAM that a call needs."""
    members = request if isinstance(request, dict) else {}
    if service == "s3":
        actions = list(_S3.get(operation, [f"s3:{operation}"]))
        if "kms" in str(members.get("headers", {}).get(_ENCRYPTION, "")):
            actions.append("kms:GenerateDataKey")
        return actions
    actions = [f"{_PREFIXES.get(service, service)}:{operation}"]
    if service == "glue" and operation in _PASSING:
        actions.append("iam:PassRole")
    if service == "redshift-data" and operation in _LOGIN:
        actions.append(_login(members))
    return actions


def _login(request: dict[str, Any]) -> str:
    if request.get("SecretArn"):
        return "secretsmanager:GetSecretValue"
    if request.get("WorkgroupName"):
        return "redshift-serverless:GetCredentials"
    if request.get("DbUser"):
        return "redshift:GetClusterCredentials"
    return "redshift:GetClusterCredentialsWithIAM"


def _refusal(key: str, service: str, action: str, account: str) -> ApiError:
    role = {WORKER: "worker", PUBLISHER: "publisher"}.get(key, key)
    told = (
        f"User: arn:aws:sts::{account}:assumed-role/{role}/session is not authorized to "
        f"perform: {action} because no identity-based policy allows the {action} action"
    )
    if service == "s3":
        return ApiError("AccessDenied", told, http=403)
    return ApiError("AccessDeniedException", told, http=400)


def _listed(page: str) -> dict[str, set[str]]:
    """The actions in the tables below each role's heading."""
    found: dict[str, set[str]] = {key: set() for key in _HEADINGS.values()}
    key = None
    for line in page.splitlines():
        if match := re.fullmatch(r"## (.*)", line):
            key = _HEADINGS.get(match[1])
        elif key and (match := re.match(r"\| `([\w-]+:\w+)` \|", line)):
            found[key].add(match[1])
    if not all(found.values()):
        raise RuntimeError(f"{PAGE} does not list the permissions of each role")
    return found
