"""COPY: what lies between plain CSV and Parquet, and tables that number their rows."""

from __future__ import annotations

import json
import zlib

from lab_tests.test_copy import ROLE, CopyTest


def _long(number: int) -> bytes:
    left, out = (number << 1) ^ (number >> 63), b""
    while left > 0x7F:
        out, left = out + bytes([left & 0x7F | 0x80]), left >> 7
    return out + bytes([left])


def _text(text: str | bytes) -> bytes:
    data = text.encode() if isinstance(text, str) else text
    return _long(len(data)) + data


def avro(*rows: tuple[int, str | None], codec: str = "null") -> bytes:
    """A file of records (id, name, inner: (day))."""
    day = {"name": "day", "type": "string"}
    inner = {"type": "record", "name": "inner", "fields": [day]}
    fields = [
        {"name": "id", "type": "long"},
        {"name": "name", "type": ["null", "string"]},
        {"name": "inner", "type": inner},
    ]
    schema = json.dumps({"type": "record", "name": "row", "fields": fields})
    meta = _long(2) + _text("avro.schema") + _text(schema)
    meta += _text("avro.codec") + _text(codec) + _long(0)
    block = b""
    for id_, name in rows:
        named = _long(0) if name is None else _long(1) + _text(name)
        block += _long(id_) + named + _text("2026-01-02")
    if codec == "deflate":
        block = zlib.compress(block)[2:-4]
    sync = b"0123456789abcdef"
    return b"Obj\x01" + meta + sync + _long(len(rows)) + _text(block) + sync


class Formats(CopyTest):
    def test_avro(self) -> None:
        for codec in ("null", "deflate"):
            self.put("in/a", avro((1, "a"), (-2, None), codec=codec))
            with self.subTest(codec=codec):
                self.loads("format as avro 'auto'", [-2, None, None], [1, "a", None])
        self.put("paths", b"""{"jsonpaths": ["$.id", "$['name']", "$.inner.day"]}""")
        self.loads(
            "avro 's3://lake/paths'", [-2, None, "2026-01-02"], [1, "a", "2026-01-02"]
        )
        self.put("in/a", b"id,name\n")
        self.assertIn("Avro", self.copy("avro 'auto'")["Error"])

    def test_json_paths(self) -> None:
        self.put("paths", b'{"jsonpaths": ["$.a.b[1]", "$.N", "$.day"]}')
        self.put("in/a", b'{"a": {"b": [7, 8]}, "N": "x"}')
        self.loads("json 's3://lake/paths'", [8, "x", None])
        self.put("in/a", b'[1, "y", "2026-01-02"]')
        self.put("paths", b'{"jsonpaths": ["$[0]", "$[1]", "$[2]"]}')
        self.loads("json 's3://lake/paths'", [1, "y", "2026-01-02"])
        self.put("paths", b'{"jsonpaths": ["$[0]"]}')
        self.assertIn("should match", self.copy("json 's3://lake/paths'")["Error"])
        self.assertIn("NoSuchKey", self.copy("json 's3://lake/absent'")["Error"])

    def test_whole_objects(self) -> None:
        self.ok("create table whole (value super)")
        self.put("in/a", b'{"id": 1, "more": [2]}\n')
        done = self.copy("json 'noshred'", table="whole")
        self.assertEqual(done["Status"], "FINISHED", done.get("Error"))
        self.assertEqual(
            self.rows("select value from whole"), [['{"id": 1, "more": [2]}']]
        )
        self.assertIn("one SUPER column", self.copy("json 'noshred'")["Error"])

    def test_fixed_widths(self) -> None:
        self.put("in/a", b"header\n  1a   2026-01-02\n 22bb  2026-01-03\n")
        self.loads(
            "fixedwidth 'i:3,n:4,d:10' ignoreheader 1",
            [1, "a", "2026-01-02"],
            [22, "bb", "2026-01-03"],
        )
        for options in ("fixedwidth '3,4'", "fixedwidth 'i:3' delimiter ','"):
            self.assertIn("FIXEDWIDTH", self.copy(options)["Error"])

    def test_encodings(self) -> None:
        text = "1|ä|2026-01-02\n"
        for encoding, codec in [
            ("utf16", "utf-16"),
            ("utf16le", "utf-16-le"),
            ("utf16be", "utf-16-be"),
            ("iso88591", "latin-1"),
        ]:
            self.put("in/a", text.encode(codec))
            with self.subTest(encoding=encoding):
                self.loads(f"encoding {encoding}", [1, "ä", "2026-01-02"])
        self.assertIn("byte order mark", self.copy("encoding utf16")["Error"])
        self.assertIn("syntax error", self.copy("encoding utf32")["Error"])

    def test_quotes_are_removed_with_what_belongs_to_them(self) -> None:
        cases = [
            ("'a'", "a"),
            ('"a"', "a"),
            ('"a|b"', "a|b"),
            ("o'b", "o'b"),
            (r"\'a\'", "'a'"),
            (r"a\|b", "a|b"),
            ("a\\\nb", "a\nb"),
        ]
        for field, expected in cases:
            with self.subTest(field=field):
                self.put("in/a", f"1|{field}|2026-01-02\n".encode())
                self.loads("escape removequotes", [1, expected, "2026-01-02"])
        self.put("in/a", b"1|'tis|2026-01-02\n")
        [[*_, reason]] = self.errors(self.copy("removequotes"))
        self.assertIn("missing end quote", reason)
        self.loads("", [1, "'tis", "2026-01-02"])

    def test_delimiters_of_several_characters(self) -> None:
        self.put("in/a", b"1|~|a|~|2026-01-02\n")
        self.loads("delimiter '|~|'", [1, "a", "2026-01-02"])

    def test_missing_fields_are_empty_text_or_null(self) -> None:
        self.put("in/a", b"1\n")
        self.loads("fillrecord", [1, "", None])
        self.loads("fillrecord emptyasnull", [1, None, None])

    def test_a_bucket_of_another_region(self) -> None:
        self.s3.create_bucket(
            Bucket="far", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        self.s3.put_object(Bucket="far", Key="in/a", Body=b"1|a|2026-01-02\n")
        copy = f"copy t from 's3://far/in/' {ROLE}"
        self.assertIn("different region", self.fails(copy))
        self.ok(f"{copy} region 'eu-west-1'")


class Identity(CopyTest):
    def setUp(self) -> None:
        super().setUp()
        self.ok("create table i (id bigint identity(10, 1), name varchar(5))")

    def test_an_identity_fills_itself(self) -> None:
        self.put("in/a", b"a\nb\n")
        self.copy("", table="i")
        self.assertEqual(
            self.rows("select * from i order by 1"), [[10, "a"], [11, "b"]]
        )

    def test_it_takes_values_with_explicit_ids_only(self) -> None:
        self.put("in/a", b"7|a\n")
        error = self.copy("", table="i (id, name)")["Error"]
        self.assertIn("cannot set an identity column to a value", error)
        self.assertIn(
            "EXPLICIT_IDS", self.copy("explicit_ids", table="i (name)")["Error"]
        )
        self.assertIn("EXPLICIT_IDS", self.copy("explicit_ids")["Error"])
        self.copy("explicit_ids", table="i")
        self.assertEqual(self.rows("select * from i"), [[7, "a"]])
        error = self.fails("insert into i (id, name) values (8, 'b')")
        self.assertIn("cannot set an identity column to a value", error)

    def test_its_default_says_what_it_is(self) -> None:
        self.ok("create table j (id int generated by default as identity(1, 1), n int)")
        sql = (
            "select c.relname, pg_get_expr(d.adbin, d.adrelid) from pg_attrdef d"
            " join pg_class c on c.oid = d.adrelid where c.relname in ('i', 'j')"
            " order by 1"
        )
        [[_, one], [_, other]] = self.rows(sql)
        self.assertRegex(one, r"^\"identity\"\(\d+, 0, '1,1'::text\)$")
        self.assertRegex(other, r"^default_identity\(")


class Isolation(CopyTest):
    def test_a_transaction_reads_what_was_there_when_it_began_to_read(self) -> None:
        self.ok("create table gate (n int)")
        self.ok("insert into t values (1, 'a', null)")
        gate = self.start("lock table gate", "select pg_sleep(30)")
        self._until_waiting(0, gate)
        reader = self.start(
            "select count(*) from t", "lock table gate", "select count(*) from t"
        )
        locker = self.start("lock table gate", "select count(*) from t")
        self._until_waiting(2, reader)
        self.ok("insert into t values (2, 'b', null)")
        self.api.cancel_statement(Id=gate)
        counts = [
            self.api.get_statement_result(Id=f"{id_}:{part}")["Records"][0][0][
                "longValue"
            ]
            for id_, part in ((reader, 3), (locker, 2))
            if self.finish(id_)["Status"] == "FINISHED"
        ]
        # A lock takes no snapshot; a query does.
        self.assertEqual(counts, [1, 2])

    def _until_waiting(self, count: int, running: str) -> None:
        """Waits until so many sessions wait for a lock that another holds."""
        sql = (
            "select count(*) filter (where not granted) from pg_locks"
            " where relation = 'gate'::regclass having bool_or(granted)"
        )
        while self.rows(sql) != [[count]]:
            status = self.api.describe_statement(Id=running)["Status"]
            self.assertNotIn(status, ("FINISHED", "FAILED", "ABORTED"))
