"""Fields of text files -> values of a column, with Redshift's reasons to refuse them.

A converter takes a field's text and gives the text for PostgreSQL, or None for NULL.
Codes and words are those of AWS's load error reference as far as it gives them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation

from lab.redshift.copy_command import CopyCommand
from lab.redshift.errors import SqlError

Converter = Callable[[str], str | None]


class FieldError(Exception):
    """Why a field cannot be loaded: the error's code, its words, where in the field."""

    def __init__(self, code: int, reason: str, position: int = 0) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.position = position


@dataclass(frozen=True)
class Column:
    """A column of the target table, as PostgreSQL's catalog has it."""

    name: str
    type: str
    length: int | None
    scale: int | None
    not_null: bool

    @property
    def text(self) -> bool:
        return self.type in ("varchar", "bpchar", "text")

    @property
    def redshift_type(self) -> str:
        """The name that the system tables show."""
        names = {"bpchar": "char", "text": "varchar", "jsonb": "super"}
        return names.get(self.type, self.type)


def converter(column: Column, command: CopyCommand) -> Converter:
    """What turns a field's text into the column's value."""
    options = command.options
    kind = column.type
    if kind in _INTEGERS:
        return _integer(*_INTEGERS[kind])
    if kind in ("float4", "float8"):
        return _float
    if kind == "numeric":
        return _numeric(column, "ROUNDEC" in options)
    if kind == "bool":
        return _boolean
    if kind == "date":
        return _date(options.get("DATEFORMAT", ""), "ACCEPTANYDATE" in options)
    if kind in ("timestamp", "timestamptz"):
        return _timestamp(options.get("TIMEFORMAT", ""), "ACCEPTANYDATE" in options)
    if column.text:
        return _text(column, command)
    if kind == "jsonb":
        return _json
    return lambda field: field


_INTEGERS = {
    "int2": (15, "Short"),
    "int4": (31, "Integer"),
    "int8": (63, "Long"),
}
_DIGITS = re.compile(r"\s*[+-]?\d+\s*")


def _integer(bits: int, name: str) -> Converter:
    low, high = -(2**bits), 2**bits - 1

    def convert(field: str) -> str | None:
        if not _DIGITS.fullmatch(field):
            raise _digit(field, name)
        if not low <= int(field) <= high:
            raise FieldError(1204, f"Overflow, Value '{field}', Type: {name}")
        return field

    return convert


def _digit(field: str, name: str) -> FieldError:
    found = re.match(r"\s*[+-]?\d*", field)
    position = found.end() if found else 0
    wrong = field[position : position + 1]
    return FieldError(
        1207, f"Invalid digit, Value '{wrong}', Pos {position}, Type: {name}", position
    )


def _float(field: str) -> str | None:
    try:
        float(field)
    except ValueError:
        raise FieldError(1208, f"Invalid float format or value '{field}'") from None
    if "_" in field:
        raise FieldError(1208, f"Invalid float format or value '{field}'")
    return field


def _numeric(column: Column, rounds: bool) -> Converter:
    mode = ROUND_HALF_UP if rounds else ROUND_DOWN

    def convert(field: str) -> str | None:
        try:
            value = Decimal(field)
        except InvalidOperation:
            raise _digit(field, "Decimal") from None
        if not value.is_finite() or "_" in field:
            raise _digit(field, "Decimal")
        if column.length is None or column.scale is None:
            return field
        exact = value.quantize(Decimal(1).scaleb(-column.scale), rounding=mode)
        if exact and exact.adjusted() >= column.length - column.scale:
            raise FieldError(1204, f"Overflow, Value '{field}', Type: Decimal")
        return str(exact)

    return convert


_TRUE, _FALSE = (
    ("t", "true", "y", "yes", "1", "on"),
    ("f", "false", "n", "no", "0", "off"),
)


def _boolean(field: str) -> str | None:
    word = field.strip().lower()
    if word not in (*_TRUE, *_FALSE):
        raise FieldError(1210, "Unknown boolean format")
    return "t" if word in _TRUE else "f"


_FORMAT_PARTS = {
    "YYYY": "%Y",
    "MONTH": "%B",
    "MON": "%b",
    "HH24": "%H",
    "HH12": "%I",
    "MM": "%m",
    "DD": "%d",
    "YY": "%y",
    "HH": "%H",
    "MI": "%M",
    "SS": "%S",
    "AM": "%p",
    "PM": "%p",
    "OF": "%z",
    "TZ": "%Z",
}
_PARTS = re.compile("|".join(_FORMAT_PARTS), re.I)
_AUTO_DATES = ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%m/%d/%Y", "%d-%b-%Y"]
_AUTO_DATES += ["%b-%d-%Y", "%Y-%b-%d", "%B %d, %Y", "%d %b %Y", "%m-%d-%Y"]


def _strptime_format(pattern: str) -> str:
    return _PARTS.sub(lambda m: _FORMAT_PARTS[m[0].upper()], pattern.replace("%", "%%"))


_TIME_OF_DAY = re.compile(r"[T ]\d\d:\d\d.*")
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def _date(pattern: str, any_date: bool) -> Converter:
    auto = pattern.lower() == "auto"
    forms = _AUTO_DATES if auto else [_strptime_format(pattern or "YYYY-MM-DD")]

    def convert(field: str) -> str | None:
        # The time of a timestamp may follow: it is left out.
        day = _TIME_OF_DAY.sub("", field.strip())
        if not pattern and len(day) < 10:
            raise FieldError(1205, "Invalid Date Format - length must be 10 or more")
        if (auto or not pattern) and _ISO_DATE.fullmatch(day):
            forms_left = ["%Y-%m-%d"]
        else:
            forms_left = forms if pattern else []
        for form in forms_left:
            try:
                return datetime.strptime(day, form).date().isoformat()
            except ValueError:
                continue
        return _no_date(any_date, 1205, f"Invalid date '{field}'")

    return convert


def _timestamp(pattern: str, any_date: bool) -> Converter:
    lowered = pattern.lower()

    def convert(field: str) -> str | None:
        stripped = field.strip()
        if lowered in ("epochsecs", "epochmillisecs"):
            scale = 1000 if lowered == "epochmillisecs" else 1
            try:
                seconds = float(stripped) / scale
            except ValueError:
                raise FieldError(
                    1206, f"Invalid timestamp format or value [{pattern}]"
                ) from None
            return (datetime(1970, 1, 1) + timedelta(seconds=seconds)).isoformat(" ")
        if not pattern and _ISO_SPACE.fullmatch(stripped):
            return _checked_iso(stripped, any_date)
        if lowered == "auto" and (moment := _auto_timestamp(stripped)):
            return moment
        if pattern and lowered != "auto":
            try:
                moment_ = datetime.strptime(stripped, _strptime_format(pattern))
                return moment_.isoformat(" ")
            except ValueError:
                pass
        wanted = pattern or "YYYY-MM-DD HH24:MI:SS"
        return _no_date(any_date, 1206, f"Invalid timestamp format or value [{wanted}]")

    return convert


_ISO_SPACE = re.compile(
    r"\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\d(\.\d{1,6})?)?( ?([+-]\d\d(:?\d\d)?|Z|UTC))?)?"
)


def _checked_iso(text: str, any_date: bool) -> str | None:
    try:
        datetime.fromisoformat(text[:19])
    except ValueError:
        return _no_date(
            any_date, 1206, "Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]"
        )
    return text


def _auto_timestamp(text: str) -> str | None:
    try:
        return datetime.fromisoformat(text).isoformat(" ")
    except ValueError:
        pass
    head, _, tail = text.partition(" ")
    for form in _AUTO_DATES:
        try:
            day = datetime.strptime(head, form)
            clock = datetime.fromisoformat(f"2000-01-01 {tail or '00:00'}")
        except ValueError:
            continue
        return datetime.combine(day, clock.time()).isoformat(" ")
    return None


def _no_date(any_date: bool, code: int, reason: str) -> None:
    if not any_date:
        raise FieldError(code, reason)


def _text(column: Column, command: CopyCommand) -> Converter:
    length = column.length
    cuts, trims = command.has("TRUNCATECOLUMNS"), command.has("TRIMBLANKS")
    blank, empty = command.has("BLANKSASNULL"), command.has("EMPTYASNULL")

    def convert(field: str) -> str | None:
        if trims:
            field = field.rstrip(" ")
        if (empty and not field) or (blank and field.isspace()):
            return None
        # Lengths are bytes in Redshift.
        if length is not None and len(field) * 4 > length:
            data = field.encode()
            if len(data) > length:
                if not cuts:
                    raise FieldError(1204, "String length exceeds DDL length")
                field = data[:length].decode(errors="ignore")
        return field

    return convert


def _json(field: str) -> str | None:
    try:
        json.loads(field)
    except ValueError as error:
        raise FieldError(1224, f"Error parsing JSON: {error}") from None
    return field


def check_format(pattern: str) -> None:
    """SqlError if a DATEFORMAT or TIMEFORMAT has nothing to read."""
    if pattern.lower() in ("", "auto", "epochsecs", "epochmillisecs"):
        return
    if not _PARTS.search(pattern):
        raise SqlError(f"invalid date or time format '{pattern}'")
