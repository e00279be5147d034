"""MERGE as Redshift has it, narrower than PostgreSQL's, and its REMOVE DUPLICATES."""

from __future__ import annotations

import re

from lab.redshift.errors import SqlError
from lab.redshift.lexer import Token, text, tokens, words


def is_merge(sql: str) -> bool:
    """Whether the statement is a MERGE."""
    return [token.upper for token in words(sql)[:1]] == ["MERGE"]


def translate(sql: str) -> list[str]:
    """The statements of PostgreSQL that do a MERGE of Redshift, in one transaction."""
    pieces = [token for token in tokens(sql) if not token.text.startswith(("--", "/*"))]
    meaning = [token.upper for token in pieces if token.kind != "space"]
    if "USING" not in meaning or "ON" not in meaning:
        raise SqlError("syntax error in MERGE: USING and ON are needed")
    target = _between(pieces, "INTO", "USING")
    if re.search(r"\s", target):
        raise SqlError("syntax error in MERGE: the target table can't have an alias")
    if meaning[-2:] == ["REMOVE", "DUPLICATES"]:
        return _remove_duplicates(pieces, target)
    joined = " ".join(meaning)
    if "BY SOURCE" in joined or "BY TARGET" in joined or "DO NOTHING" in joined:
        raise SqlError("syntax error in MERGE")
    if "WHEN MATCHED THEN" not in joined or "WHEN NOT MATCHED THEN" not in joined:
        raise SqlError(
            "syntax error in MERGE: WHEN MATCHED THEN and WHEN NOT MATCHED THEN "
            "are both needed"
        )
    if re.search(r"WHEN (NOT )?MATCHED AND", joined):
        raise SqlError('syntax error at or near "AND"')
    return [text(pieces)]


def _remove_duplicates(pieces: list[Token], target: str) -> list[str]:
    source = _between(pieces, "USING", "ON")
    condition = _between(pieces, "ON", "REMOVE")
    name = re.sub(r"\s+(as\s+)?\w+$", "", source, flags=re.I)
    return [
        f"delete from {target} using {source} where {condition}",
        f"insert into {target} select distinct * from {name}",
    ]


def _between(pieces: list[Token], first: str, last: str) -> str:
    """The SQL between two words that stand outside parentheses."""
    depth, start, end = 0, None, None
    for index, token in enumerate(pieces):
        depth += {"(": 1, ")": -1}.get(token.upper, 0)
        if depth == 0 and start is None and token.upper == first:
            start = index + 1
        elif depth == 0 and start is not None and token.upper == last:
            end = index
            break
    if start is None or end is None:
        raise SqlError(f"syntax error in MERGE: {first} ... {last} is needed")
    return text(pieces[start:end]).strip()
