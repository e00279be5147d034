"""What the tests of the warehouse share: running SQL through the Data API."""

from __future__ import annotations

from typing import Any

from lab_tests.harness import LabTest, client, control

WHO = {"WorkgroupName": "dev", "Database": "analytics"}


class WarehouseTest(LabTest):
    """Base of the tests of the Redshift Data API."""

    def setUp(self) -> None:
        super().setUp()
        self.api = client("redshift-data")

    def start(self, *sqls: str, **more: Any) -> str:
        """Starts one statement, or a batch; its id."""
        who = {} if "ClusterIdentifier" in more else WHO
        request = {"Database": "analytics", **who, **more}
        if len(sqls) == 1:
            return self.api.execute_statement(Sql=sqls[0], **request)["Id"]
        return self.api.batch_execute_statement(Sqls=list(sqls), **request)["Id"]

    def finish(self, id_: str) -> dict[str, Any]:
        """The statement's description when it is done."""
        return self.api.describe_statement(Id=id_, WaitTimeSeconds=30)

    def run_sql(self, *sqls: str, **more: Any) -> dict[str, Any]:
        """Runs to the end, whatever that is."""
        return self.finish(self.start(*sqls, **more))

    def ok(self, *sqls: str, **more: Any) -> dict[str, Any]:
        """Runs to the end, which must be FINISHED."""
        done = self.run_sql(*sqls, **more)
        self.assertEqual(done["Status"], "FINISHED", done.get("Error"))
        return done

    def fails(self, *sqls: str, **more: Any) -> str:
        """Runs to the end, which must be FAILED; the error."""
        done = self.run_sql(*sqls, **more)
        self.assertEqual(done["Status"], "FAILED")
        return done["Error"]

    def rows(self, sql: str, **more: Any) -> list[list[Any]]:
        """The rows of a query."""
        done = self.ok(sql, **more)
        records = self.api.get_statement_result(Id=done["Id"])["Records"]
        return [[_plain(value) for value in row] for row in records]


def direct(sql: str, **more: Any) -> list[list[Any]]:
    """The rows of a query, by the control interface."""
    body = {"workgroup": "dev", "database": "analytics", "sql": sql, **more}
    return control("POST", "sql", body)["rows"]


def _plain(field: dict[str, Any]) -> Any:
    [(kind, value)] = field.items()
    return None if kind == "isNull" else value
