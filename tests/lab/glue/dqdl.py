"""Rules of Glue Data Quality, evaluated by DuckDB over the rows of a table.

A reader of DQDL of the lab's own: `Rules = [ ... ]` with the rule types of `_TYPES`. What it does not know is `ERROR`, as a rule
is that Glue cannot evaluate; what is no DQDL is refused when the ruleset is made. Not emulated: variables, labels, analyzers that
give something, datasets beside the first, functions of runs of before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa


class DqdlError(Exception):
    """What is no DQDL."""


class RuleError(Exception):
    """A rule that cannot be evaluated."""


_TOKEN = re.compile(
    r'\s+|#[^\n]*|(?P<text>"(?:\\.|[^"\\])*")|(?P<sign>>=|<=|!=|[=<>!()\[\]{},:$+*/-])|(?P<word>[A-Za-z0-9_.]+)'
)
_OPERATORS = {">", ">=", "<", "<=", "=", "!="}


def tokens(text: str) -> list[str]:
    """Words, signs, and texts with their quotes."""
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise DqdlError(f"token recognition error at: '{text[at]}'")
        if match.lastgroup:
            found.append(match[0])
        at = match.end()
    return found


def rules(text: str) -> list[list[str]]:
    """The rules of a ruleset, each by its tokens; DqdlError where it is none."""
    found = tokens(text)
    if "Rules" not in found:
        raise DqdlError("no viable alternative: Rules")
    rest = found[found.index("Rules") + 1 :]
    if rest[:2] != ["=", "["]:
        raise DqdlError("mismatched input behind Rules")
    parts: list[list[str]] = [[]]
    depth = 0
    for token in rest[2:]:
        if token == "]" and depth == 0:
            break
        depth += (token in "([") - (token in ")]")
        if token == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    else:
        raise DqdlError("missing ']'")
    if not all(parts):
        raise DqdlError("no viable alternative at input ']'")
    for part in parts:
        if not re.fullmatch(r"\(|[A-Za-z]\w*", part[0]):
            raise DqdlError(f"mismatched input '{part[0]}'")
    return parts


def written(rule: list[str]) -> str:
    """A rule as Glue repeats it."""
    text = " ".join(rule).replace("now ( )", "now()")
    return re.sub(r"([(\[]) | (?=[)\],])", lambda match: match[1] or "", text)


@dataclass
class Outcome:
    """What became of a rule."""

    rule: str
    result: str
    message: str | None = None
    metrics: dict[str, float] | None = None

    def answer(self, name: str) -> dict[str, Any]:
        return {
            "Name": name,
            "Description": self.rule,
            "EvaluationMessage": self.message,
            "Result": self.result,
            "EvaluatedMetrics": self.metrics or {},
            "EvaluatedRule": self.rule,
        }


def _name(token: str) -> str:
    if not token.startswith('"'):
        return token
    return token[1:-1].replace('\\"', '"').replace("\\\\", "\\")


class Evaluator:
    """Evaluates rules over the rows of one table, which CustomSql calls `primary`."""

    def __init__(self, rows: pa.Table) -> None:
        self._columns = {name.lower(): name for name in rows.column_names}
        self._duck = duckdb.connect()
        self._duck.execute("set timezone = 'UTC'")
        self._duck.register("rows_of_table", rows)

    def close(self) -> None:
        self._duck.close()

    def evaluate(self, rule: list[str]) -> Outcome:
        """What becomes of a rule, or of some that are joined."""
        text = written(rule)
        try:
            holds, message, metrics = self._joined(list(rule))
        except RuleError as error:
            return Outcome(text, "ERROR", str(error))
        except duckdb.Error as error:
            return Outcome(
                text, "ERROR", f"Rule could not be evaluated: {error}"[:2000]
            )
        return Outcome(
            text, "PASS" if holds else "FAIL", None if holds else message, metrics
        )

    def _joined(self, rule: list[str]) -> tuple[bool, str, dict[str, float]]:
        if rule[0] != "(":
            return self._one(rule)
        parts, words, depth = [], [], 0
        for token in rule:
            if token == "(":
                depth += 1
                if depth == 1:
                    parts.append([])
                    continue
            elif token == ")":
                depth -= 1
                if depth == 0:
                    continue
            if depth == 0:
                words.append(token.lower())
            else:
                parts[-1].append(token)
        found = [self._joined(part) for part in parts]
        metrics = {name: value for one in found for name, value in one[2].items()}
        holds = found[0][0]
        for word, one in zip(words, found[1:], strict=True):
            if word not in ("and", "or"):
                raise RuleError(f"mismatched input '{word}'")
            holds = holds and one[0] if word == "and" else holds or one[0]
        return holds, " ".join(one[1] for one in found if not one[0]), metrics

    def _one(self, rule: list[str]) -> tuple[bool, str, dict[str, float]]:
        kind, rest = rule[0], rule[1:]
        params = []
        while rest and (rest[0].startswith('"') or rest[0].lower() == "of"):
            if rest[0].startswith('"'):
                params.append(_name(rest[0]))
            rest = rest[1:]
        where, threshold = "", None
        if "with" in rest:
            at = rest.index("with")
            rest, threshold = rest[:at], rest[at + 2 :]
        if "where" in rest:
            at = rest.index("where")
            where, rest = _name(rest[at + 1]), rest[:at]
        evaluate = getattr(self, f"_rule_{kind.lower()}", None)
        if evaluate is None or kind not in _TYPES:
            raise RuleError(f"Unsupported rule type: {kind}")
        return evaluate(params, rest, where, threshold)

    def _column(self, name: str) -> str:
        if name.lower() not in self._columns:
            raise RuleError(f"Input data does not include column {name}!")
        return '"' + self._columns[name.lower()].replace('"', '""') + '"'

    def _value(self, sql: str, where: str) -> Any:
        condition = f" where {where}" if where else ""
        row = self._duck.execute(
            f"select {sql} from rows_of_table{condition}"
        ).fetchone()
        return None if row is None else row[0]

    def _measured(
        self, name: str, value: Any, condition: list[str]
    ) -> tuple[bool, str, dict[str, float]]:
        if value is None:
            raise RuleError("Empty state for analyzer, all input values were NULL.")
        number = float(value)
        holds = self._duck.execute(
            f"select {_compared(repr(number), condition)}"
        ).fetchone()[0]
        return (
            holds,
            f"Value: {number} does not meet the constraint requirement!",
            {name: number},
        )

    def _rule_rowcount(self, _, condition, where, __):
        return self._measured(
            "Dataset.*.RowCount", self._value("count(*)", where), condition
        )

    def _rule_columncount(self, _, condition, __, ___):
        return self._measured("Dataset.*.ColumnCount", len(self._columns), condition)

    def _rule_columnexists(self, params, *_):
        there = params[0].lower() in self._columns
        return there, "Column does not exist!", {}

    def _rule_completeness(self, params, condition, where, _):
        column = self._column(params[0])
        share = self._value(f"count({column}) / count(*)", where)
        return self._measured(f"Column.{params[0]}.Completeness", share, condition)

    def _rule_iscomplete(self, params, _, where, __):
        return self._rule_completeness(params, ["=", "1.0"], where, None)

    def _unique(self, params: list[str], where: str) -> Any:
        columns = ", ".join(self._column(name) for name in params)
        condition = f" where {where}" if where else ""
        row = self._duck.execute(
            f"with g as (select count(*) as n from rows_of_table{condition} group by {columns}) "
            "select count(*) filter (n = 1) / sum(n) from g"
        ).fetchone()
        return row[0]

    def _rule_uniqueness(self, params, condition, where, _):
        name = f"Column.{','.join(params)}.Uniqueness"
        return self._measured(name, self._unique(params, where), condition)

    def _rule_isunique(self, params, _, where, __):
        return self._rule_uniqueness(params, ["=", "1.0"], where, None)

    def _rule_isprimarykey(self, params, _, where, __):
        unique = self._rule_isunique(params, None, where, None)
        complete = [self._rule_iscomplete([p], None, where, None) for p in params]
        all_ = [unique, *complete]
        return (
            all(one[0] for one in all_),
            " ".join(one[1] for one in all_ if not one[0]),
            {name: value for one in all_ for name, value in one[2].items()},
        )

    def _of_column(self, name, sql, params, condition, where):
        column = self._column(params[0])
        value = self._value(sql.format(c=column), where)
        return self._measured(f"Column.{params[0]}.{name}", value, condition)

    def _rule_mean(self, params, condition, where, _):
        return self._of_column("Mean", "avg({c})", params, condition, where)

    def _rule_sum(self, params, condition, where, _):
        return self._of_column("Sum", "sum({c})", params, condition, where)

    def _rule_standarddeviation(self, params, condition, where, _):
        sql = "stddev_pop({c})"
        return self._of_column("StandardDeviation", sql, params, condition, where)

    def _rule_distinctvaluescount(self, params, condition, where, _):
        sql = "count(distinct {c})"
        return self._of_column("DistinctValuesCount", sql, params, condition, where)

    def _rows(self, params, test, where, threshold, name):
        """How many rows pass a test; all of them must, or the share that the threshold says."""
        all_ = self._value("count(*)", where)
        good = self._value(f"count(*) filter ({test})", where)
        share = good / all_ if all_ else 1.0
        holds, message, _ = self._measured(name, share, threshold or ["=", "1.0"])
        return holds, message, {f"Column.{params[0]}.{name}": share}

    def _rule_columnvalues(self, params, condition, where, threshold):
        test = _compared(self._column(params[0]), condition)
        return self._rows(params, test, where, threshold, "ColumnValues.Compliance")

    def _rule_columnlength(self, params, condition, where, threshold):
        column = f"length({self._column(params[0])})"
        test = _compared(column, condition)
        return self._rows(params, test, where, threshold, "ColumnLength.Compliance")

    def _rule_datafreshness(self, params, condition, where, _):
        age = f"(now() - cast({self._column(params[0])} as timestamptz))"
        test = _compared(age, condition)
        return self._rows(params, test, where, None, "DataFreshness.Compliance")

    def _rule_customsql(self, params, condition, _, threshold):
        self._duck.execute(
            'create or replace temp view "primary" as select * from rows_of_table'
        )
        sql = re.sub(r"\bprimary\b", '"primary"', params[0])
        if condition:
            row = self._duck.execute(sql).fetchone()
            return self._measured(
                "Dataset.*.CustomSQL", row[0] if row else None, condition
            )
        good = len(self._duck.execute(sql).fetchall())
        all_ = self._value("count(*)", "")
        share = good / all_ if all_ else 1.0
        return self._measured(
            "Dataset.*.CustomSQL.Compliance", share, threshold or ["=", "1.0"]
        )


_TYPES = {
    "RowCount",
    "ColumnCount",
    "ColumnExists",
    "Completeness",
    "IsComplete",
    "Uniqueness",
    "IsUnique",
    "IsPrimaryKey",
    "Mean",
    "Sum",
    "StandardDeviation",
    "DistinctValuesCount",
    "ColumnValues",
    "ColumnLength",
    "DataFreshness",
    "CustomSql",
}


def _operand(given: list[str]) -> str:
    """A value in DuckDB's words, and takes its tokens."""
    token = given.pop(0)
    if token == "-":
        return f"-{_operand(given)}"
    if token == "(":
        value = _operand(given)
        while given and given[0] != ")":
            sign = given.pop(0)
            value += f" {sign} {_operand(given)}"
        given.pop(0)
        return f"({value})"
    if token.startswith('"'):
        return "'" + _name(token).replace("'", "''") + "'"
    if token == "now":
        del given[:2]
        return "now()"
    if token.lower() == "null":
        return "NULL"
    if re.fullmatch(r"[0-9.]+", token):
        if given and given[0] in ("days", "hours", "minutes"):
            return f"interval '{token} {given.pop(0)}'"
        return token
    raise RuleError(f"mismatched input '{token}'")


def _compared(value: str, condition: list[str]) -> str:
    """A condition on a value, which no NULL meets unless it is named."""
    given = list(condition)
    if not given:
        raise RuleError("a condition is missing")
    not_ = given[0] == "not"
    if not_:
        given.pop(0)
    word = given.pop(0)
    if word == "!" and given and given[0] == "=":
        word = "!="
        given.pop(0)
    if word == "between":
        low = _operand(given)
        if given.pop(0).lower() != "and":
            raise RuleError("mismatched input behind between")
        # The ends are no part of it.
        sql = f"({value} > {low} and {value} < {_operand(given)})"
    elif word == "in":
        given.pop(0)
        members = []
        while True:
            members.append(_operand(given))
            if given.pop(0) == "]":
                break
        plain = ", ".join(one for one in members if one != "NULL") or "NULL"
        sql = f"coalesce({value} in ({plain}), false)"
        if "NULL" in members:
            sql = f"({sql} or {value} is null)"
    elif word == "matches":
        sql = f"regexp_full_match(cast({value} as varchar), {_operand(given)})"
    elif word in _OPERATORS:
        operand = _operand(given)
        if operand == "NULL":
            sql = f"({value} is {'not ' if word == '!=' else ''}null)"
        else:
            sql = f"({value} {word} {operand})"
    else:
        raise RuleError(f"mismatched input '{word}'")
    if given:
        raise RuleError(f"mismatched input '{given[0]}'")
    return f"coalesce({'not ' if not_ else ''}{sql}, false)"
