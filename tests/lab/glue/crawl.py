"""One crawl: lists S3, finds tables, writes them to the Data Catalog."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lab.glue.infer import Schema, infer
from lab.glue.layout import Found, Item, tables

if TYPE_CHECKING:
    from lab.lab import Lab

_SAMPLE = 1_000_000
#: Objects that are looked into, of one target; the others are taken to be like them.
_SAMPLES = 50
_BATCH = 100
_HIVE = "org.apache.hadoop.hive.ql.io"
_TEXT = (
    "org.apache.hadoop.mapred.TextInputFormat",
    f"{_HIVE}.HiveIgnoreKeyTextOutputFormat",
)
_FORMATS = {
    "csv": (*_TEXT, "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"),
    "json": (*_TEXT, "org.openx.data.jsonserde.JsonSerDe"),
    "parquet": (
        f"{_HIVE}.parquet.MapredParquetInputFormat",
        f"{_HIVE}.parquet.MapredParquetOutputFormat",
        f"{_HIVE}.parquet.serde.ParquetHiveSerDe",
    ),
    "UNKNOWN": ("", "", ""),
}


class CrawlFailed(Exception):
    """The crawl failed; the text becomes its ErrorMessage."""


class Cancelled(Exception):
    """Somebody stopped the crawler."""


@dataclass
class Changes:
    """What a crawl did: names of tables, numbers of partitions."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    partitions: int = 0

    def summary(self) -> str | None:
        """As `ListCrawls` tells it."""
        told: dict[str, Any] = {}
        verbs = (
            ("ADD", self.created),
            ("UPDATE", self.updated),
            ("DELETE", self.deleted),
        )
        for verb, names in verbs:
            if names:
                # The whole summary has 255 characters at most.
                shown = names if len(str(names)) < 100 else []
                details = json.dumps({"Details": {"names": shown}, "Count": len(names)})
                told.setdefault("TABLE", {})[verb] = details
        if self.partitions:
            told["PARTITION"] = {"ADD": json.dumps({"Count": self.partitions})}
        text = json.dumps(told)
        return text if told and len(text) <= 255 else None


class Crawl:
    """The work of one crawl, as the crawler is defined when it starts."""

    def __init__(
        self,
        lab: Lab,
        region: str,
        crawler: dict[str, Any],
        log: Callable[[str], None],
        stopping: threading.Event,
    ) -> None:
        self._lab = lab
        self._glue = lab.client("glue", region)
        self._crawler = crawler
        self._log = log
        self._stopping = stopping
        self._database = crawler["DatabaseName"]
        self._policy = crawler["SchemaChangePolicy"]
        recrawl = crawler["RecrawlPolicy"]["RecrawlBehavior"]
        self._new_only = recrawl == "CRAWL_NEW_FOLDERS_ONLY"
        output = json.loads(crawler.get("Configuration") or "{}").get(
            "CrawlerOutput", {}
        )
        behaviour = output.get("Tables", {}).get("AddOrUpdateBehavior")
        self._merge_columns = behaviour == "MergeNewColumns"
        self.changes = Changes()

    def run(self) -> None:
        """Crawls all targets; raises CrawlFailed or Cancelled."""
        found: list[Found] = []
        for target in self._crawler["Targets"]["S3Targets"]:
            found += self._look(target)
        self._log(
            "BENCHMARK : Classification complete, writing results to database "
            f"{self._database}"
        )
        self._make_database()
        before = self._tables_of_this_crawler()
        written = {self._write(table) for table in found}
        for name in sorted(set(before) - written):
            self._drop(before[name])
        self._log("BENCHMARK : Finished writing to Catalog")

    # Looking.

    def _look(self, target: dict[str, Any]) -> list[Found]:
        match = re.fullmatch(r"s3://([^/]+)/?(.*)", target["Path"])
        if match is None:
            raise CrawlFailed(f"{target['Path']} is no path of S3")
        bucket, prefix = match[1], match[2]
        items = self._list(bucket, prefix, target.get("Exclusions", []))
        if not (len(items) == 1 and items[0].key == prefix) and prefix:
            prefix = prefix.rstrip("/") + "/"
            items = [item for item in items if item.key.startswith(prefix)]
        if not items:
            self._log(f"WARN : no objects in {target['Path']}")
        return tables(bucket, prefix, items, self._inspector(bucket, target))

    def _list(self, bucket: str, prefix: str, exclusions: list[str]) -> list[Item]:
        s3 = self._lab.client("s3")
        items = []
        try:
            pages = s3.get_paginator("list_objects_v2").paginate(
                Bucket=bucket, Prefix=prefix
            )
            for page in pages:
                self._pause()
                items += [Item(o["Key"], o["Size"]) for o in page.get("Contents", [])]
        except s3.exceptions.ClientError as error:
            told = f"The S3 location s3://{bucket}/{prefix} cannot be read: {error}"
            raise CrawlFailed(told) from error
        start = len(prefix)
        patterns = [re.compile(exclusion(text), re.S) for text in exclusions]
        return [
            item
            for item in items
            if not any(
                pattern.fullmatch(item.key[start:].lstrip("/")) for pattern in patterns
            )
        ]

    def _inspector(
        self, bucket: str, target: dict[str, Any]
    ) -> Callable[[Item], Schema]:
        s3 = self._lab.client("s3")
        known: dict[str, Schema] = {}
        last: dict[str, Schema] = {}
        most = target.get("SampleSize", _SAMPLES)

        def inspect(item: Item) -> Schema:
            folder = re.sub(r"/[^/=]+=[^/]*", "", item.key).rpartition("/")[0]
            if item.key not in known and len(known) >= most and folder in last:
                return last[folder]
            if item.key not in known:
                self._pause()
                # A Parquet file tells its columns at its end.
                part = (
                    {}
                    if item.key.endswith(".parquet")
                    else {"Range": f"bytes=0-{_SAMPLE}"}
                )
                answer = s3.get_object(Bucket=bucket, Key=item.key, **part)
                content = answer["Body"].read()
                if content[:4] == b"PAR1" and len(content) < item.size:
                    content = s3.get_object(Bucket=bucket, Key=item.key)["Body"].read()
                known[item.key] = last[folder] = infer(item.key, content)
            return known[item.key]

        return inspect

    def _pause(self) -> None:
        if self._stopping.is_set():
            raise Cancelled

    # Writing.

    def _make_database(self) -> None:
        try:
            self._glue.create_database(DatabaseInput={"Name": self._database})
        except self._glue.exceptions.AlreadyExistsException:
            pass

    def _tables_of_this_crawler(self) -> dict[str, dict[str, Any]]:
        pages = self._glue.get_paginator("get_tables").paginate(
            DatabaseName=self._database
        )
        name = self._crawler["Name"]
        return {
            table["Name"]: table
            for page in pages
            for table in page["TableList"]
            if table.get("Parameters", {}).get("UPDATED_BY_CRAWLER") == name
        }

    def _write(self, found: Found) -> str:
        """Creates or updates the table; gives its name in the catalog."""
        self._pause()
        name = self._crawler.get("TablePrefix", "") + found.name
        existing = self._table(name)
        if existing and existing["StorageDescriptor"].get("Location") != found.location:
            # Another table has the name already.
            name += "_" + hashlib.md5(found.location.encode()).hexdigest()
            existing = self._table(name)
        if existing is None:
            wanted = self._table_input(name, found, found.schema.columns)
            self._glue.create_table(DatabaseName=self._database, TableInput=wanted)
            self.changes.created.append(name)
            self._log(f"INFO : Created table {name} in database {self._database}")
        elif not self._new_only:
            self._update(name, existing, found)
        self._write_partitions(name, found)
        return name

    def _table(self, name: str) -> dict[str, Any] | None:
        try:
            return self._glue.get_table(DatabaseName=self._database, Name=name)["Table"]
        except self._glue.exceptions.EntityNotFoundException:
            return None

    def _update(self, name: str, existing: dict[str, Any], found: Found) -> None:
        columns = dict(found.schema.columns)
        old = {c["Name"]: c["Type"] for c in existing["StorageDescriptor"]["Columns"]}
        if self._merge_columns:
            columns = old | {k: v for k, v in columns.items() if k not in old}
        same_keys = [k["Name"] for k in existing.get("PartitionKeys", [])] == found.keys
        if columns == old and same_keys:
            return
        if self._policy["UpdateBehavior"] == "LOG":
            self._log(f"INFO : Table {name} has changed; the policy is LOG")
            return
        wanted = self._table_input(name, found, columns)
        self._glue.update_table(DatabaseName=self._database, TableInput=wanted)
        self.changes.updated.append(name)
        self._log(f"INFO : Updated table {name} in database {self._database}")

    def _table_input(
        self, name: str, found: Found, columns: dict[str, str]
    ) -> dict[str, Any]:
        return {
            "Name": name,
            "Owner": "owner",
            "Retention": 0,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": self._parameters(found),
            "PartitionKeys": [{"Name": k, "Type": "string"} for k in found.keys],
            "StorageDescriptor": self._storage(found, found.location, columns),
        }

    def _parameters(self, found: Found) -> dict[str, str]:
        schema = found.schema
        parameters = {
            "classification": schema.classification,
            "compressionType": schema.compression,
            "typeOfData": "file",
            "objectCount": str(len(found.items)),
            "sizeKey": str(sum(item.size for item in found.items)),
            "CrawlerSchemaSerializerVersion": "1.0",
            "CrawlerSchemaDeserializerVersion": "1.0",
            "UPDATED_BY_CRAWLER": self._crawler["Name"],
        }
        if schema.classification == "csv":
            parameters["delimiter"] = schema.delimiter
            parameters["columnsOrdered"] = "true"
            parameters["areColumnsQuoted"] = str(schema.quoted).lower()
            if schema.header:
                parameters["skip.header.line.count"] = "1"
        return parameters

    def _storage(
        self, found: Found, location: str, columns: dict[str, str]
    ) -> dict[str, Any]:
        schema = found.schema
        reads, writes, library = _FORMATS[schema.classification]
        settings = {
            "csv": {"field.delim": schema.delimiter},
            "json": {"paths": ",".join(sorted(schema.paths))},
            "parquet": {"serialization.format": "1"},
        }.get(schema.classification, {})
        return {
            "Columns": [{"Name": n, "Type": t} for n, t in columns.items()],
            "Location": location,
            "InputFormat": reads,
            "OutputFormat": writes,
            "Compressed": schema.compression != "none",
            "NumberOfBuckets": -1,
            "SerdeInfo": {"SerializationLibrary": library, "Parameters": settings},
            "BucketColumns": [],
            "SortColumns": [],
            "Parameters": self._parameters(found),
            "StoredAsSubDirectories": False,
        }

    def _write_partitions(self, name: str, found: Found) -> None:
        if not found.partitions:
            return
        place = {"DatabaseName": self._database, "TableName": name}
        pages = self._glue.get_paginator("get_partitions").paginate(**place)
        known = {tuple(p["Values"]) for page in pages for p in page["Partitions"]}
        new = [values for values in found.partitions if values not in known]
        for start in range(0, len(new), _BATCH):
            self._pause()
            inputs = [
                {
                    "Values": list(values),
                    "Parameters": {},
                    "StorageDescriptor": self._storage(
                        found,
                        f"s3://{found.bucket}/{found.partitions[values]}",
                        found.schema.columns,
                    ),
                }
                for values in new[start : start + _BATCH]
            ]
            answer = self._glue.batch_create_partition(
                **place, PartitionInputList=inputs
            )
            if answer.get("Errors"):
                raise CrawlFailed(f"partitions were refused: {answer['Errors']}")
        if new:
            self.changes.partitions += len(new)
            shown = [list(values) for values in new[:5]]
            self._log(
                f"INFO : Created partitions with values {shown} ({len(new)} in all) "
                f"for table {name} in database {self._database}"
            )

    def _drop(self, table: dict[str, Any]) -> None:
        """A table of this crawler's whose objects are gone."""
        name, behaviour = table["Name"], self._policy["DeleteBehavior"]
        if behaviour == "LOG" or self._new_only:
            self._log(f"INFO : Table {name} has no objects; the policy is LOG")
            return
        if behaviour == "DELETE_FROM_DATABASE":
            self._glue.delete_table(DatabaseName=self._database, Name=name)
        else:
            if "DEPRECATED_BY_CRAWLER" in table["Parameters"]:
                return
            members = ("Name", "Owner", "Retention", "TableType", "Parameters")
            members += ("PartitionKeys", "StorageDescriptor")
            wanted = {m: table[m] for m in members if m in table}
            wanted["Parameters"]["DEPRECATED_BY_CRAWLER"] = self._crawler["Name"]
            self._glue.update_table(DatabaseName=self._database, TableInput=wanted)
        self.changes.deleted.append(name)
        self._log(f"INFO : Deleted table {name} in database {self._database}")


_GLOB = re.compile(r"\*\*|\*|\?|\[!?[^]]+\]|\{[^}]*\}|\\?.", re.S)


def exclusion(text: str) -> str:
    """An exclusion as a regular expression: only `**` crosses folders."""
    plain = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = []
    for token in _GLOB.findall(text):
        if token in plain:
            parts.append(plain[token])
        elif token[0] == "[" and len(token) > 1:
            negated = "^" if token[1] == "!" else ""
            members = token[1 + len(negated) : -1].replace("\\", "\\\\")
            parts.append(f"[{negated}" + members.replace("[", "\\[") + "]")
        elif token[0] == "{" and len(token) > 1:
            parts.append(
                "(?:" + "|".join(exclusion(t) for t in token[1:-1].split(",")) + ")"
            )
        else:
            parts.append(re.escape(token.removeprefix("\\")))
    return "".join(parts)
