"""The Redshift Data API: statements, batches, tokens, cancelling, listing, SQL."""

from __future__ import annotations

import json
import time
import unittest
from urllib.error import HTTPError

from botocore.exceptions import ClientError
from lab.redshift.merge import translate
from lab.redshift.rewrite import rewrite

from lab_tests.harness import client, control, lab
from lab_tests.warehouse import WHO, WarehouseTest, direct


class Statements(WarehouseTest):
    def test_a_query_and_its_result(self) -> None:
        sql = (
            "select 1::int a, 2.5::numeric(5,2) b, 1.5::float8 c, true d, null e, 'x' f"
        )
        done = self.ok(sql)
        self.assertTrue(done["HasResultSet"])
        self.assertEqual(done["ResultRows"], 1)
        result = self.api.get_statement_result(Id=done["Id"])
        self.assertEqual(
            result["Records"],
            [
                [
                    {"longValue": 1},
                    {"stringValue": "2.50"},
                    {"doubleValue": 1.5},
                    {"booleanValue": True},
                    {"isNull": True},
                    {"stringValue": "x"},
                ]
            ],
        )
        names = [column["name"] for column in result["ColumnMetadata"]]
        self.assertEqual(names, list("abcdef"))

    def test_times_are_strings(self) -> None:
        sql = "select date '2026-01-02', timestamp '2026-01-02 03:04:05'"
        self.assertEqual(self.rows(sql), [["2026-01-02", "2026-01-02 03:04:05"]])

    def test_rows_affected(self) -> None:
        self.ok("create table t (a int)")
        self.assertEqual(self.ok("insert into t values (1),(2)")["ResultRows"], 2)
        self.assertEqual(self.ok("delete from t where a = 1")["ResultRows"], 1)

    def test_long_results_come_in_pages(self) -> None:
        done = self.ok("select generate_series(1, 2500)")
        pages = self.api.get_paginator("get_statement_result").paginate(Id=done["Id"])
        values = [row[0]["longValue"] for page in pages for row in page["Records"]]
        self.assertEqual(values, list(range(1, 2501)))

    def test_a_wrong_statement_fails(self) -> None:
        error = self.fails("select * from absent")
        self.assertEqual(error, 'ERROR: relation "absent" does not exist')
        self.assertIn("multiple commands", self.fails("select 1; select 2"))

    def test_no_result_without_a_result_set(self) -> None:
        done = self.ok("create table t (a int)")
        with self.assertRaises(ClientError) as caught:
            self.api.get_statement_result(Id=done["Id"])
        self.assertIn("ResourceNotFoundException", str(caught.exception))

    def test_waiting_in_the_first_call(self) -> None:
        answer = self.api.execute_statement(Sql="select 1", WaitTimeSeconds=30, **WHO)
        self.assertEqual(answer["Status"], "FINISHED")
        self.assertTrue(answer["HasResultSet"])

    def test_parameters(self) -> None:
        values = [{"name": "n", "value": "5"}, {"name": "s", "value": r"it's \ :n"}]
        sql = "select :n::int + 1, :s, ':n', 'a'::text"
        self.assertEqual(
            self.rows(sql, Parameters=values), [[6, r"it's \ :n", ":n", "a"]]
        )
        for sql in ("select 1", "select :n, :s, :absent"):
            with self.subTest(sql=sql), self.assertRaises(ClientError) as caught:
                self.start(sql, Parameters=values)
            self.assertIn("ValidationException", str(caught.exception))

    def test_backslashes_are_escapes_as_in_redshift(self) -> None:
        self.assertEqual(self.rows(r"select 'a\'b', 'c\\d'"), [["a'b", r"c\d"]])

    def test_databases_are_separate(self) -> None:
        self.ok("create table t (a int)")
        other = {"WorkgroupName": "prod"}
        self.assertIn("does not exist", self.fails("select * from t", **other))
        self.assertEqual(self.rows("select count(*) from analytics.public.t"), [[0]])

    def test_direct_sql(self) -> None:
        self.ok("create table t (a int)", "insert into t values (7)")
        self.assertEqual(
            direct("select a, current_date > '2020-01-01' from t"), [[7, True]]
        )
        with self.assertRaises(HTTPError) as caught:
            direct("select * from absent")
        self.assertIn("does not exist", json.load(caught.exception)["error"])


class Batches(WarehouseTest):
    def test_a_batch_is_one_transaction(self) -> None:
        self.ok("create table t (a int)")
        done = self.run_sql(
            "insert into t values (1)", "select a / 0 from t", "select 1", "select 2"
        )
        self.assertEqual(done["Status"], "FAILED")
        self.assertEqual(done["Error"], "Query #2 failed with ERROR: division by zero")
        states = [part["Status"] for part in done["SubStatements"]]
        self.assertEqual(states, ["FINISHED", "FAILED", "ABORTED", "ABORTED"])
        self.assertEqual(done["SubStatements"][1]["Error"], "ERROR: division by zero")
        self.assertEqual(self.rows("select count(*) from t"), [[0]])

    def test_auto_commit_keeps_what_was_done(self) -> None:
        self.ok("create table t (a int)")
        sqls = ["insert into t values (1)", "select 1 / 0"]
        done = self.ok(*sqls, ExecutionMode="AUTO_COMMIT")
        self.assertEqual(done["SubStatements"][1]["Status"], "FAILED")
        self.assertEqual(self.rows("select count(*) from t"), [[1]])

    def test_results_are_those_of_the_parts(self) -> None:
        done = self.ok("create temp table s as select 42 a", "select a from s")
        self.assertTrue(done["HasResultSet"])
        second = done["SubStatements"][1]
        self.assertEqual(second["Id"], done["Id"] + ":2")
        self.assertGreater(second["RedshiftQueryId"], 0)
        records = self.api.get_statement_result(Id=second["Id"])["Records"]
        self.assertEqual(records, [[{"longValue": 42}]])

    def test_truncate_would_commit(self) -> None:
        self.ok("create table t as select 1 a")
        error = self.fails("truncate t", "insert into t values (2)")
        self.assertIn("TRUNCATE", error)
        self.assertEqual(self.rows("select a from t"), [[1]])

    def test_at_most_40(self) -> None:
        with self.assertRaises(ClientError) as caught:
            self.start(*["select 1"] * 41)
        self.assertIn("ValidationException", str(caught.exception))


class Tokens(WarehouseTest):
    def test_the_same_token_is_the_same_statement(self) -> None:
        self.ok("create table t (a int)")
        sql = "insert into t values (1)"
        ids = {self.start(sql, ClientToken="key-1") for _ in range(3)}
        self.assertEqual(len(ids), 1)
        self.finish(ids.pop())
        self.start(sql, ClientToken="key-1")
        self.assertEqual(self.rows("select count(*) from t"), [[1]])

    def test_the_same_token_for_something_else_is_refused(self) -> None:
        self.start("select 1", ClientToken="key-1")
        with self.assertRaises(ClientError) as caught:
            self.start("select 2", ClientToken="key-1")
        self.assertIn("ValidationException", str(caught.exception))

    def test_a_lost_answer_is_found_by_name(self) -> None:
        rule = {"service": "redshift-data", "operation": "ExecuteStatement"}
        self.faults({**rule, "drop": "after"})
        with self.assertRaises(Exception):  # noqa: B017 - any failure of the connection
            self.start("select 1", StatementName="dagc:abc")
        found = self.api.list_statements(StatementName="dagc:abc", Status="ALL")
        self.assertEqual(len(found["Statements"]), 1)


class Cancelling(WarehouseTest):
    def test_a_running_statement_is_stopped_for_real(self) -> None:
        self.ok("create table t (a int)")
        id_ = self.start("insert into t values (1)", "select pg_sleep(30)")
        self.until(id_, "STARTED")
        began = time.monotonic()
        self.assertTrue(self.api.cancel_statement(Id=id_)["Status"])
        self.assertEqual(self.finish(id_)["Status"], "ABORTED")
        self.assertLess(time.monotonic() - began, 5)
        self.assertEqual(self.rows("select count(*) from t"), [[0]])
        with self.assertRaises(ClientError) as caught:
            self.api.cancel_statement(Id=id_)
        self.assertIn("already in ABORTED state", str(caught.exception))

    def test_held_statements_can_be_cancelled(self) -> None:
        self.faults({"service": "redshift-data", "hold": 30})
        id_ = self.start("select 1")
        self.until(id_, "STARTED")
        self.api.cancel_statement(Id=id_)
        self.assertEqual(self.finish(id_)["Status"], "ABORTED")

    def until(self, id_: str, status: str) -> None:
        deadline = time.monotonic() + 20
        while self.api.describe_statement(Id=id_)["Status"] != status:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)


class Listing(WarehouseTest):
    def test_names_are_prefixes_and_finished_is_the_default(self) -> None:
        first = self.run_sql("select 1", StatementName="dagc:a1")["Id"]
        second = self.run_sql("select 1 / 0", StatementName="dagc:a2")["Id"]
        self.run_sql("select 1", StatementName="other")
        self.assertEqual(self.ids(StatementName="dagc:a"), [first])
        self.assertEqual(
            self.ids(StatementName="dagc:a", Status="ALL"), [second, first]
        )
        self.assertEqual(self.ids(Status="FAILED"), [second])

    def test_newest_first_in_pages(self) -> None:
        ids = [self.run_sql("select 1")["Id"] for _ in range(5)]
        first = self.api.list_statements(MaxResults=2)
        self.assertEqual([s["Id"] for s in first["Statements"]], ids[:2:-1])
        pages = self.api.get_paginator("list_statements").paginate(MaxResults=2)
        found = [s["Id"] for page in pages for s in page["Statements"]]
        self.assertEqual(found, ids[::-1])

    def ids(self, **request: object) -> list[str]:
        return [s["Id"] for s in self.api.list_statements(**request)["Statements"]]


class Scripts(WarehouseTest):
    def test_a_scripted_failure_runs_no_sql(self) -> None:
        self.ok("create table t (a int)")
        script = {"state": "FAILED", "error": "ERROR: disk full", "after": 0.1}
        self.faults({"service": "redshift-data", "script": script})
        self.assertEqual(self.fails("insert into t values (1)"), "ERROR: disk full")
        self.assertEqual(self.rows("select count(*) from t"), [[0]])


class Authentication(WarehouseTest):
    def test_exactly_one_warehouse(self) -> None:
        both = {"WorkgroupName": "dev", "ClusterIdentifier": "c1"}
        wrong = [{}, both, {"WorkgroupName": "dev", "DbUser": "u"}]
        for who in wrong:
            with self.subTest(who=who), self.assertRaises(ClientError) as caught:
                self.api.execute_statement(Sql="select 1", Database="d", **who)
            self.assertIn("ValidationException", str(caught.exception))

    def test_the_journal_says_which_was_used(self) -> None:
        value = json.dumps({"username": "u", "password": "p"})
        made = client("secretsmanager").create_secret(Name="w", SecretString=value)
        self.ok("select 1", ClusterIdentifier="c1", DbUser="etl")
        self.ok("select 1", ClusterIdentifier="c1")
        self.ok("select 1", SecretArn=made["ARN"])
        self.ok("select 1")
        calls = self.calls("redshift-data", "ExecuteStatement")
        self.assertEqual(
            [call["notes"]["authentication"] for call in calls],
            ["cluster-user", "cluster-iam", "workgroup-secret", "workgroup-iam"],
        )

    def test_the_secret_must_exist(self) -> None:
        arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:absent-abcdef"
        with self.assertRaises(ClientError) as caught:
            self.start("select 1", SecretArn=arn)
        self.assertIn("ValidationException", str(caught.exception))


class Sql(WarehouseTest):
    def test_tables_of_redshift(self) -> None:
        self.ok("create schema mart")
        self.ok(
            """
            create table if not exists mart.flights (
                id bigint identity(0, 1) encode az64 distkey,
                "text" varchar(max) encode zstd not null default 'DISTKEY sortkey',
                note text, doc super, code char(3) sortkey,
                carrier varchar(20) references mart.carriers (code),
                primary key (id), foreign key (carrier) references mart.carriers (code)
            ) diststyle key compound sortkey (code, carrier) backup no
            """
        )
        self.ok(
            "insert into mart.flights (code, doc) values ('abc', json_parse('[1]'))"
        )
        self.ok("insert into mart.flights (code) values ('abc')")
        self.assertEqual(
            self.rows('select id, "text", doc from mart.flights order by id'),
            [[0, "DISTKEY sortkey", "[1]"], [1, "DISTKEY sortkey", None]],
        )
        long = "insert into mart.flights (note) values (repeat('x', 257))"
        self.assertIn("too long", self.fails(long))

    def test_views_and_functions(self) -> None:
        self.ok(
            "create table t distkey(a) sortkey(a) as select 1 a, date '2026-01-31' d"
        )
        self.ok(
            "create materialized view v backup no sortkey(a) auto refresh yes as "
            "select a from t"
        )
        self.ok("refresh materialized view v")
        self.assertEqual(self.rows("select a from v"), [[1]])
        sql = (
            "select nvl(null, len('abc')), datediff(day, d, '2026-02-02'),"
            " dateadd(month, 1, d)::date, last_day(d), getdate() <= sysdate from t"
        )
        self.assertEqual(self.rows(sql), [[3, 2, "2026-02-28", "2026-01-31", True]])

    def test_queries_have_a_history(self) -> None:
        self.fails("select 1 / 0")
        sql = "select trim(status), trim(error_message) from sys_query_history"
        self.assertEqual(self.rows(sql), [["failed", "ERROR: division by zero"]])


class Merge(WarehouseTest):
    def setUp(self) -> None:
        super().setUp()
        self.ok("create table t (id int, v varchar(9))", "insert into t values (1,'a')")
        self.ok("create table s (like t)", "insert into s values (1,'b'),(2,'c')")

    def test_updates_and_inserts(self) -> None:
        self.ok(
            "merge into t using s on t.id = s.id when matched then update set v = s.v "
            "when not matched then insert (id, v) values (s.id, s.v)"
        )
        self.assertEqual(self.rows("select * from t order by 1"), [[1, "b"], [2, "c"]])

    def test_duplicates_in_the_source_are_refused(self) -> None:
        self.ok("insert into s values (1, 'd')")
        error = self.fails(
            "merge into t using s on t.id = s.id when matched then update set v = s.v "
            "when not matched then insert values (s.id, s.v)"
        )
        self.assertIn("Found multiple matches to update the same tuple", error)

    def test_remove_duplicates(self) -> None:
        self.ok("insert into s values (2, 'c')")
        self.ok("merge into t using s x on t.id = x.id remove duplicates")
        self.assertEqual(self.rows("select * from t order by 1"), [[1, "b"], [2, "c"]])

    def test_what_postgresql_takes_and_redshift_does_not(self) -> None:
        wrong = [
            "merge into t a using s on a.id = s.id when matched then delete "
            "when not matched then insert values (s.id, s.v)",
            "merge into t using s on t.id = s.id when matched then delete",
            "merge into t using s on t.id = s.id when matched and s.v = 'b' "
            "then delete when not matched then insert values (s.id, s.v)",
        ]
        for sql in wrong:
            with self.subTest(sql=sql):
                self.assertIn("syntax error", self.fails(sql))


class Lengths(WarehouseTest):
    def test_a_text_is_as_long_as_its_bytes(self) -> None:
        self.ok("create table t (a varchar(4), b varchar(4), c char(2))")
        self.ok("insert into t values ('\u00fc\u00fc', 'abcd', 'ab')")
        for values, kind in [
            ("'\u00fc\u00fc\u00fc', '', ''", "character varying(4)"),
            ("'', 'abcd\u00fc', ''", "character varying(4)"),
            ("'', '', '\u00fc'", "character(2)"),
        ]:
            with self.subTest(values):
                error = self.fails(f"insert into t values ({values})")
                self.assertIn(f"value too long for type {kind}", error)
        self.ok("alter table t alter column a type varchar(6)")
        self.ok("update t set a = '\u00fc\u00fc\u00fc'")
        self.ok("create table u as select a from t", "alter table t rename to v")
        self.fails("insert into u values ('\u00fc\u00fc\u00fc\u00fc')")
        self.assertEqual(self.rows("select len(a) from v"), [[3]])


class Rewriting(unittest.TestCase):
    def test_strings_and_comments_are_left_alone(self) -> None:
        for sql in (
            "select 'sysdate', \"SYSDATE\" from t -- getdate()",
            "select $$ getdate() $$ /* nvl(1) */",
        ):
            self.assertEqual(rewrite(sql), sql)

    def test_merge_keeps_its_text(self) -> None:
        sql = (
            "MERGE INTO a.t USING (select 1 id) s ON t.id = s.id "
            "WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (s.id)"
        )
        self.assertEqual(translate(sql), [sql])


class Closing(WarehouseTest):
    def test_a_reset_forgets_statements_and_tables(self) -> None:
        done = self.ok("create table t (a int)")
        self.start("select pg_sleep(30)")
        control("POST", "reset")
        with self.assertRaises(ClientError):
            self.api.describe_statement(Id=done["Id"])
        self.assertIn("does not exist", self.fails("select * from t"))
        self.assertEqual(len(lab().journal.listing("redshift-data")), 3)
