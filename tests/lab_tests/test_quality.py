"""Data Quality: rules that are evaluated over rows, and what is no rule."""

from __future__ import annotations

import unittest
from datetime import UTC, datetime, timedelta

import pyarrow as pa
from botocore.exceptions import ClientError
from lab.glue.dqdl import Evaluator, rules

from lab_tests.harness import LabTest, client

_NOW = datetime.now(UTC)
_ROWS = pa.table(
    {
        "id": [1, 2, 3, 4],
        "kind": ["a", "a", "b", None],
        "n": [1.0, 2.0, 3.0, 6.0],
        "at": [_NOW - timedelta(hours=hours) for hours in (1, 2, 3, 30)],
    }
)


class RulesTest(unittest.TestCase):
    def test_rules_pass_and_fail(self) -> None:
        for rule, result in (
            ("RowCount = 4", "PASS"),
            ("RowCount > 4", "FAIL"),
            ("RowCount = 2 where \"kind = 'a'\"", "PASS"),
            ("RowCount between 3 and 5", "PASS"),
            ("RowCount between 4 and 5", "FAIL"),
            ("ColumnCount = 4", "PASS"),
            ('ColumnExists "KIND"', "PASS"),
            ('ColumnExists "other"', "FAIL"),
            ('IsComplete "id"', "PASS"),
            ('IsComplete "kind"', "FAIL"),
            ('IsComplete "kind" where "id < 4"', "PASS"),
            ('Completeness "kind" >= 0.75', "PASS"),
            ('Completeness "kind" > 0.75', "FAIL"),
            ('IsUnique "id"', "PASS"),
            ('IsUnique "kind"', "FAIL"),
            ('Uniqueness "kind" = 0.5', "PASS"),
            ('Uniqueness "kind" "n" = 1.0', "PASS"),
            ('IsPrimaryKey "id"', "PASS"),
            ('IsPrimaryKey "kind"', "FAIL"),
            ('Mean "n" = 3', "PASS"),
            ('Sum "n" != 12', "FAIL"),
            ('StandardDeviation "n" between 1.8 and 1.9', "PASS"),
            ('DistinctValuesCount "kind" = 2', "PASS"),
            ('ColumnLength "kind" = 1', "FAIL"),
            ('ColumnLength "kind" = 1 where "kind is not null"', "PASS"),
            ('ColumnValues "n" > 0', "PASS"),
            ('ColumnValues "kind" in ["a", "b"]', "FAIL"),
            ('ColumnValues "kind" in ["a", "b", NULL]', "PASS"),
            ('ColumnValues "kind" in ["a"] with threshold >= 0.5', "PASS"),
            ('ColumnValues "kind" matches "[ab]" with threshold > 0.8', "FAIL"),
            ('ColumnValues "at" > (now() - 2 days)', "PASS"),
            ('DataFreshness "at" <= 24 hours', "FAIL"),
            ('DataFreshness "at" <= 2 days', "PASS"),
            ('CustomSql "select count(*) from primary" = 4', "PASS"),
            (
                'CustomSql "select id from primary where n < 6" with threshold > 0.7',
                "PASS",
            ),
            ('(RowCount > 9) or (IsComplete "id")', "PASS"),
            ('(RowCount > 9) and (IsComplete "id")', "FAIL"),
            ('IsComplete "other"', "ERROR"),
            ('Mean "kind" > 1', "ERROR"),
            ('Entropy "n" > 1', "ERROR"),
            ('CustomSql "select nothing" > 1', "ERROR"),
        ):
            [read] = rules(f"Rules = [ {rule} ]")
            evaluator = Evaluator(_ROWS)
            outcome = evaluator.evaluate(read)
            evaluator.close()
            self.assertEqual(outcome.result, result, f"{rule}: {outcome}")
            self.assertEqual(outcome.message is None, result == "PASS", rule)
            self.assertEqual(outcome.rule, rule)


class RulesetTest(LabTest):
    def test_what_is_no_dqdl_is_refused(self) -> None:
        glue = client("glue")
        for text in ("Rules = [", "RowCount > 1", "Rules = [ RowCount > 1, ]"):
            with self.assertRaises(ClientError) as caught:
                glue.create_data_quality_ruleset(Name="wrong", Ruleset=text)
            code = caught.exception.response["Error"]["Code"]
            self.assertEqual(code, "InvalidInputException", text)

    def test_a_name_is_taken_once_and_a_token_gives_its_run(self) -> None:
        glue = client("glue")
        glue.create_data_quality_ruleset(Name="one", Ruleset="Rules = [ RowCount > 1 ]")
        with self.assertRaises(ClientError) as caught:
            glue.create_data_quality_ruleset(
                Name="one", Ruleset="Rules = [ RowCount > 1 ]"
            )
        code = caught.exception.response["Error"]["Code"]
        self.assertEqual(code, "AlreadyExistsException")
        start = {
            "DataSource": {"GlueTable": {"DatabaseName": "none", "TableName": "t"}},
            "Role": "dq",
            "RulesetNames": ["one"],
        }
        ids = [
            glue.start_data_quality_ruleset_evaluation_run(**start, ClientToken=token)[
                "RunId"
            ]
            for token in ("a", "a", "b")
        ]
        self.assertEqual(ids[0], ids[1])
        self.assertNotEqual(ids[0], ids[2])
