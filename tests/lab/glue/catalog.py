"""The Data Catalog beyond moto: versions of tables that are no more, batches, refusals in a call that succeeds.

From the AWS Glue API Reference: UpdateTable, BatchCreatePartition, BatchUpdatePartition.
A fault rule `script` that came with one of the batches names those of its `entries`, by
their places, that are refused, and the `code`.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import JsonRESTError
from moto.glue.models import GlueBackend, glue_backends

from lab.service import ApiError, Call

if TYPE_CHECKING:
    from collections.abc import Iterator


class CatalogApi:
    """Operations on tables and partitions that moto does not hold to AWS's words."""

    region: str

    def init_catalog(self) -> None:
        self._tables_lock = threading.Lock()

    @contextmanager
    def _moto(self, call: Call) -> Iterator[GlueBackend]:
        """What moto holds, by which no call comes back here; its refusals are the lab's."""
        with self._tables_lock:
            try:
                yield glue_backends[call.account][self.region]
            except JsonRESTError as error:
                raise ApiError(error.error_type, error.message) from error

    def update_table(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """Changes the newest version of a table, and no other one."""
        database, table = request["DatabaseName"], request["TableInput"]
        version = request.get("VersionId")
        with self._moto(call) as moto:
            there = moto.get_table(database, table["Name"]).as_dict()
            if version is not None and there["VersionId"] != version:
                raise ApiError(
                    "ConcurrentModificationException",
                    "Update table failed due to concurrent modifications.",
                )
            moto.update_table(database, table["Name"], table)
        return {}

    def batch_create_partition(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        """Adds partitions; says of each that is refused why."""
        taken, refused = _taken(request["PartitionInputList"], call)
        with self._moto(call) as moto:
            errors = moto.batch_create_partition(
                request["DatabaseName"], request["TableName"], taken
            )
        return _told(errors, refused, "Values", "PartitionValues")

    def batch_update_partition(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        """Changes partitions; says of each that is refused why."""
        taken, refused = _taken(request["Entries"], call)
        with self._moto(call) as moto:
            errors = moto.batch_update_partition(
                request["DatabaseName"], request["TableName"], taken
            )
        return _told(errors, refused, "PartitionValueList", "PartitionValueList")


def _told(
    errors: list[Any] | None,
    refused: list[tuple[Any, dict[str, str]]],
    member: str,
    named: str,
) -> dict[str, Any]:
    """What moto has refused, and what a fault rule has, by its values."""
    mine = [{named: one[member], "ErrorDetail": detail} for one, detail in refused]
    return {"Errors": [*(errors or []), *mine]}


def _taken(
    inputs: list[Any], call: Call
) -> tuple[list[Any], list[tuple[Any, dict[str, str]]]]:
    """Those that are done, and those that a fault rule has refused, with why."""
    script = call.script or {}
    code, places = script.get("code", ""), set(script.get("entries", []))
    detail = {"ErrorCode": code, "ErrorMessage": script.get("message", code)}
    taken = [one for n, one in enumerate(inputs) if n not in places]
    return taken, [(one, detail) for n, one in enumerate(inputs) if n in places]
