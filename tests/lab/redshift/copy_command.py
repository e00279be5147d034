"""COPY as a statement: SQL -> `CopyCommand`, refusing what Redshift refuses."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lab.redshift.errors import SqlError
from lab.redshift.lexer import Token, identifier, words

#: Options by what follows them: nothing, a string, a number, an optional word.
_FLAGS = (
    "ACCEPTANYDATE BLANKSASNULL EMPTYASNULL ESCAPE EXPLICIT_IDS FILLRECORD "
    "IGNOREBLANKLINES MANIFEST NOLOAD REMOVEQUOTES ROUNDEC SERIALIZETOJSON TRIMBLANKS "
    "TRUNCATECOLUMNS IGNOREALLERRORS GZIP BZIP2 ZSTD"
).split()
_STRINGS = "DELIMITER QUOTE NULL DATEFORMAT TIMEFORMAT REGION FIXEDWIDTH".split()
_NUMBERS = "IGNOREHEADER MAXERROR COMPROWS READRATIO".split()
_WORDS = "COMPUPDATE STATUPDATE ENCODING".split()
_OPTIONAL_STRINGS = ("ACCEPTINVCHARS",)
_FORMATS = ("CSV", "JSON", "AVRO", "PARQUET", "ORC")
_LACKING = (
    "SHAPEFILE LZOP ENCRYPTED CREDENTIALS ACCESS_KEY_ID SSH MASTER_SYMMETRIC_KEY"
).split()

_COLUMNAR_TAKES = {
    "ACCEPTINVCHARS",
    "FILLRECORD",
    "MANIFEST",
    "STATUPDATE",
    "EXPLICIT_IDS",
    "SERIALIZETOJSON",
}
_JSON_REFUSES = {
    "DELIMITER",
    "ESCAPE",
    "FILLRECORD",
    "FIXEDWIDTH",
    "IGNOREBLANKLINES",
    "NULL",
    "QUOTE",
    "READRATIO",
    "REMOVEQUOTES",
}
_CSV_REFUSES = {"ESCAPE", "FIXEDWIDTH", "REMOVEQUOTES"}
_ROLE = re.compile(r"arn:aws[\w-]*:iam::(\d{12}|aws):role/[\w+=,.@/-]+")


@dataclass
class CopyCommand:
    """What a COPY says. `table` is quoted SQL; options are by upper-case name."""

    table: str
    table_name: str
    columns: list[str]
    source: str
    format: str = "TEXT"
    #: Where JSON and Avro have the columns' values.
    paths: str = "auto"
    options: dict[str, str] = field(default_factory=dict)

    @property
    def columnar(self) -> bool:
        return self.format in ("PARQUET", "ORC")

    def has(self, option: str) -> bool:
        return option in self.options

    def number(self, option: str) -> int:
        return int(self.options.get(option, "0"))


def is_copy(sql: str) -> bool:
    """Whether the statement is a COPY."""
    return [token.upper for token in words(sql)[:1]] == ["COPY"]


def parse(sql: str) -> CopyCommand:
    """The COPY of `sql`; SqlError where Redshift would refuse it."""
    return _Parser(words(sql)).copy()


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def copy(self) -> CopyCommand:
        self._expect("COPY")
        names = [self._name()]
        while self._take("."):
            names.append(self._name())
        columns = self._columns()
        self._expect("FROM")
        source = self._string("FROM")
        if not source.startswith("s3://"):
            raise SqlError(f"the lab's COPY reads s3:// only, not {source!r}")
        command = CopyCommand(
            ".".join(map(identifier, names)), names[-1], columns, source
        )
        while self._at < len(self._tokens):
            self._option(command)
        if "IAM_ROLE" not in command.options:
            raise SqlError("Invalid operation: COPY needs an IAM_ROLE")
        _judge(command)
        return command

    def _columns(self) -> list[str]:
        columns = []
        if self._take("("):
            columns.append(self._name())
            while self._take(","):
                columns.append(self._name())
            self._expect(")")
        return columns

    def _option(self, command: CopyCommand) -> None:
        word = self._next().upper
        if word == "FORMAT":
            self._take("AS")
            word = self._next().upper
            if word not in (*_FORMATS, *_LACKING):
                raise self._wrong()
        if word in _LACKING:
            raise SqlError(f"the lab's COPY does not do {word}")
        if word in _FORMATS:
            if command.format != "TEXT":
                raise SqlError("conflicting or redundant options")
            command.format = word
            if word in ("JSON", "AVRO"):
                self._take("AS")
                command.paths = self._string(word, "auto")
            return
        if word in command.options:
            raise SqlError("conflicting or redundant options")
        command.options[word] = self._argument(word)

    def _argument(self, word: str) -> str:
        if word in _FLAGS:
            return ""
        if word == "IAM_ROLE":
            return self._role()
        if word in _STRINGS:
            self._take("AS")
            return self._string(word)
        if word in _NUMBERS:
            self._take("AS")
            token = self._next()
            if token.kind != "number" or not token.text.isdigit():
                raise self._wrong()
            return token.text
        if word in _OPTIONAL_STRINGS:
            self._take("AS")
            return self._string(word, "?")
        if word in _WORDS:
            self._take("AS")
            if self._peek().upper in ("ON", "OFF", "PRESET", "TRUE", "FALSE"):
                return self._next().upper
            if word == "ENCODING":
                name = self._next().upper
                if name not in ("UTF8", "UTF16", "UTF16LE", "UTF16BE", "ISO88591"):
                    raise self._wrong()
                return name
            return "ON"
        raise self._wrong()

    def _role(self) -> str:
        token = self._next()
        if token.upper == "DEFAULT":
            return "default"
        for role in token.value.split(","):
            if token.kind != "string" or not _ROLE.fullmatch(role):
                raise SqlError(f"Invalid operation: invalid IAM role {token.text}")
        return token.value

    def _peek(self) -> Token:
        end = Token("mark", "")
        return self._tokens[self._at] if self._at < len(self._tokens) else end

    def _next(self) -> Token:
        token = self._peek()
        self._at += 1
        return token

    def _take(self, word: str) -> bool:
        taken = self._peek().upper == word
        self._at += taken
        return taken

    def _expect(self, word: str) -> None:
        if self._next().upper != word:
            raise self._wrong()

    def _name(self) -> str:
        token = self._next()
        if token.kind not in ("word", "name"):
            raise self._wrong()
        # Redshift folds quoted names too, unless told otherwise.
        return token.value.lower()

    def _string(self, after: str, default: str | None = None) -> str:
        token = self._peek()
        if token.kind != "string":
            if default is not None:
                return default
            self._at += 1
            raise self._wrong()
        self._at += 1
        return token.value

    def _wrong(self) -> SqlError:
        at = self._at - 1
        if at >= len(self._tokens):
            return SqlError("syntax error at end of input")
        return SqlError(f'syntax error at or near "{self._tokens[at].text}"')


def _judge(command: CopyCommand) -> None:
    given = set(command.options) - {"IAM_ROLE"}
    packed = given & {"GZIP", "BZIP2", "ZSTD"}
    if len(packed) > 1:
        raise SqlError("conflicting or redundant options")
    if command.columnar and (bad := sorted(given - _COLUMNAR_TAKES)):
        raise SqlError(
            f"{bad[0]} argument is not supported for {command.format} based COPY"
        )
    refused = {"JSON": _JSON_REFUSES, "AVRO": _JSON_REFUSES, "CSV": _CSV_REFUSES}
    if bad := sorted(given & refused.get(command.format, set())):
        raise SqlError(f"{bad[0]} option is not supported for {command.format} COPY")
    if "QUOTE" in given and command.format != "CSV":
        raise SqlError("QUOTE option is only supported for CSV COPY")
    if "SERIALIZETOJSON" in given and not command.columnar:
        raise SqlError("SERIALIZETOJSON is only supported for PARQUET and ORC COPY")
    if "QUOTE" in given and len(command.options["QUOTE"].encode()) != 1:
        raise SqlError("COPY quote must be a single ASCII character")
    if command.options.get("DELIMITER") == "":
        raise SqlError("COPY delimiter must not be empty")
    if "FIXEDWIDTH" in given:
        _judge_widths(command, given)
    if {"IGNOREALLERRORS", "MAXERROR"} <= given:
        raise SqlError("IGNOREALLERRORS and MAXERROR exclude each other")
    if command.number("MAXERROR") > 100_000:
        raise SqlError("MAXERROR must be between 0 and 100000")
    words_ = ["auto", "auto ignorecase"] + ["noshred"] * (command.format == "JSON")
    if command.paths not in words_ and not command.paths.startswith("s3://"):
        raise SqlError(f"invalid {command.format} option '{command.paths}'")


def _judge_widths(command: CopyCommand, given: set[str]) -> None:
    if bad := sorted(given & {"DELIMITER", "ESCAPE", "REMOVEQUOTES"}):
        raise SqlError(f"{bad[0]} and FIXEDWIDTH exclude each other")
    if command.options.get("ENCODING", "UTF8") != "UTF8":
        raise SqlError("fixed-width data files must be UTF-8")
    widths = command.options["FIXEDWIDTH"]
    if not re.fullmatch(r"[^:,]+:[1-9]\d*(,[^:,]+:[1-9]\d*)*", widths):
        raise SqlError(f"invalid FIXEDWIDTH specification '{widths}'")
