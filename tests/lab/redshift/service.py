"""The Redshift Data API.

ListStatements does not list a statement from the first, and lists those of every
workgroup, cluster and database unless it is asked for one.

Every workgroup and cluster exists, and so does every database: they are made on demand.
A secret must exist in Secrets Manager. Sessions (SessionId) and result formats other
than JSON are not emulated.
"""

from __future__ import annotations

import json
import re
import threading
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lab.redshift import statements
from lab.redshift.errors import Cancelled, SqlError
from lab.redshift.lexer import statements as split
from lab.redshift.session import with_parameters
from lab.redshift.statements import Part, Statement
from lab.redshift.warehouse import Target
from lab.service import HOME, ApiError, Call, NotEmulated, Service

if TYPE_CHECKING:
    from lab.lab import Lab

_WHO = ("ClusterIdentifier", "WorkgroupName", "Database", "DbUser", "SecretArn")
_TOKEN_LASTS = timedelta(hours=8)
_SQL_BYTES = 100_000
_PAGE = 1000


class RedshiftData(Service):
    """One method an operation; statements live until the lab is reset."""

    model_name = "redshift-data"
    signing_name = "redshift-data"

    def __init__(self, lab: Lab, region: str = HOME) -> None:
        super().__init__(lab, region)
        self._lock = threading.Lock()
        self._statements: dict[str, Statement] = {}
        self._tokens: dict[str, Statement] = {}

    def reset(self) -> None:
        with self._lock:
            running = [s for s in self._statements.values() if not s.done]
            self._statements.clear()
            self._tokens.clear()
        for statement in running:
            statements.cancel(statement)
            statement.wait(10)

    def execute_statement(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        return self._started(request, call, [request["Sql"]])

    def batch_execute_statement(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        return self._started(request, call, request["Sqls"])

    def describe_statement(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        statement, part = self._find(request["Id"])
        statement.wait(request.get("WaitTimeSeconds", 0))
        if part is not None and statement.batch:
            return {**_who(statement), **_part(part)}
        out = {
            **_who(statement),
            "Id": statement.id,
            "Status": statement.status,
            "Error": statement.error,
            "CreatedAt": statement.created,
            "UpdatedAt": statement.updated,
            "Duration": statement.duration,
            "RedshiftPid": statement.pid,
            "HasResultSet": _has_result(statement),
            "QueryParameters": statement.request.get("Parameters"),
            "ResultFormat": "JSON",
        }
        if statement.batch:
            return out | {
                "QueryString": "",
                "RedshiftQueryId": 0,
                "ResultRows": -1,
                "ResultSize": -1,
                "SubStatements": [_part(p) for p in statement.parts],
                "ExecutionMode": statement.request.get("ExecutionMode", "TRANSACTION"),
            }
        return _part(statement.parts[0]) | out

    def get_statement_result(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        statement, part = self._find(request["Id"])
        statement.wait(request.get("WaitTimeSeconds", 0))
        result = part.result if part is not None else None
        if statement.status != "FINISHED" or result is None or result.columns is None:
            raise ApiError(
                "ResourceNotFoundException",
                "Query does not have result. "
                "Please check query status with DescribeStatement.",
            )
        start = _start(request)
        page = result.rows[start : start + _PAGE]
        more = start + _PAGE < len(result.rows)
        return {
            "Records": [[_field(value) for value in row] for row in page],
            "ColumnMetadata": result.columns,
            "TotalNumRows": len(result.rows),
            "NextToken": str(start + _PAGE) if more else None,
        }

    def cancel_statement(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        statement, part = self._find(request["Id"])
        if statement.batch and part is not None:
            raise ApiError(
                "ValidationException", "A sub-statement can't be cancelled by itself."
            )
        if statement.done:
            raise ApiError(
                "ValidationException",
                "Could not cancel a query that is already in "
                f"{statement.status} state with ID: {statement.id}",
            )
        statements.cancel(statement)
        return {"Status": True}

    def list_statements(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        wanted = request.get("Status", "FINISHED")
        prefix = request.get("StatementName", "")
        with self._lock:
            newest_first = list(self._statements.values())[::-1]
        found = [
            s
            for s in newest_first
            if s.listed <= datetime.now(UTC)
            and wanted in ("ALL", s.status)
            and s.request.get("StatementName", "").startswith(prefix)
            and all(
                request.get(name, s.request.get(name)) == s.request.get(name)
                for name in ("Database", "ClusterIdentifier", "WorkgroupName")
            )
        ]
        start, size = _start(request), request.get("MaxResults") or 100
        more = start + size < len(found)
        return {
            "Statements": [_listed(s) for s in found[start : start + size]],
            "NextToken": str(start + size) if more else None,
        }

    def control_secret(self, method: str, body: Any) -> Any:
        """PUT /_lab/secret {name}: makes a secret with a login; gives its ARN."""
        if method != "PUT" or not isinstance(body, dict) or set(body) != {"name"}:
            raise ValueError("PUT {name}")
        login = json.dumps({"username": "etl", "password": "of the tests"})
        made = self.lab.client("secretsmanager", self.region).create_secret(
            Name=body["name"], SecretString=login
        )
        return {"arn": made["ARN"]}

    def control_kms_key(self, method: str, body: Any) -> Any:
        """PUT /_lab/kms_key: makes a key of KMS; gives its ARN."""
        if method != "PUT":
            raise ValueError("PUT")
        made = self.lab.client("kms", self.region).create_key()
        return {"arn": made["KeyMetadata"]["Arn"]}

    def control_database(self, method: str, body: Any) -> Any:
        """POST /_lab/database {workgroup, database}: where a driver reaches it.

        Gives `{port, database, user}`, on the loopback and with no password.
        """
        if method != "POST" or set(body or {}) - {"region"} != {
            "workgroup",
            "database",
        }:
            raise ValueError("POST {workgroup, database}")
        target = Target(self.region, "workgroup", body["workgroup"])
        return self.lab.warehouse.address(target, body["database"])

    def control_sql(self, method: str, body: Any) -> Any:
        """POST /_lab/sql {workgroup or cluster, database, sql, transaction?}.

        Gives `{columns, rows, affected}` of the last statement; a failure is a 400, and
        undoes all of a transaction.
        """
        kinds = [k for k in ("workgroup", "cluster") if k in (body or {})]
        if method != "POST" or len(kinds) != 1 or not {"database", "sql"} <= set(body):
            raise ValueError("POST {workgroup or cluster, database, sql}")
        target = Target(self.region, kinds[0], body[kinds[0]])
        session = self.lab.warehouse.session(target, body["database"])
        answer: dict[str, Any] = {}
        try:
            if body.get("transaction"):
                session.begin()
            for sql in split(body["sql"]):
                result = session.run(sql, 0)
                answer = {
                    "columns": [c["name"] for c in result.columns or []],
                    "rows": [[_plain(value) for value in row] for row in result.rows],
                    "affected": result.affected,
                }
            if body.get("transaction"):
                session.commit()
        except (SqlError, Cancelled) as error:
            raise ValueError(f"ERROR: {error}") from error
        finally:
            session.close()
        return answer

    def _started(
        self,
        request: dict[str, Any],
        call: Call,
        sqls: list[str],
    ) -> dict[str, Any]:
        target = self._target(request, call)
        bound = _bound(sqls, request.get("Parameters", []))
        with self._lock:
            statement = self._of_token(request)
            if statement is None:
                statement = statements.new(request, target, bound)
                statement.hold, statement.script = call.hold, call.script
                statement.listed = statement.created + timedelta(seconds=call.lag)
                self._statements[statement.id] = statement
                if token := request.get("ClientToken"):
                    self._tokens[token] = statement
                threading.Thread(
                    target=statements.run,
                    args=(statement, self.lab.warehouse),
                    name=f"statement {statement.id}",
                    daemon=True,
                ).start()
        call.notes["statement"] = statement.id
        answer = {
            **_who(statement),
            "Id": statement.id,
            "CreatedAt": statement.created,
        }
        if wait := request.get("WaitTimeSeconds"):
            statement.wait(wait)
            answer |= {
                "Status": statement.status,
                "RedshiftPid": statement.pid,
                "HasResultSet": _has_result(statement),
            }
        return answer

    def _of_token(self, request: dict[str, Any]) -> Statement | None:
        """The statement that the same token has made within its time."""
        statement = self._tokens.get(request.get("ClientToken", ""))
        if statement is None or datetime.now(UTC) - statement.created > _TOKEN_LASTS:
            return None
        # How long to wait for the answer is no part of what is asked for.
        this, that = (
            {k: v for k, v in r.items() if k != "WaitTimeSeconds"}
            for r in (request, statement.request)
        )
        if this != that:
            raise ApiError(
                "ValidationException",
                "The ClientToken was already used with other parameters.",
            )
        return statement

    def _target(self, request: dict[str, Any], call: Call) -> Target:
        """The warehouse that a request names; ApiError where who asks is not clear."""
        for name in ("SessionId", "SessionKeepAliveSeconds"):
            if request.get(name):
                raise NotEmulated(f"the lab has no sessions ({name})")
        if request.get("ResultFormat", "JSON") != "JSON":
            raise NotEmulated("the lab has no results as CSV")
        cluster, workgroup = (request.get(name) for name in _WHO[:2])
        if bool(cluster) == bool(workgroup):
            raise _invalid(
                "exactly one of ClusterIdentifier and WorkgroupName is needed"
            )
        if not request.get("Database"):
            raise _invalid("Database is needed")
        user, secret = request.get("DbUser"), request.get("SecretArn")
        if user and workgroup:
            raise _invalid("DbUser goes with ClusterIdentifier only")
        if user and secret:
            raise _invalid("DbUser and SecretArn exclude each other")
        if secret:
            self._check_secret(secret)
        kind = "workgroup" if workgroup else "cluster"
        by = "secret" if secret else "user" if user else "iam"
        call.notes["authentication"] = f"{kind}-{by}"
        for sql in request.get("Sqls") or [request.get("Sql", "")]:
            if len(sql.encode()) > _SQL_BYTES:
                raise _invalid(f"a statement is longer than {_SQL_BYTES} bytes")
        name = (workgroup or cluster or "").rpartition("/")[2]
        return Target(self.region, kind, name)

    def _check_secret(self, arn: str) -> None:
        try:
            found = self.lab.client("secretsmanager", self.region).get_secret_value(
                SecretId=arn
            )
        except ClientError as error:
            raise _invalid(error.response["Error"]["Message"]) from error
        try:
            value = json.loads(found.get("SecretString", ""))
        except ValueError as error:
            raise _invalid(f"the secret {arn} is not JSON") from error
        if not isinstance(value, dict) or not {"username", "password"} <= set(value):
            raise _invalid(f"the secret {arn} has no username and password")

    def _find(self, id_: str) -> tuple[Statement, Part | None]:
        """A statement by its id, and the part that is meant, if it is one."""
        with self._lock:
            statement = self._statements.get(id_.partition(":")[0])
        if statement is None:
            raise ApiError("ResourceNotFoundException", "Query does not exist.")
        if ":" not in id_ and statement.batch:
            return statement, None
        for part in statement.parts:
            if part.id == id_:
                return statement, part
        raise ApiError("ResourceNotFoundException", "Query does not exist.")


def _invalid(message: str) -> ApiError:
    return ApiError("ValidationException", message)


def _bound(sqls: list[str], given: list[dict[str, str]]) -> list[tuple[str, str]]:
    """Each SQL as written and with its parameters; ApiError where they do not fit."""
    parameters = {p["name"]: p["value"] for p in given}
    if empty := sorted(name for name, value in parameters.items() if not value):
        raise _invalid(f"parameters {empty} are empty")
    out, used = [], set()
    for sql in sqls:
        bound, names = with_parameters(sql, parameters)
        out.append((sql, bound))
        used |= names
    if unused := sorted(set(parameters) - used):
        raise _invalid(
            f"Parameters list contains unused parameters. Unused parameters: {unused}"
        )
    if parameters and (missing := sorted(used - set(parameters))):
        raise _invalid(f"Cannot find parameters: {missing}")
    return out


def _who(statement: Statement) -> dict[str, Any]:
    return {name: statement.request.get(name) for name in _WHO}


def _has_result(statement: Statement) -> bool:
    return any(p.result and p.result.columns is not None for p in statement.parts)


def _part(part: Part) -> dict[str, Any]:
    result = part.result
    has_result = result is not None and result.columns is not None
    rows, size = -1, -1
    if result is not None:
        rows = len(result.rows) if has_result else result.affected
        size = sum(len(str(v)) for row in result.rows for v in row)
    return {
        "Id": part.id,
        "QueryString": part.sql,
        "Status": part.status,
        "Error": part.error,
        "CreatedAt": part.created,
        "UpdatedAt": part.updated,
        "Duration": part.duration,
        "HasResultSet": has_result,
        "ResultRows": rows,
        "ResultSize": size,
        "RedshiftQueryId": part.query_id,
    }


def _listed(statement: Statement) -> dict[str, Any]:
    out = {
        "Id": statement.id,
        "Status": statement.status,
        "StatementName": statement.request.get("StatementName"),
        "SecretArn": statement.request.get("SecretArn"),
        "CreatedAt": statement.created,
        "UpdatedAt": statement.updated,
        "IsBatchStatement": statement.batch,
        "ResultFormat": "JSON",
        "QueryParameters": statement.request.get("Parameters"),
    }
    if statement.batch:
        return out | {"QueryStrings": [part.sql for part in statement.parts]}
    return out | {"QueryString": statement.parts[0].sql}


def _start(request: dict[str, Any]) -> int:
    token = request.get("NextToken", "0")
    if not re.fullmatch(r"\d+", token):
        raise _invalid("NextToken is invalid")
    return int(token)


def _field(value: Any) -> dict[str, Any]:
    """A value as the API's Field: numbers with a scale, dates and times are strings."""
    if value is None:
        return {"isNull": True}
    if isinstance(value, bool):
        return {"booleanValue": value}
    if isinstance(value, int):
        return {"longValue": value}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, bytes):
        return {"blobValue": value}
    return {"stringValue": _plain(value)}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        text = value.isoformat(" ")
        return text.removesuffix(":00") if value.tzinfo else text
    if isinstance(value, (date, Decimal)):
        return str(value)
    if isinstance(value, (dict, list)):
        return json.dumps(value)
    if isinstance(value, bytes):
        return value.hex()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)
