"""The Data Catalog: versions of tables, batches of partitions, and what is refused in them."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from lab_tests.harness import LabTest, client


class CatalogTest(LabTest):
    def setUp(self) -> None:
        super().setUp()
        self.glue = client("glue")
        self.glue.create_database(DatabaseInput={"Name": "mart"})
        self.glue.create_table(
            DatabaseName="mart",
            TableInput={"Name": "t", "PartitionKeys": [{"Name": "dt"}]},
        )

    def add(self, *values: str) -> list[dict[str, Any]]:
        answer = self.glue.batch_create_partition(
            DatabaseName="mart",
            TableName="t",
            PartitionInputList=[{"Values": [value]} for value in values],
        )
        return answer["Errors"]

    def test_a_version_that_is_no_more_is_not_changed(self) -> None:
        version = self.glue.get_table(DatabaseName="mart", Name="t")["Table"][
            "VersionId"
        ]
        change = {"DatabaseName": "mart", "TableInput": {"Name": "t"}}
        self.glue.update_table(**change, VersionId=version)
        with self.assertRaises(ClientError) as caught:
            self.glue.update_table(**change, VersionId=version)
        code = caught.exception.response["Error"]["Code"]
        self.assertEqual(code, "ConcurrentModificationException")
        self.glue.update_table(**change)

    def test_what_is_there_is_refused_by_itself(self) -> None:
        self.assertEqual(self.add("a", "b"), [])
        errors = self.add("b", "c")
        self.assertEqual([one["PartitionValues"] for one in errors], [["b"]])
        code = errors[0]["ErrorDetail"]["ErrorCode"]
        self.assertEqual(code, "AlreadyExistsException")
        found = self.glue.get_partitions(DatabaseName="mart", TableName="t")
        self.assertEqual(len(found["Partitions"]), 3)
