"""SQL text -> tokens that, joined, are the text again.

Only as much as rewriting needs: strings, quoted names and comments are never touched by
accident. Redshift reads backslashes in strings as escapes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
      (?P<space>\s+|--[^\n]*|/\*.*?\*/)
    | (?P<string>[eE]?'(?:[^'\\]|\\.|'')*')
    | (?P<dollar>\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
    | (?P<name>"(?:[^"]|"")*")
    | (?P<word>[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)
    | (?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)
    | (?P<mark>::|:=|.)
    """,
    re.X | re.S,
)


@dataclass(frozen=True)
class Token:
    """A piece of SQL: `kind` is space, string, dollar, name, word, number or mark."""

    kind: str
    text: str

    @property
    def upper(self) -> str:
        """The text to compare keywords with; empty for what is no word or mark."""
        return self.text.upper() if self.kind in ("word", "mark") else ""

    @property
    def value(self) -> str:
        """What a string or a name means, without its quotes."""
        if self.kind == "string":
            inner = self.text[self.text.index("'") + 1 : -1].replace("''", "'")
            return re.sub(r"\\(.)", _escaped, inner, flags=re.S)
        if self.kind == "name":
            return self.text[1:-1].replace('""', '"')
        return self.text.lower() if self.kind == "word" else self.text


def tokens(sql: str) -> list[Token]:
    """All tokens of `sql`, spaces and comments included."""
    return [
        Token(next(kind for kind in _KINDS if match[kind] is not None), match[0])
        for match in _TOKEN.finditer(sql)
    ]


def words(sql: str) -> list[Token]:
    """The tokens of `sql` that mean something."""
    return [token for token in tokens(sql) if token.kind != "space"]


def text(pieces: list[Token]) -> str:
    """The tokens as SQL again."""
    return "".join(token.text for token in pieces)


def statements(sql: str) -> list[str]:
    """The statements of `sql`, without their semicolons; empty ones are left out."""
    out: list[list[Token]] = [[]]
    for token in tokens(sql):
        if token.kind == "mark" and token.text == ";":
            out.append([])
        else:
            out[-1].append(token)
    return [text(part) for part in out if any(t.kind != "space" for t in part)]


def quoted(value: str) -> str:
    """A string literal, safe where backslashes are escapes."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def identifier(value: str) -> str:
    """A quoted name."""
    return '"' + value.replace('"', '""') + '"'


_KINDS = ("space", "string", "dollar", "name", "word", "number", "mark")


def _escaped(match: re.Match[str]) -> str:
    return {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}.get(
        match[1], match[1]
    )
