"""Lake Formation's API: grants, each of which may fail in a call that has succeeded.

What is granted on has to be in the Data Catalog, LF-tags among those that a control request has made. Not emulated: all other calls, and
that anybody is held to what is granted.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lab.service import HOME, ApiError, Call, NotEmulated, Service

if TYPE_CHECKING:
    from lab.lab import Lab

#: How many entries one call takes.
_MOST = 20

_ON_DATABASES = {"ALL", "ALTER", "CREATE_TABLE", "DESCRIBE", "DROP"}
_ON_TABLES = {"ALL", "ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT", "SELECT"}


class _Failed(Exception):
    """A grant that is not made."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class LakeFormation(Service):
    """One method an operation; grants live until the lab is reset."""

    model_name = "lakeformation"
    signing_name = "lakeformation"

    def __init__(self, lab: Lab, region: str = HOME) -> None:
        super().__init__(lab, region)
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        self._grants: list[dict[str, Any]] = []
        self._tags: dict[str, list[str]] = {}

    def control_grants(self, method: str, body: Any) -> Any:
        """PUT /_lab/grants {tag, values}: makes an LF-tag. POST {database}: the grants on a database and its tables, or by tags."""
        with self._lock:
            if method == "PUT":
                self._tags[body["tag"]] = body["values"]
                return body
            return [g for g in self._grants if body["database"] in (_of(g), None)]

    def batch_grant_permissions(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        entries = request["Entries"]
        if len(entries) > _MOST:
            raise ApiError("InvalidInputException", f"more than {_MOST} entries")
        ids = {entry["Id"] for entry in entries}
        if len(ids) != len(entries):
            raise ApiError("InvalidInputException", "two entries have one Id")
        script, failures = call.script or {}, []
        for n, entry in enumerate(entries):
            try:
                if n in script.get("entries", []):
                    raise _Failed(script["code"], script.get("message", ""))
                self._grant(entry)
            except _Failed as failed:
                error = {"ErrorCode": failed.code, "ErrorMessage": failed.message}
                failures.append({"RequestEntry": entry, "Error": error})
        return {"Failures": failures}

    def _grant(self, entry: dict[str, Any]) -> None:
        resource, permissions = entry["Resource"], set(entry.get("Permissions") or [])
        ((kind, on),) = resource.items()
        if not permissions <= self._allowed(kind, on):
            raise _Failed("InvalidInputException", f"{permissions} on {kind}")
        if set(entry.get("PermissionsWithGrantOption") or []) - permissions:
            raise _Failed(
                "InvalidInputException", "a grant option of what is not granted"
            )
        grant = {
            "principal": entry["Principal"]["DataLakePrincipalIdentifier"],
            "on": resource,
            "permissions": sorted(permissions),
            "grantable": bool(entry.get("PermissionsWithGrantOption")),
        }
        with self._lock:
            if grant not in self._grants:
                self._grants.append(grant)

    def _allowed(self, kind: str, on: dict[str, Any]) -> set[str]:
        """What may be granted on something that is there."""
        match kind:
            case "Database":
                self._look(on["Name"], None)
                return _ON_DATABASES
            case "Table":
                self._look(on["DatabaseName"], on.get("Name"))
                if ("Name" in on) == ("TableWildcard" in on):
                    raise _Failed("InvalidInputException", "a name or a wildcard")
                return _ON_TABLES
            case "TableWithColumns":
                self._look(on["DatabaseName"], on["Name"])
                return {"SELECT"}
            case "LFTagPolicy":
                for tag in on["Expression"]:
                    unknown = set(tag["TagValues"]) - set(
                        self._tags.get(tag["TagKey"], [])
                    )
                    if unknown:
                        raise _Failed(
                            "EntityNotFoundException", f"no LF-tag {tag['TagKey']}"
                        )
                of_tables = on["ResourceType"] == "TABLE"
                return _ON_TABLES if of_tables else _ON_DATABASES
        raise NotEmulated(f"the lab grants nothing on {kind}")

    def _look(self, database: str, table: str | None) -> None:
        glue = self.lab.client("glue", self.region)
        try:
            glue.get_database(Name=database)
            if table is not None:
                glue.get_table(DatabaseName=database, Name=table)
        except ClientError as error:
            raise _Failed("EntityNotFoundException", str(error)) from error


def _of(grant: dict[str, Any]) -> str | None:
    ((kind, on),) = grant["on"].items()
    return on["Name"] if kind == "Database" else on.get("DatabaseName")
