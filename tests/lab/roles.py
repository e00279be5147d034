"""Roles that callers take on (STS `AssumeRole`), and the accounts in which they then act.

`PUT /_lab/role {arn, external_id?, trusts?, allow}` makes a role: whom its trust policy names (access keys; the workers' when
absent), the external id that it asks for, and what it may do, as in `rights.py`. Whoever is not trusted, says another id or
names a role that there is not is refused in the same words, as AWS does.
"""

from __future__ import annotations

import secrets
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from lab.rights import WORKER
from lab.service import ACCOUNT, ApiError, Call, Service

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

    def take(self, call: Call, request: dict[str, Any]) -> str:
        """The access key of a role that is taken on; refuses who may not."""
        arn = request["RoleArn"]
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
        key = "ASIA" + secrets.token_hex(8).upper()
        with self._lock:
            self._accounts[key] = arn.split(":")[4]
        self._rights.allow(key, role["allow"])
        return key


class Sts(Service):
    """STS, of which moto does all but the roles."""

    model_name = "sts"
    signing_name = "sts"
    moto_fallback = True

    def assume_role(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        key = self.lab.roles.take(call, request)
        return {
            "Credentials": {
                "AccessKeyId": key,
                "SecretAccessKey": secrets.token_hex(20),
                "SessionToken": secrets.token_hex(40),
                "Expiration": datetime.now(UTC) + timedelta(hours=1),
            }
        }
