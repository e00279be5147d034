"""DMS's API: replications of tables of the warehouse into the lab's S3, on an instance or serverless.

A replication is made by a control request. It runs once at a time: a start beside that is refused. For a little while after a start it
is told as it was before, and so are its tags after they were changed. Changes have positions and no rows. Not emulated: endpoints,
instances but their names, mappings, all settings but one, assessments, validation but by scripts, logs.
"""

from __future__ import annotations

import secrets
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lab.dms import replication as runs
from lab.dms.replication import Replication, Table, View
from lab.redshift.errors import SqlError
from lab.redshift.warehouse import Target
from lab.service import HOME, ApiError, Call, NotEmulated, Service

if TYPE_CHECKING:
    from lab.lab import Lab

#: For how many seconds tags are told as they were before, at most.
_OLD_TAGS = 0.3
_ACCOUNT = "123456789012"
_KNOWN = {
    "name",
    "tables",
    "to",
    "workgroup",
    "type",
    "serverless",
    "settings",
}


class Dms(Service):
    """One method an operation; replications live until the lab is reset."""

    model_name = "dms"
    signing_name = "dms"

    def __init__(self, lab: Lab, region: str = HOME) -> None:
        super().__init__(lab, region)
        self._lock = threading.Lock()
        self._all: dict[str, Replication] = {}

    def reset(self) -> None:
        with self._lock:
            replications, self._all = list(self._all.values()), {}
        for one in replications:
            one.told_to_stop.set()

    def control_replication(self, method: str, body: Any) -> Any:
        """PUT /_lab/replication {name, tables?, to?, workgroup?, type?, serverless?, settings?}: makes one; gives its ARN.

        POST {name}: gives its ARN and its runs, each with the mark, the type and the position of its start.
        """
        if method == "POST":
            with self._lock:
                [found] = [r for r in self._all.values() if r.name == body["name"]]
            return {"arn": found.arn, "runs": found.runs, "status": found.view.status}
        if method != "PUT" or not isinstance(body, dict) or set(body) - _KNOWN:
            raise ValueError(f"PUT {sorted(_KNOWN)}")
        serverless = bool(body.get("serverless"))
        kind = "replication-config" if serverless else "task"
        arn = f"arn:aws:dms:{self.region}:{_ACCOUNT}:{kind}:{secrets.token_hex(13).upper()}"
        bucket, _, prefix = (
            body.get("to", "s3://none/").removeprefix("s3://").partition("/")
        )
        made = Replication(
            arn=arn,
            name=body["name"],
            serverless=serverless,
            migration=body.get("type", "full-load"),
            settings=body.get("settings", "{}"),
            sources=body.get("tables", []),
            workgroup=body.get("workgroup", "etl"),
            target=(bucket, prefix),
            view=View("created" if serverless else "ready"),
        )
        with self._lock:
            self._all[arn] = made
        return {"arn": arn}

    def describe_replication_tasks(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        found = self._filtered(request, "replication-task", serverless=False)
        listed = [_task(one, bool(request.get("WithoutSettings"))) for one in found]
        return {"ReplicationTasks": listed}

    def describe_replications(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        found = self._filtered(request, "replication-config", serverless=True)
        return {"Replications": [_serverless(one) for one in found]}

    def describe_replication_configs(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        found = self._filtered(request, "replication-config", serverless=True)
        configs = [
            {
                "ReplicationConfigArn": one.arn,
                "ReplicationConfigIdentifier": one.name,
                "ReplicationType": one.migration,
                "ReplicationSettings": one.settings,
            }
            for one in found
        ]
        return {"ReplicationConfigs": configs}

    def describe_replication_instances(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        [only] = request["Filters"]
        instance = {
            "ReplicationInstanceArn": only["Values"][0],
            "ReplicationInstanceIdentifier": "lab-instance",
        }
        return {"ReplicationInstances": [instance]}

    def describe_table_statistics(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        return self._tables(request, "ReplicationTaskArn", "TableStatistics")

    def describe_replication_table_statistics(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        return self._tables(
            request, "ReplicationConfigArn", "ReplicationTableStatistics"
        )

    def _tables(self, request: dict[str, Any], arn: str, named: str) -> dict[str, Any]:
        """A page of the tables of the replication that is named by a member."""
        one = self._find(request[arn])
        tables, marker = _page(one, request)
        return {arn: one.arn, named: tables, "Marker": marker}

    def list_tags_for_resource(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        tags = self._find(request["ResourceArn"]).told_tags()
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        return {"TagList": listed}

    def add_tags_to_resource(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        one = self._find(request["ResourceArn"])
        with self._lock:
            one.old_tags = dict(one.told_tags())
            one.old_tags_until = time.monotonic() + min(call.lag, _OLD_TAGS)
            one.tags = one.tags | {tag["Key"]: tag["Value"] for tag in request["Tags"]}
        return {}

    def start_replication_task(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        arn, how = request["ReplicationTaskArn"], request["StartReplicationTaskType"]
        one = self._start(arn, how, request, call)
        return {"ReplicationTask": _task(one, without_settings=True)}

    def start_replication(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        arn, how = request["ReplicationConfigArn"], request["StartReplicationType"]
        return {"Replication": _serverless(self._start(arn, how, request, call))}

    def stop_replication_task(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        one = self._stop(request["ReplicationTaskArn"])
        return {"ReplicationTask": _task(one, without_settings=True)}

    def stop_replication(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        return {"Replication": _serverless(self._stop(request["ReplicationConfigArn"]))}

    def _start(
        self, arn: str, how: str, request: dict[str, Any], call: Call
    ) -> Replication:
        if request.get("CdcStartTime"):
            raise NotEmulated("the lab knows positions and no start times")
        one = self._find(arn)
        position = request.get("CdcStartPosition")
        with self._lock:
            if one.active:
                raise _state(f"{one.name} is {one.view.status}")
            has_run = one.view.started is not None
            first = how == "start-replication"
            if first == has_run and not (position and one.migration == "cdc"):
                told = f"Start Type : {how}, valid only for tasks running for the "
                told += "first time" if first else "second time and later"
                raise ApiError("InvalidParameterCombinationException", told)
            now = datetime.now(UTC)
            one.old, one.old_until = one.view, time.monotonic() + call.lag
            fresh = one.view.fresh if how == "resume-processing" else now
            until = request.get("CdcStopPosition")
            # What has ended before says so no longer.
            one.view = View("starting", now, fresh, one.view.stopped, until=until)
            one.tables = [Table(*table.split(".", 1)) for table in one.sources]
            one.told_to_stop = threading.Event()
            run = f"run-{secrets.token_hex(8)}"
            mark = one.tags.get("dagc")
            one.runs.append(
                {"run": run, "mark": mark, "how": how, "until": until, "from": position}
            )
        call.notes |= {"run": run, "mark": mark}
        client = self.lab.client("s3", self.region)
        threading.Thread(
            target=runs.run,
            args=(one, self._reader(one), client, call.hold, call.script or {}),
            name=f"replication {one.name}",
            daemon=True,
        ).start()
        return one

    def _reader(self, one: Replication) -> Any:
        target = Target(self.region, "workgroup", one.workgroup)

        def read(table: str) -> tuple[list[str], list[tuple[Any, ...]]]:
            session = self.lab.warehouse.session(target, "analytics")
            try:
                result = session.run(f"select * from {table}", 0)
            except SqlError as error:
                raise ValueError(str(error)) from error
            finally:
                session.close()
            return [column["name"] for column in result.columns or []], result.rows

        return read

    def _stop(self, arn: str) -> Replication:
        one = self._find(arn)
        with self._lock:
            if not one.active or one.view.status == "stopping":
                raise _state(f"{one.name} is {one.view.status}")
            one.change(status="stopping")
            one.told_to_stop.set()
        return one

    def _find(self, arn: str) -> Replication:
        with self._lock:
            found = self._all.get(arn)
        if found is None:
            raise ApiError("ResourceNotFoundFault", f"{arn} is not found")
        return found

    def _filtered(
        self, request: dict[str, Any], what: str, *, serverless: bool
    ) -> list[Replication]:
        wanted = {f["Name"]: f["Values"] for f in request.get("Filters") or []}
        if set(wanted) - {f"{what}-arn", f"{what}-id"}:
            raise NotEmulated(f"the lab does not filter by {sorted(wanted)}")
        with self._lock:
            found = [
                one
                for one in self._all.values()
                if one.serverless == serverless
                and one.arn in wanted.get(f"{what}-arn", [one.arn])
                and one.name in wanted.get(f"{what}-id", [one.name])
            ]
        if not found:
            raise ApiError("ResourceNotFoundFault", "Nothing matches the given filter")
        return found


def _state(message: str) -> ApiError:
    return ApiError("InvalidResourceStateFault", message)


def _stats(one: Replication, view: View) -> dict[str, Any]:
    states = [table.state for table in one.tables]
    return {
        "FullLoadProgressPercent": view.percent,
        "TablesLoaded": states.count("Table completed"),
        "TablesLoading": states.count("Full load"),
        "TablesQueued": states.count("Before load"),
        "TablesErrored": states.count("Table error"),
        "StartDate": view.started,
        "FreshStartDate": view.fresh,
        "StopDate": view.stopped,
    }


def _task(one: Replication, without_settings: bool) -> dict[str, Any]:
    view = one.told()
    return {
        "ReplicationTaskArn": one.arn,
        "ReplicationTaskIdentifier": one.name,
        "ReplicationInstanceArn": f"arn:aws:dms:us-east-1:{_ACCOUNT}:rep:LAB",
        "MigrationType": one.migration,
        "Status": view.status,
        "StopReason": view.reason,
        "LastFailureMessage": view.failure,
        "ReplicationTaskStartDate": view.started,
        "CdcStopPosition": view.until,
        "ReplicationTaskSettings": None if without_settings else one.settings,
        "ReplicationTaskStats": _stats(one, view),
    }


def _serverless(one: Replication) -> dict[str, Any]:
    view = one.told()
    return {
        "ReplicationConfigArn": one.arn,
        "ReplicationConfigIdentifier": one.name,
        "ReplicationType": one.migration,
        "Status": view.status,
        "StopReason": view.reason,
        "FailureMessages": [view.failure] if view.failure else None,
        "ReplicationLastStopTime": view.stopped,
        "CdcStopPosition": view.until,
        "ReplicationStats": _stats(one, view),
    }


def _page(
    one: Replication, request: dict[str, Any]
) -> tuple[list[dict[str, Any]], str | None]:
    """Two tables a page, whatever is asked for: fewer than the most are allowed."""
    start = int(request.get("Marker") or 0)
    tables = [
        {
            "SchemaName": table.schema,
            "TableName": table.name,
            "TableState": table.state,
            "FullLoadRows": table.rows,
            "Inserts": 0,
            "Updates": 0,
            "Deletes": 0,
            "ValidationState": table.validation,
        }
        for table in one.tables[start : start + 2]
    ]
    more = start + 2 < len(one.tables)
    return tables, str(start + 2) if more else None
