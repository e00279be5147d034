"""UNLOAD: what is refused, formats, and what the system table says afterwards."""

from __future__ import annotations

import gzip
import io
import json

import pyarrow.parquet as parquet

from lab_tests.harness import client
from lab_tests.warehouse import WarehouseTest

ROLE = "iam_role 'arn:aws:iam::111122223333:role/unload'"
HISTORY = (
    "select status, unloaded_rows, unloaded_files_count, file_format"
    " from sys_unload_history where query_id = {}"
)


class UnloadTest(WarehouseTest):
    def setUp(self) -> None:
        super().setUp()
        self.s3 = client("s3")
        self.s3.create_bucket(Bucket="lake")
        self.ok("create table t (id int, name varchar(5), day date)")
        self.ok("insert into t values (1, 'a''b', '2026-01-02'), (2, null, null)")

    def unload(self, options: str, query: str = "select * from t order by id") -> str:
        text = query.replace("'", "''")
        return f"unload ('{text}') to 's3://lake/out/' {ROLE} {options}"

    def files(self) -> dict[str, bytes]:
        found = self.s3.list_objects_v2(Bucket="lake", Prefix="out/")
        return {
            item["Key"]: self.s3.get_object(Bucket="lake", Key=item["Key"])[
                "Body"
            ].read()
            for item in found.get("Contents", [])
        }

    def test_csv_is_dealt_to_slices(self) -> None:
        done = self.ok(self.unload("format csv header null as 'NA'"))
        self.assertEqual(
            self.files(),
            {
                "out/0000_part_00": b"id,name,day\n1,a'b,2026-01-02\n",
                "out/0001_part_00": b"id,name,day\n2,NA,NA\n",
            },
        )
        history = self.rows(HISTORY.format(done["RedshiftQueryId"]))
        self.assertEqual(history, [["completed", 2, 2, "csv"]])

    def test_json_and_parquet(self) -> None:
        self.ok(self.unload("json gzip parallel off"))
        [(key, data)] = self.files().items()
        self.assertEqual(key, "out/0000_part_00.gz")
        lines = [json.loads(line) for line in gzip.decompress(data).splitlines()]
        self.assertEqual(lines[0], {"id": 1, "name": "a'b", "day": "2026-01-02"})
        self.ok(self.unload("parquet parallel off manifest cleanpath"))
        files = self.files()
        table = parquet.read_table(io.BytesIO(files["out/0000_part_00.parquet"]))
        self.assertEqual(table.column("id").to_pylist(), [1, 2])
        [entry] = json.loads(files["out/manifest"])["entries"]
        self.assertEqual(entry["url"], "s3://lake/out/0000_part_00.parquet")

    def test_what_is_there_is_refused_removed_or_written_over(self) -> None:
        self.ok(self.unload("csv"))
        self.assertIn("is not empty", self.fails(self.unload("csv")))
        self.ok(self.unload("csv parallel off allowoverwrite"))
        self.assertEqual(len(self.files()), 2)
        self.ok(self.unload("csv parallel off cleanpath"))
        self.assertEqual(len(self.files()), 1)

    def test_partitions(self) -> None:
        self.ok(self.unload("json partition by (day) include"))
        self.assertEqual(
            sorted(self.files()),
            [
                "out/day=2026-01-02/0000_part_00",
                "out/day=__HIVE_DEFAULT_PARTITION__/0000_part_00",
            ],
        )

    def test_refusals(self) -> None:
        for options, query, error in [
            ("parquet gzip", "select 1", "GZIP is not supported"),
            ("csv cleanpath allowoverwrite", "select 1", "cannot be specified"),
            ("csv", "select id from t limit 1", "Limit clause"),
            ("csv", "select nothing from t", "does not exist"),
            ("csv partition by (x)", "select 1 as y", "is not in the query"),
            ("csv sideways", "select 1", "syntax error"),
        ]:
            with self.subTest(options=options, query=query):
                self.assertIn(error, self.fails(self.unload(options, query)))
        self.assertEqual(self.files(), {})
        self.ok(self.unload("csv", "select * from (select id from t limit 1)"))
