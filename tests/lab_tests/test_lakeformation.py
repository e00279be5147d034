"""Lake Formation: grants that are made, and those that fail in a call that succeeds."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from lab_tests.harness import LabTest, client, control

SELECT = ["SELECT"]


class GrantTest(LabTest):
    def setUp(self) -> None:
        super().setUp()
        self.api = client("lakeformation")
        glue = client("glue")
        glue.create_database(DatabaseInput={"Name": "mart"})
        glue.create_table(DatabaseName="mart", TableInput={"Name": "orders"})

    def grant(self, resource: dict[str, Any], permissions: list[str]) -> list[str]:
        entry = {
            "Id": "0",
            "Principal": {"DataLakePrincipalIdentifier": "111122223333"},
            "Resource": resource,
            "Permissions": permissions,
        }
        answer = self.api.batch_grant_permissions(Entries=[entry])
        return [failure["Error"]["ErrorCode"] for failure in answer["Failures"]]

    def test_a_grant_is_made_once(self) -> None:
        table = {"Table": {"DatabaseName": "mart", "Name": "orders"}}
        self.assertEqual(self.grant(table, SELECT), [])
        self.assertEqual(self.grant(table, SELECT), [])
        grants = control("POST", "grants", {"database": "mart"})
        self.assertEqual([grant["permissions"] for grant in grants], [SELECT])

    def test_what_is_not_there_fails(self) -> None:
        missing = "EntityNotFoundException"
        table = {"Table": {"DatabaseName": "mart", "Name": "returns"}}
        self.assertEqual(self.grant(table, SELECT), [missing])
        self.assertEqual(
            self.grant({"Database": {"Name": "lake"}}, ["DROP"]), [missing]
        )
        tagged = {
            "LFTagPolicy": {
                "ResourceType": "TABLE",
                "Expression": [{"TagKey": "pii", "TagValues": ["no"]}],
            }
        }
        self.assertEqual(self.grant(tagged, SELECT), [missing])
        control("PUT", "grants", {"tag": "pii", "values": ["no", "yes"]})
        self.assertEqual(self.grant(tagged, SELECT), [])

    def test_what_may_not_be_granted_fails(self) -> None:
        wrong = "InvalidInputException"
        self.assertEqual(self.grant({"Database": {"Name": "mart"}}, SELECT), [wrong])
        columns = {"DatabaseName": "mart", "Name": "orders", "ColumnNames": ["id"]}
        self.assertEqual(self.grant({"TableWithColumns": columns}, ["INSERT"]), [wrong])

    def test_a_call_takes_twenty(self) -> None:
        entries = [{"Id": str(n)} for n in range(21)]
        with self.assertRaises(ClientError) as refused:
            self.api.batch_grant_permissions(Entries=entries)
        code = refused.exception.response["Error"]["Code"]
        self.assertEqual(code, "InvalidInputException")
