"""Tables of databases that a Glue connection reaches, read by JDBC, share by share.

The lab's one server is behind every connection: the first word of the host in a
connection's URL is the name of the lab's workgroup, which is made on demand.
"""

from __future__ import annotations

import json
import os
import re
import urllib.request
from typing import Any

import boto3
from pyspark.sql import DataFrame, SparkSession

from awsglue.dynamicframe import absent

#: What `connection_type` may say; of these the lab has a server of PostgreSQL's only.
TYPES = ("mysql", "oracle", "postgresql", "sqlserver")
_OPTIONS = {"useConnectionProperties", "connectionName", "dbtable", "sampleQuery"}
_OPTIONS |= {"enablePartitioningForSampleQuery", "hashfield", "hashexpression"}
_OPTIONS |= {"hashpartitions"}
#: How many shares there are when nobody says it.
_SHARES = 7


class Connection:
    """A connection of Glue's that the job has."""

    def __init__(self, name: str) -> None:
        if name not in json.loads(os.environ.get("LAB_CONNECTIONS", "[]")):
            # The job is not in the connection's network.
            raise RuntimeError(
                f"The connection attempt failed. The job has no connection {name}"
            )
        found = boto3.client("glue").get_connection(Name=name)["Connection"]
        properties = found["ConnectionProperties"]
        if secret := properties.get("SECRET_ID"):
            boto3.client("secretsmanager").get_secret_value(SecretId=secret)
        elif "USERNAME" not in properties or "PASSWORD" not in properties:
            raise RuntimeError(f"connection {name} has neither a secret nor a login")
        url = properties["JDBC_CONNECTION_URL"]
        told = re.fullmatch(r"jdbc:(\w+)://([^.:/]+)[^/]*/(\w+)", url)
        if told is None:
            raise absent(f"JDBC URL {url!r}")
        self.kind, self.workgroup, self.database = told.groups()

    def url(self) -> str:
        """The URL by which the driver reaches the database."""
        place = control(
            "database", {"workgroup": self.workgroup, "database": self.database}
        )
        return (
            f"jdbc:postgresql://127.0.0.1:{place['port']}/{place['database']}"
            f"?user={place['user']}"
        )


def control(word: str, body: dict[str, Any]) -> Any:
    """Asks the lab itself."""
    request = urllib.request.Request(
        f"{os.environ['AWS_ENDPOINT_URL']}/_lab/{word}",
        data=json.dumps(body).encode(),
        method="POST",
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def read(session: SparkSession, kind: str, options: dict[str, Any]) -> DataFrame:
    """The rows of a table, by as many queries as there are shares."""
    if unknown := set(options) - _OPTIONS:
        raise absent(f"connection options {sorted(unknown)}")
    if str(options.get("useConnectionProperties")).lower() != "true":
        raise absent("a database without useConnectionProperties")
    connection = Connection(options["connectionName"])
    if kind != connection.kind:
        raise RuntimeError(
            f"No suitable driver: connection_type {kind} for {connection.kind}"
        )
    if kind != "postgresql":
        raise absent(f"connection_type {kind!r}: its server is PostgreSQL's")
    reader = session.read.format("jdbc").option("url", connection.url())
    reader = reader.option("driver", "org.postgresql.Driver")
    frames = [
        reader.option("dbtable", f"({query}) lab_share").load()
        for query in queries(options)
    ]
    first, *others = frames
    for other in others:
        first = first.union(other)
    return first


def queries(options: dict[str, Any]) -> list[str]:
    """What is sent for each share.

    Glue does not say how it hashes. An expression has a remainder as SQL says it: none
    where it is NULL, and a negative one where it is negative, so that such rows are in
    no share.
    """
    query = options.get("sampleQuery")
    field, expression = options.get("hashfield"), options.get("hashexpression")
    shares = int(options.get("hashpartitions", _SHARES))
    if not field and not expression:
        return [query or f"select * from {options['dbtable']}"]
    if query:
        if str(options.get("enablePartitioningForSampleQuery")).lower() != "true":
            # Only then a query is read in shares.
            return [query]
        if not re.search(r"\b(and|where)\s*$", query, re.IGNORECASE):
            raise RuntimeError("sampleQuery must end with AND or WHERE")
    else:
        query = f"select * from {options['dbtable']} where"
    digits = f"substr(md5(cast({field} as text)), 1, 6)"
    hashed = f"cast(cast('x' || {digits} as bit(24)) as int)"
    value = hashed if field else f"({expression})"
    return [f"{query} {value} % {shares} = {n}" for n in range(shares)]
