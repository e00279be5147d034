"""Athena's API: queries in workgroups.

A workgroup must exist: `primary` does, others are made by a control request. Every start
has a token (the SDKs make one), which gives the first query back for as long as the lab
lives, and refuses another request. Queries read and write as whoever has started them.
Not emulated: Spark sessions, named queries, other catalogs, parameters of a request, Lambda's functions, encryption of results, partition projection.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lab.athena import queries
from lab.athena.errors import QueryError
from lab.athena.queries import TERMINAL, Query
from lab.athena.tables import split
from lab.service import HOME, ApiError, Call, NotEmulated, Service

if TYPE_CHECKING:
    from lab.lab import Lab

_LIST = 50


class Athena(Service):
    """One method an operation; queries live until the lab is reset."""

    model_name = "athena"
    signing_name = "athena"

    def __init__(self, lab: Lab, region: str = HOME) -> None:
        super().__init__(lab, region)
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        for query in list(getattr(self, "_queries", {}).values()):
            query.stop("the lab is reset")
        self._queries: dict[str, Query] = {}
        self._prepared = queries.Prepared()
        self._tokens: dict[str, Query] = {}
        self._workgroups: dict[str, dict[str, Any]] = {"primary": {}}

    def control_workgroup(self, method: str, body: Any) -> Any:
        """PUT /_lab/workgroup {name, output?, enforce?, cutoff?}: makes one."""
        known = {"name", "output", "enforce", "cutoff"}
        if (
            method != "PUT"
            or not isinstance(body, dict)
            or not body.get("name")
            or set(body) - known
        ):
            raise ValueError("PUT {name, output?, enforce?, cutoff?}")
        with self._lock:
            self._workgroups[body["name"]] = body
        return body

    def start_query_execution(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        for member in ("ExecutionParameters", "EngineConfiguration"):
            if request.get(member):
                raise NotEmulated(f"the lab has no {member}")
        token = request.get("ClientRequestToken")
        if not token:
            raise _invalid("Idempotency token is missing")
        name = request.get("WorkGroup", "primary")
        workgroup = self._workgroup(name)
        if not request["QueryString"].strip():
            raise _invalid("Query is empty")
        output = self._output(request, workgroup)
        with self._lock:
            query = self._tokens.get(token)
            if query is not None and query.request != request:
                raise _invalid("Idempotent parameters do not match")
            if query is None:
                query = Query(request, name, output, workgroup.get("cutoff"))
                query.hold, query.script = call.hold, call.script
                query.listed = query.submitted + timedelta(seconds=call.lag)
                query.kind = queries.kind_of(request["QueryString"])
                self._queries[query.id] = self._tokens[token] = query
                if not self._reuse(query):
                    threading.Thread(
                        target=queries.run,
                        args=(
                            query,
                            self.lab,
                            self.region,
                            self._guard(call),
                            self._key(),
                            self._prepared,
                        ),
                        name=f"query {query.id}",
                        daemon=True,
                    ).start()
        call.notes["query"] = query.id
        return {"QueryExecutionId": query.id}

    def get_query_execution(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        return {"QueryExecution": _told(self._find(request["QueryExecutionId"]))}

    def batch_get_query_execution(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        known, unknown = [], []
        for id_ in request["QueryExecutionIds"]:
            query = self._queries.get(id_)
            if query is None:
                unknown.append(
                    {
                        "QueryExecutionId": id_,
                        "ErrorCode": "INVALID_INPUT",
                        "ErrorMessage": f"QueryExecution {id_} was not found",
                    }
                )
            else:
                known.append(_told(query))
        return {"QueryExecutions": known, "UnprocessedQueryExecutionIds": unknown}

    def list_query_executions(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        name = request.get("WorkGroup", "primary")
        self._workgroup(name)
        now = datetime.now(UTC)
        with self._lock:
            found = [
                q
                for q in self._queries.values()
                if q.workgroup == name and q.listed <= now
            ][::-1]
        start, size = (
            int(request.get("NextToken") or 0),
            request.get("MaxResults") or _LIST,
        )
        more = start + size < len(found)
        return {
            "QueryExecutionIds": [q.id for q in found[start : start + size]] or None,
            "NextToken": str(start + size) if more else None,
        }

    def stop_query_execution(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        self._find(request["QueryExecutionId"]).stop("Query cancelled by user")
        return {}

    def get_query_results(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        query = self._find(request["QueryExecutionId"])
        if query.state != "SUCCEEDED":
            raise _invalid(
                "Query has not yet finished. Current state: " + query.state
                if query.state not in TERMINAL
                else f"Query did not finish successfully. Final query state: {query.state}"
            )
        if query.place:
            try:
                self._guard(call)(
                    "s3:GetObject", "arn:aws:s3:::" + "/".join(split(query.place))
                )
            except QueryError as error:
                raise _invalid(f"Access denied to the result: {error}") from error
        rows, columns = queries.cells(query)
        start, size = (
            int(request.get("NextToken") or 0),
            request.get("MaxResults") or 1000,
        )
        more = start + size < len(rows)
        return {
            "UpdateCount": query.updated or 0,
            "ResultSet": {
                "Rows": [
                    {"Data": [{} if v is None else {"VarCharValue": v} for v in row]}
                    for row in rows[start : start + size]
                ],
                "ResultSetMetadata": {"ColumnInfo": columns},
            },
            "NextToken": str(start + size) if more else None,
        }

    def get_work_group(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        name = request["WorkGroup"]
        workgroup = self._workgroup(name)
        return {
            "WorkGroup": {
                "Name": name,
                "State": "ENABLED",
                "Configuration": {
                    "ResultConfiguration": {"OutputLocation": workgroup.get("output")},
                    "EnforceWorkGroupConfiguration": bool(workgroup.get("enforce")),
                    "BytesScannedCutoffPerQuery": workgroup.get("cutoff"),
                },
            }
        }

    def workgroup_of(self, id_: str) -> str:
        """The workgroup of a query, for its permissions."""
        query = self._queries.get(id_)
        return query.workgroup if query else "primary"

    def _key(self) -> str:
        from lab.front import INTERNAL_KEY

        return INTERNAL_KEY

    def _guard(self, call: Call) -> Any:
        """Raises where the caller of `call` may not do an action on a resource."""

        def guard(action: str, resource: str) -> None:
            if not self.lab.rights.may(call.access_key, action, resource):
                raise QueryError(
                    f"Insufficient permissions to execute the query. User is not authorized to perform: {action} "
                    f"on resource: {resource} because no identity-based policy allows the {action} action",
                    type_=1301,
                )

        return guard

    def _workgroup(self, name: str) -> dict[str, Any]:
        with self._lock:
            found = self._workgroups.get(name)
        if found is None:
            raise _invalid(f"WorkGroup {name} is not found.")
        return found

    def _output(self, request: dict[str, Any], workgroup: dict[str, Any]) -> str:
        own = request.get("ResultConfiguration", {}).get("OutputLocation")
        output = workgroup.get("output") if workgroup.get("enforce") or not own else own
        if not output:
            raise _invalid(
                "No output location provided. An output location is required either through the Workgroup result "
                "configuration setting or as an API input."
            )
        try:
            self.lab.client("s3", self.region).head_bucket(Bucket=split(output)[0])
        except ClientError as error:
            raise _invalid(
                f"Unable to verify/create output bucket {split(output)[0]}"
            ) from error
        return output

    def _reuse(self, query: Query) -> bool:
        """Gives a result of before again, where the request asks for it and there is one."""
        asked = query.request.get("ResultReuseConfiguration", {}).get(
            "ResultReuseByAgeConfiguration", {}
        )
        if not asked.get("Enabled") or query.kind != "DML":
            return False
        oldest = query.submitted - timedelta(minutes=asked.get("MaxAgeInMinutes", 60))
        for other in reversed(list(self._queries.values())):
            same = other.request["QueryString"] == query.request["QueryString"]
            if (
                other is not query
                and same
                and other.state == "SUCCEEDED"
                and other.submitted >= oldest
            ):
                query.data, query.place, query.reused = other.data, other.place, True
                query.end("SUCCEEDED")
                return True
        return False

    def _find(self, id_: str) -> Query:
        with self._lock:
            query = self._queries.get(id_)
        if query is None:
            raise _invalid(f"QueryExecution {id_} was not found")
        return query


def _invalid(message: str) -> ApiError:
    return ApiError("InvalidRequestException", message)


def _told(query: Query) -> dict[str, Any]:
    request = query.request
    took = (query.completed or datetime.now(UTC)) - query.submitted
    return {
        "QueryExecutionId": query.id,
        "Query": request["QueryString"],
        "StatementType": query.kind,
        "ResultConfiguration": {
            "OutputLocation": query.place
            or f"{query.output.rstrip('/')}/{query.id}.csv"
        },
        "ResultReuseConfiguration": request.get("ResultReuseConfiguration"),
        "QueryExecutionContext": request.get("QueryExecutionContext", {}),
        "Status": {
            "State": query.state,
            "StateChangeReason": query.reason,
            "SubmissionDateTime": query.submitted,
            "CompletionDateTime": query.completed,
            "AthenaError": query.error,
        },
        "Statistics": {
            "EngineExecutionTimeInMillis": int(took.total_seconds() * 1000),
            "DataScannedInBytes": query.scanned,
            "TotalExecutionTimeInMillis": int(took.total_seconds() * 1000),
            "QueryQueueTimeInMillis": 10,
            "ResultReuseInformation": {"ReusedPreviousResult": query.reused},
        },
        "WorkGroup": query.workgroup,
        "EngineVersion": {
            "SelectedEngineVersion": "AUTO",
            "EffectiveEngineVersion": "Athena engine version 3",
        },
    }
