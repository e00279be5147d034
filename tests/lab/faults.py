"""Fault rules: what shall go wrong, for which calls, how often.

A rule is `{service, operation?, access_key?, match?, skip?, times?}` with one kind of fault:

- `error: {code, http?, message?, after?}`: refused before any work is done, or answered so after it;
- `hang: "before" | "after"`: there is no answer, before or after the work, until the client gives up;
- `drop: "before" | "after"`: the connection is closed without an answer, before or
  after the work;
- `delay: seconds`: the answer comes later;
- `script: {...}`: the outcome of what the call starts, read by the service;
- `hold: seconds`: what the call starts takes at least that long;
- `lag: seconds`: what the call starts is missing in listings for that long.

`match` compares members of the request: a dict is compared member by member, a list item
by item, a string may hold `*`. `access_key` is whose calls are meant. The first `skip` calls that fit are let
pass; `times` (1 unless given; null: for ever) is used up by each call that the rule applies to. Of several rules of one kind that fit, the first one applies.
"""

from __future__ import annotations

import threading
from fnmatch import fnmatchcase
from typing import Any

KINDS = ("error", "hang", "drop", "delay", "script", "hold", "lag")
_KEYS = {"service", "operation", "access_key", "match", "skip", "times", "used", *KINDS}


class Faults:
    """The rules in force; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[dict[str, Any]] = []

    def replace(self, rules: list[dict[str, Any]]) -> None:
        """Puts `rules` in place of all rules; ValueError says what is wrong."""
        for rule in rules:
            _check(rule)
        with self._lock:
            self._rules = [_in_force(rule) for rule in rules]

    def add(self, rules: list[dict[str, Any]]) -> None:
        """Puts `rules` behind those in force; ValueError says what is wrong."""
        for rule in rules:
            _check(rule)
        with self._lock:
            self._rules += [_in_force(rule) for rule in rules]

    def listing(self) -> list[dict[str, Any]]:
        """Copies of the rules, each with how often it was `used`."""
        with self._lock:
            return [dict(rule) for rule in self._rules]

    def take(
        self, service: str, operation: str, access_key: str, request: dict[str, Any]
    ) -> dict[str, Any]:
        """The faults of one call, by kind; uses the rules up."""
        taken: dict[str, Any] = {}
        with self._lock:
            for rule in self._rules:
                kind = next(kind for kind in KINDS if kind in rule)
                if kind in taken or rule.get("access_key", access_key) != access_key:
                    continue
                if _applies(rule, service, operation, request):
                    if rule["skip"] > 0:
                        rule["skip"] -= 1
                        continue
                    rule["used"] += 1
                    taken[kind] = rule[kind]
        return taken


def _in_force(rule: dict[str, Any]) -> dict[str, Any]:
    return {"times": 1, "skip": 0, **rule, "used": 0}


def _applies(
    rule: dict[str, Any], service: str, operation: str, request: dict[str, Any]
) -> bool:
    times = rule["times"]
    return (
        (times is None or rule["used"] < times)
        and rule["service"] == service
        and rule.get("operation", operation) == operation
        and _fits(rule.get("match", {}), request)
    )


def _fits(expected: Any, actual: Any) -> bool:
    if isinstance(expected, dict):
        return isinstance(actual, dict) and all(
            key in actual and _fits(value, actual[key])
            for key, value in expected.items()
        )
    if isinstance(expected, list):
        return (
            isinstance(actual, list)
            and len(expected) == len(actual)
            and all(map(_fits, expected, actual))
        )
    if isinstance(expected, str) and "*" in expected:
        return isinstance(actual, str) and fnmatchcase(
            actual, expected.replace("[", "[[]")
        )
    return expected == actual


def _check(rule: Any) -> None:
    if not isinstance(rule, dict) or not isinstance(rule.get("service"), str):
        raise ValueError(f"a fault rule is an object with a `service`: {rule!r}")
    if unknown := set(rule) - _KEYS:
        raise ValueError(f"unknown keys {sorted(unknown)} in fault rule {rule!r}")
    kinds = [kind for kind in KINDS if kind in rule]
    if len(kinds) != 1:
        raise ValueError(
            f"a fault rule has exactly one of {', '.join(KINDS)}: {rule!r}"
        )
    for kind in ("drop", "hang"):
        if rule.get(kind, "before") not in ("before", "after"):
            raise ValueError(f"`{kind}` is `before` or `after`: {rule!r}")
    if "error" in rule and not (
        isinstance(rule["error"], dict) and rule["error"].get("code")
    ):
        raise ValueError(f"`error` is an object with a `code`: {rule!r}")
    for key in ("delay", "hold", "lag"):
        if key in rule and not isinstance(rule[key], (int, float)):
            raise ValueError(f"`{key}` is a number of seconds: {rule!r}")
    if "script" in rule and not isinstance(rule["script"], dict):
        raise ValueError(f"`script` is an object: {rule!r}")
    if not isinstance(rule.get("match", {}), dict):
        raise ValueError(f"`match` is an object: {rule!r}")
    if not isinstance(rule.get("skip", 0), int):
        raise ValueError(f"`skip` is a number of calls: {rule!r}")
    times = rule.get("times", 1)
    if times is not None and (
        isinstance(times, bool) or not isinstance(times, int) or times < 0
    ):
        raise ValueError(f"`times` is a number of calls, or null: {rule!r}")
