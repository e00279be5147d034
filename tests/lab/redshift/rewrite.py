"""Redshift's SQL -> PostgreSQL's, token by token.

Drops what says only how data is laid out (DISTKEY, SORTKEY, ENCODE, BACKUP, AUTO
REFRESH), keys that Redshift does not enforce, and renames types and functions. What
PostgreSQL would take and Redshift would not is not looked for, but for a few cases.
"""

from __future__ import annotations

from lab.redshift.catalog import (
    CLUSTER_TABLES,
    CLUSTER_VIEWS,
    OLD_TABLES,
    SCHEMA,
    TABLES,
    VIEWS,
)
from lab.redshift.lexer import Token, identifier, text, tokens

_FUNCTIONS = {
    "GETDATE": "getdate",
    "LEN": "len",
    "LAST_DAY": "last_day",
    "ADD_MONTHS": "add_months",
    "CONVERT_TIMEZONE": "convert_timezone",
    "JSON_PARSE": "json_parse",
    "DATEADD": "dateadd",
    "DATEDIFF": "datediff",
    "PG_LAST_COPY_ID": "pg_last_copy_id",
    "PG_LAST_COPY_COUNT": "pg_last_copy_count",
    "PG_GET_EXPR": "pg_get_expr",
}
_DATE_PARTS = ("DATEADD", "DATEDIFF", "DATE_ADD", "DATE_DIFF")
_SYSTEM = {*TABLES, *VIEWS, *CLUSTER_TABLES, *CLUSTER_VIEWS, *OLD_TABLES}


def rewrite(sql: str) -> str:
    """One statement of Redshift as PostgreSQL takes it."""
    pieces = _Pieces(tokens(sql))
    head = pieces.heads(6)
    if head[:1] == ["CREATE"] and "TABLE" in head:
        _table(pieces)
    elif head[:1] == ["CREATE"] and "MATERIALIZED" in head:
        _materialized_view(pieces)
    elif head[:1] == ["ALTER"] and "TABLE" in head:
        _column_attributes(pieces, 0, len(pieces.all))
    elif head[:2] == ["REFRESH", "MATERIALIZED"]:
        pieces.drop_words("RESTRICT", "CASCADE")
    elif head[:1] == ["ANALYZE"]:
        pieces.drop_sequence("PREDICATE", "COLUMNS")
        pieces.drop_sequence("ALL", "COLUMNS")
    _everywhere(pieces)
    return text(pieces.all)


class _Pieces:
    """The tokens of a statement, with the edits that rewriting needs."""

    def __init__(self, all_tokens: list[Token]) -> None:
        self.all = all_tokens

    def heads(self, count: int) -> list[str]:
        return [t.upper for t in self.all if t.kind != "space"][:count]

    def after(self, index: int) -> int:
        """The next token that is no space; the length if there is none."""
        index += 1
        while index < len(self.all) and self.all[index].kind == "space":
            index += 1
        return index

    def upper(self, index: int) -> str:
        return self.all[index].upper if 0 <= index < len(self.all) else ""

    def before(self, index: int) -> int:
        index -= 1
        while index >= 0 and self.all[index].kind == "space":
            index -= 1
        return index

    def closing(self, index: int) -> int:
        """The closing parenthesis of the opening one at `index`."""
        depth = 0
        for at in range(index, len(self.all)):
            depth += {"(": 1, ")": -1}.get(self.upper(at), 0)
            if depth == 0:
                return at
        return len(self.all) - 1

    def drop(self, start: int, end: int) -> None:
        """Blanks the tokens from `start` to `end`, both included."""
        for at in range(start, min(end, len(self.all) - 1) + 1):
            self.all[at] = Token("space", "" if at > start else " ")

    def replace(self, index: int, new: str, kind: str = "word") -> None:
        self.all[index] = Token(kind, new)

    def drop_words(self, *names: str) -> None:
        for at, token in enumerate(self.all):
            if token.upper in names:
                self.drop(at, at)

    def drop_sequence(self, first: str, second: str) -> None:
        for at, token in enumerate(self.all):
            if token.upper == first and self.upper(self.after(at)) == second:
                self.drop(at, self.after(at))


def _table(pieces: _Pieces) -> None:
    """CREATE TABLE: table attributes, column attributes, keys, types."""
    index = next(i for i, t in enumerate(pieces.all) if t.upper == "TABLE")
    end = len(pieces.all)
    at = pieces.after(index)
    while at < end and pieces.upper(at) not in ("(", "AS"):
        at = _table_attribute(pieces, at)
    if pieces.upper(at) == "(":
        closing = pieces.closing(at)
        if pieces.upper(pieces.after(at)) != "LIKE":
            _column_attributes(pieces, at + 1, closing)
            _table_keys(pieces, at, closing)
        at = pieces.after(closing)
    while at < end and pieces.upper(at) != "AS":
        at = _table_attribute(pieces, at)


def _table_attribute(pieces: _Pieces, at: int) -> int:
    """Drops the table attribute at `at`, if it is one; the index to go on at."""
    word, following = pieces.upper(at), pieces.after(at)
    last = at
    if word in ("DISTSTYLE", "BACKUP", "ENCODE"):
        last = following
    elif word in ("COMPOUND", "INTERLEAVED") and pieces.upper(following) == "SORTKEY":
        last = pieces.closing(pieces.after(following))
    elif word in ("DISTKEY", "SORTKEY"):
        last = (
            pieces.closing(following) if pieces.upper(following) == "(" else following
        )
    else:
        return following
    pieces.drop(at, last)
    return pieces.after(last)


def _column_attributes(pieces: _Pieces, start: int, end: int) -> None:
    for at in range(start, end):
        word, following = pieces.upper(at), pieces.after(at)
        if word == "ENCODE":
            pieces.drop(at, following)
        elif (
            word in ("DISTKEY", "SORTKEY", "UNIQUE") and pieces.upper(following) != "("
        ):
            pieces.drop(at, at)
        elif word == "PRIMARY" and pieces.upper(following) == "KEY":
            if pieces.upper(pieces.after(following)) != "(":
                pieces.drop(at, following)
        elif word == "REFERENCES":
            last = following
            while pieces.upper(pieces.after(last)) == ".":
                last = pieces.after(pieces.after(last))
            if pieces.upper(pieces.after(last)) == "(":
                last = pieces.closing(pieces.after(last))
            pieces.drop(at, last)
        elif word == "IDENTITY" and pieces.upper(following) == "(":
            _identity(pieces, at, following)
        else:
            _type(pieces, at, following)


def _identity(pieces: _Pieces, at: int, opening: int) -> None:
    closing = pieces.closing(opening)
    numbers = [t.text for t in pieces.all[opening:closing] if t.kind == "number"]
    before = pieces.before(at)
    generated = pieces.upper(before) == "AS"
    words = "" if generated else "GENERATED ALWAYS AS "
    pieces.drop(opening, closing)
    start, step = (numbers + ["1", "1"])[:2]
    low = f"MINVALUE {min(int(start), 0)}"
    pieces.replace(at, f"{words}IDENTITY (START {start} INCREMENT {step} {low})")


def _type(pieces: _Pieces, at: int, following: int) -> None:
    """Types by Redshift's names and with Redshift's default lengths."""
    if pieces.upper(pieces.before(at)) in ("(", ",") or pieces.all[at].kind != "word":
        return  # The name of a column, not its type.
    word, sized = pieces.upper(at), pieces.upper(following) == "("
    if word == "SUPER":
        pieces.replace(at, "jsonb")
    elif word in ("VARBYTE", "VARBINARY"):
        pieces.replace(at, "bytea")
        if sized:
            pieces.drop(following, pieces.closing(following))
    elif word in ("VARCHAR", "NVARCHAR", "TEXT"):
        inner = pieces.after(following)
        if sized and pieces.upper(inner) == "MAX":
            pieces.replace(inner, "65535")
        pieces.replace(at, "varchar" if sized else "varchar(256)")


def _table_keys(pieces: _Pieces, opening: int, closing: int) -> None:
    """Drops table-level PRIMARY KEY, UNIQUE and FOREIGN KEY, with their commas."""
    at, comma = opening + 1, -1
    while at < closing:
        first = pieces.after(at - 1)
        last, depth = first, 0
        while last < closing and not (pieces.upper(last) == "," and depth == 0):
            depth += {"(": 1, ")": -1}.get(pieces.upper(last), 0)
            last += 1
        head = pieces.upper(first)
        if head == "CONSTRAINT":
            head = pieces.upper(pieces.after(pieces.after(first)))
        if head in ("PRIMARY", "UNIQUE", "FOREIGN"):
            # The comma before the first, or after it when it stands first.
            pieces.drop(comma if comma >= 0 else first, last - 1)
        else:
            comma = last
        at = last + 1


def _materialized_view(pieces: _Pieces) -> None:
    at = next(i for i, t in enumerate(pieces.all) if t.upper == "VIEW")
    while at < len(pieces.all) and pieces.upper(at) != "AS":
        following = pieces.after(at)
        if pieces.upper(at) == "AUTO" and pieces.upper(following) == "REFRESH":
            last = pieces.after(following)
            pieces.drop(at, last)
            at = pieces.after(last)
        else:
            at = _table_attribute(pieces, at)


def _everywhere(pieces: _Pieces) -> None:
    for at, token in enumerate(pieces.all):
        if token.kind not in ("word", "name"):
            continue
        word = token.upper or token.value.upper()
        following = pieces.after(at)
        called = pieces.upper(following) == "("
        dotted = pieces.upper(pieces.before(at)) == "."
        if word in _SYSTEM:
            _system_table(pieces, at, dotted)
        elif dotted or token.kind == "name":
            continue
        elif called and word in _DATE_PARTS:
            _date_part(pieces, at, following)
        elif called and word in _FUNCTIONS:
            pieces.replace(at, f"{SCHEMA}.{_FUNCTIONS[word]}")
        elif called and word == "NVL":
            pieces.replace(at, "coalesce")
        elif word == "SYSDATE":
            pieces.replace(at, f"{SCHEMA}.getdate()")
        elif word == "APPROXIMATE" and pieces.upper(following) == "COUNT":
            pieces.drop(at, at)


def _system_table(pieces: _Pieces, at: int, dotted: bool) -> None:
    name = identifier(pieces.all[at].value.lower())
    if not dotted:
        pieces.replace(at, f"{SCHEMA}.{name}")
        return
    schema = pieces.before(pieces.before(at))
    if pieces.all[schema].value == "pg_catalog":
        pieces.replace(schema, SCHEMA)


def _date_part(pieces: _Pieces, at: int, opening: int) -> None:
    part = pieces.after(opening)
    if pieces.all[part].kind == "word":
        pieces.replace(part, f"'{pieces.all[part].text.lower()}'", "string")
    name = pieces.upper(at).replace("_", "").lower()
    pieces.replace(at, f"{SCHEMA}.{name}")
