"""The part of the Amazon States Language that the lab runs.

States: Pass, Wait (`Seconds`, `SecondsPath`), Choice, Task (functions of Lambda), Succeed, Fail; paths of members
(`$.a.b`), `Parameters` and `ResultSelector` with members that end in `.$`, `Retry` and `Catch` of tasks. A definition that
asks for more is refused when the machine is made: what runs does what it says. Not known: Map, Parallel, JSONata, intrinsic functions,
activities, other services.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

_COMMON = {"Type", "Comment", "Next", "End", "InputPath", "OutputPath"}
_FIELDS = {
    "Pass": {*_COMMON, "Result", "Parameters", "ResultPath"},
    "Wait": {*_COMMON, "Seconds", "SecondsPath"},
    "Choice": {*_COMMON, "Choices", "Default"},
    "Task": {
        *_COMMON,
        "Resource",
        "Parameters",
        "ResultPath",
        "ResultSelector",
        "TimeoutSeconds",
        "Retry",
        "Catch",
    },
    "Succeed": {"Type", "Comment", "InputPath", "OutputPath"},
    "Fail": {"Type", "Comment", "Error", "Cause"},
}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "NumericEquals": lambda a, b: _number(a) and a == b,
    "NumericGreaterThan": lambda a, b: _number(a) and a > b,
    "NumericLessThan": lambda a, b: _number(a) and a < b,
    "StringEquals": lambda a, b: isinstance(a, str) and a == b,
    "BooleanEquals": lambda a, b: isinstance(a, bool) and a == b,
}
#: What a Task may run.
INVOKE = "arn:aws:states:::lambda:invoke"


class Failed(Exception):
    """An error of a state: its name and its cause."""

    def __init__(self, error: str, cause: str = "") -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause


def check(definition: Any) -> None:
    """ValueError says what is no state machine, or asks for more than the lab runs."""
    if not isinstance(definition, dict) or set(definition) - {
        "Comment",
        "StartAt",
        "States",
        "TimeoutSeconds",
        "Version",
    }:
        raise ValueError("the definition has other members than the lab knows")
    states = definition["States"]
    for name, state in states.items():
        fields = _FIELDS.get(state.get("Type"))
        if fields is None or set(state) - fields:
            raise ValueError(f"the lab does not run the state {name}: {state}")
        if state["Type"] == "Task" and state["Resource"] != INVOKE:
            raise ValueError(f"the lab does not run {state['Resource']}")
        targets = [state.get("Next"), state.get("Default")]
        targets += [c["Next"] for c in state.get("Choices", [])]
        targets += [c["Next"] for c in state.get("Catch", [])]
        for target in targets:
            if target is not None and target not in states:
                raise ValueError(f"the state {name} goes to {target}, which is none")
    if definition["StartAt"] not in states:
        raise ValueError("StartAt names no state")


def run(
    definition: dict[str, Any],
    value: Any,
    tell: Callable[[str, dict[str, Any]], None],
    pause: Callable[[float], None],
    task: Callable[[dict[str, Any]], Any],
) -> Any:
    """Runs a machine to its end; `Failed` is how it fails.

    `tell` notes an event with its details, `pause` waits, `task` runs a task with its parameters.
    """
    name = definition["StartAt"]
    while True:
        state = definition["States"][name]
        kind = state["Type"]
        tell(f"{kind}StateEntered", {"stateEnteredEventDetails": {"name": name}})
        value = _path(state.get("InputPath", "$"), value)
        if kind == "Fail":
            raise Failed(state.get("Error", ""), state.get("Cause", ""))
        follow = state.get("Next")
        if kind == "Pass":
            made = state.get("Result", _filled(state.get("Parameters"), value))
            value = _put(state, value, value if made is None else made)
        elif kind == "Wait":
            seconds = state.get("Seconds")
            pause(
                seconds if seconds is not None else _path(state["SecondsPath"], value)
            )
        elif kind == "Choice":
            follow = _chosen(state, value)
        elif kind == "Task":
            value, follow = _task(state, value, tell, pause, task)
        value = _path(state.get("OutputPath", "$"), value)
        tell(f"{kind}StateExited", {"stateExitedEventDetails": {"name": name}})
        if kind == "Succeed" or (follow is None and state.get("End")):
            return value
        name = follow


def _task(
    state: dict[str, Any],
    value: Any,
    tell: Callable[[str, dict[str, Any]], None],
    pause: Callable[[float], None],
    task: Callable[[dict[str, Any]], Any],
) -> tuple[Any, str | None]:
    given = _filled(state.get("Parameters"), value)
    tries = {id(rule): 0 for rule in state.get("Retry", [])}
    while True:
        tell(
            "TaskScheduled",
            {
                "taskScheduledEventDetails": {
                    "resourceType": "lambda",
                    "resource": "invoke",
                    "region": "us-east-1",
                    "parameters": str(given),
                }
            },
        )
        try:
            result = task(value if given is None else given)
            break
        except Failed as failed:
            told = {"error": failed.error, "cause": failed.cause}
            tell(
                "TaskFailed",
                {
                    "taskFailedEventDetails": {
                        "resourceType": "lambda",
                        "resource": "invoke",
                        **told,
                    }
                },
            )
            rule = _fitting(state.get("Retry", []), failed)
            if rule is not None and tries[id(rule)] < rule.get("MaxAttempts", 3):
                pause(rule.get("IntervalSeconds", 1))
                tries[id(rule)] += 1
                continue
            caught = _fitting(state.get("Catch", []), failed)
            if caught is None:
                raise
            told = {"Error": failed.error, "Cause": failed.cause}
            return _put(caught, value, told), caught["Next"]
    if "ResultSelector" in state:
        result = _filled(state["ResultSelector"], result)
    return _put(state, value, result), state.get("Next")


def _fitting(rules: list[dict[str, Any]], failed: Failed) -> dict[str, Any] | None:
    for rule in rules:
        names = rule["ErrorEquals"]
        if (
            failed.error in names
            or "States.ALL" in names
            or "States.TaskFailed" in names
        ):
            return rule
    return None


def _path(path: str | None, value: Any) -> Any:
    if path is None:
        return {}
    if path == "$":
        return value
    found = value
    for part in path.removeprefix("$.").split("."):
        if not isinstance(found, dict) or part not in found:
            raise Failed(
                "States.Runtime", f"the path {path} is not in the input {value}"
            )
        found = found[part]
    return found


def _filled(template: Any, value: Any) -> Any:
    if isinstance(template, dict):
        return {
            name.removesuffix(".$"): _path(item, value)
            if name.endswith(".$")
            else _filled(item, value)
            for name, item in template.items()
        }
    if isinstance(template, list):
        return [_filled(item, value) for item in template]
    return template


def _put(state: dict[str, Any], value: Any, result: Any) -> Any:
    place = state.get("ResultPath", "$")
    if place is None:
        return value
    if place == "$":
        return result
    whole = copy.deepcopy(value)
    *parts, last = place.removeprefix("$.").split(".")
    inner = whole
    for part in parts:
        inner = inner.setdefault(part, {})
    inner[last] = result
    return whole


def _chosen(state: dict[str, Any], value: Any) -> str:
    for choice in state["Choices"]:
        if _holds(choice, value):
            return choice["Next"]
    if "Default" not in state:
        raise Failed("States.NoChoiceMatched", "no choice matched")
    return state["Default"]


def _holds(rule: dict[str, Any], value: Any) -> bool:
    if "And" in rule:
        return all(_holds(inner, value) for inner in rule["And"])
    if "Or" in rule:
        return any(_holds(inner, value) for inner in rule["Or"])
    if "Not" in rule:
        return not _holds(rule["Not"], value)
    if "IsPresent" in rule:
        try:
            _path(rule["Variable"], value)
        except Failed:
            return not rule["IsPresent"]
        return bool(rule["IsPresent"])
    found = _path(rule["Variable"], value)
    for name, compare in _COMPARE.items():
        if name in rule:
            return compare(found, rule[name])
    raise Failed("States.Runtime", f"the lab does not know the rule {rule}")


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
