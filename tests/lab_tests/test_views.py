"""Materialized views: what is refused, and what the system tables say of them."""

from __future__ import annotations

from lab_tests.warehouse import WarehouseTest, direct

INFO = (
    "select rtrim(name), state, autorefresh from svv_mv_info"
    " where rtrim(database_name) = 'analytics' and rtrim(schema_name) = 'public'"
    " order by 1"
)


class MaterializedViewTest(WarehouseTest):
    def setUp(self) -> None:
        super().setUp()
        self.ok("create table t (a int)")
        self.ok("insert into t values (1)")
        self.make = "create materialized view v {} as select a from t"

    def test_attributes_stand_in_an_order(self) -> None:
        all_of_them = "backup no diststyle key distkey(a) sortkey(a) auto refresh yes"
        self.ok(self.make.format(all_of_them))
        self.assertEqual(self.rows(INFO), [["v", 1, "t"]])
        for wrong in ("auto refresh yes sortkey(a)", "sortkey(a) diststyle even"):
            error = self.fails(self.make.format(wrong).replace(" v ", " w "))
            self.assertIn("syntax error", error)
        self.assertIn("DISTKEY", self.fails(self.make.format("diststyle key")))

    def test_queries_that_are_refused(self) -> None:
        self.ok("create view plain as select a from t")
        make = "create materialized view w as "
        for query, why in (
            ("select a from t order by a", "ORDER"),
            ("select a from t limit 1", "LIMIT"),
            ("select a from plain", "standard view"),
        ):
            self.assertIn(why, self.fails(make + query))
            self.assertIn(why, self.fails("select 1", make + query))
        self.assertEqual(self.rows(INFO), [])
        self.ok(make + "select a from (select a from t order by a limit 1)")
        self.assertIn("exists", self.fails(make + "select a from t"))
        self.fails("create materialized view if not exists x as select a from t")

    def test_a_refresh_has_a_history(self) -> None:
        self.ok(self.make.format(""))
        self.ok("insert into t values (2)")
        self.assertEqual(self.rows("select count(*) from v"), [[1]])
        done = self.ok("refresh materialized view v")
        self.assertEqual(self.rows("select count(*) from v"), [[2]])
        status = (
            "select status, rtrim(refresh_type) from sys_mv_refresh_history"
            f" where rtrim(mv_name) = 'v' and session_id = {done['RedshiftPid']}"
        )
        by_rows = "Refresh successfully updated MV incrementally"
        self.assertEqual(self.rows(status), [[by_rows, "Manual"]])
        self.assertIn("does not exist", self.fails("refresh materialized view x"))
        # A table of clusters, which a workgroup has not.
        self.fails("select * from stv_mv_info")
        self.assertEqual(
            self.rows("select 1 from stv_mv_info", ClusterIdentifier="c"), []
        )

    def test_comments_and_automatic_refreshes(self) -> None:
        self.ok(self.make.format(""), "comment on view v is 'it''s'")
        comment = "select description from pg_description where objoid = 'v'::regclass"
        self.assertEqual(self.rows(comment), [["it's"]])
        self.ok("alter materialized view v auto refresh yes")
        self.assertEqual(self.rows(INFO), [["v", 1, "t"]])

    def test_what_depends_on_a_view_holds_it(self) -> None:
        self.ok(self.make.format(""))
        self.ok("create materialized view w as select a from v")
        self.ok("create view x as select a from v")
        error = self.fails("drop materialized view v")
        self.assertIn("other objects depend on it", error)
        depends = "select rtrim(name), rtrim(dependent_name) from svv_mv_dependency"
        self.assertEqual(self.rows(depends), [["w", "v"]])
        self.ok("drop materialized view w", "drop view x", "drop materialized view v")
        self.assertEqual(self.rows(INFO), [])

    def test_one_that_cannot_be_refreshed(self) -> None:
        self.ok(self.make.format(""))
        direct("update redshift_catalog.views set state = 101")
        self.assertIn(
            "could not be refreshed", self.fails("refresh materialized view v")
        )
