"""External schemas: what is refused, and what the system table says of them."""

from __future__ import annotations

from lab_tests.warehouse import WarehouseTest

SCHEMAS = (
    "select schemaname, eskind, databasename, esoptions from svv_external_schemas"
    " order by 1"
)
ROLE = "arn:aws:iam::111122223333:role/r"


class ExternalSchemaTest(WarehouseTest):
    def test_a_schema_is_told(self) -> None:
        make = f"create external schema Lake from data catalog database 'Raw' iam_role '{ROLE}'"
        self.ok(make)
        options = f'{{"IAM_ROLE":"{ROLE}"}}'
        self.assertEqual(self.rows(SCHEMAS), [["lake", 1, "raw", options]])
        self.assertIn("already exists", self.fails(make))
        # What is there is kept, whatever it is.
        kept = make.replace("Lake", "if not exists lake").replace("Raw", "other")
        self.ok(kept)
        self.assertEqual(self.rows(SCHEMAS), [["lake", 1, "raw", options]])
        self.ok("drop schema lake")
        self.assertEqual(self.rows(SCHEMAS), [])

    def test_what_is_no_statement(self) -> None:
        make = "create external schema x from data catalog {}"
        for wrong in (
            "iam_role default",
            "database 'a'",
            "database 'a' iam_role default region 'us-east-1'",
        ):
            self.assertIn("syntax error", self.fails(make.format(wrong)))
        error = self.fails(make.format("database 'a' iam_role 'nobody'"))
        self.assertIn("Not authorized", error)
        self.ok(
            make.format(
                "database 'a' region 'us-east-1' iam_role default"
                " create external database if not exists"
            )
        )
        self.assertIn('"REGION":"us-east-1"', self.rows(SCHEMAS)[0][3])
