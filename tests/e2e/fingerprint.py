"""All rows of some tables in one number each; called inside Airflow, between two runs."""

from __future__ import annotations

import hashlib
import json
import os
import urllib.request
from typing import Any


def of_tables(_dags: Any, tables: list[str]) -> dict[str, str]:
    """A digest of the sorted rows, by table."""
    return {table: _digest(table) for table in tables}


def _digest(table: str) -> str:
    sql = f"select t::text from {table} t order by 1"
    body = json.dumps({**json.loads(os.environ["LAB_DATABASE"]), "sql": sql})
    request = urllib.request.Request(
        os.environ["LAB_SQL"], data=body.encode(), method="POST"
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request) as answer:
        rows = json.load(answer)["rows"]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest() if rows else ""
