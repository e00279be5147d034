"""Roles that callers take on (STS `AssumeRole`), and the accounts in which they then act.

`PUT /_lab/role {arn, external_id?, trusts?, allow}` makes a role: whom its trust policy names (access keys; the workers' when
absent), the external id that it asks for, and what it may do, as in `rights.py`. Whoever is not trusted, says another id or
names a role that there is not is refused in the same words, as AWS does.
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any

from lab.rights import WORKER
from lab.service import ACCOUNT, ApiError, Call

if TYPE_CHECKING:
    from lab.rights import Rights

_KEYS = {"arn", "external_id", "trusts", "allow"}


class Roles:
    """The roles, and whose access keys are theirs; safe to use from many threads."""

    def __init__(self, rights: Rights) -> None:
        self._rights = rights
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forgets all roles, and who has taken them on."""
        self._roles: dict[str, dict[str, Any]] = {}
        self._accounts: dict[str, str] = {}

    def control_role(self, method: str, body: Any) -> Any:
        """The control request of the module's doc."""
        if method != "PUT" or not isinstance(body, dict) or set(body) - _KEYS:
            raise ValueError("PUT {arn, external_id?, trusts?, allow}")
        with self._lock:
            self._roles[body["arn"]] = body
        return body

    def account(self, key: str) -> str:
        """The account in which who has this key acts."""
        with self._lock:
            return self._accounts.get(key, ACCOUNT)

    def judge(self, call: Call, request: dict[str, Any]) -> None:
        """Refuses who may not take on the role that is named."""
        arn = request.get("RoleArn", "")
        with self._lock:
            role = self._roles.get(arn)
        is_trusted = (
            role is not None
            and call.access_key in role.get("trusts", [WORKER])
            and role.get("external_id") in (None, request.get("ExternalId"))
        )
        if not is_trusted:
            raise ApiError(
                "AccessDenied",
                f"User: arn:aws:sts::{call.account}:assumed-role/worker/session is not authorized to perform: "
                f"sts:AssumeRole on resource: {arn}",
                http=403,
            )

    def taken(self, request: dict[str, Any], answer: bytes) -> None:
        """Whoever has the credentials of this answer acts as the role."""
        arn = request["RoleArn"]
        found = re.search(rb"<AccessKeyId>([^<]+)</AccessKeyId>", answer)
        if found is None:
            raise RuntimeError(f"no credentials in {answer!r}")
        key = found[1].decode()
        with self._lock:
            role = self._roles[arn]
            self._accounts[key] = arn.split(":")[4]
        self._rights.allow(key, role["allow"])
