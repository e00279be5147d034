"""CloudWatch's metrics: values of gauges and counts, read some seconds after they were written.

Glue's runs write here: what a fault rule says of a run (`script: {metrics: {NAME: [VALUE]}}`), or what Spark has counted of one with
`--enable-metrics`. Not emulated: math, alarms, other statistics than Maximum and Sum, pages.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lab.service import HOME, ApiError, Call, NotEmulated, Service

if TYPE_CHECKING:
    from lab.lab import Lab

#: Seconds between the writing of a value and the first answer that has it.
LATE = 2.0

#: Values that one call may ask for.
_MOST = 100_800


@dataclass(frozen=True)
class Point:
    """A value of a metric."""

    time: float
    readable: float
    value: float


def _key(namespace: str, name: str, dimensions: dict[str, str]) -> tuple[Any, ...]:
    return namespace, name, *sorted(dimensions.items())


class Metrics(Service):
    """Values by namespace, name and all dimensions."""

    model_name = "cloudwatch"
    signing_name = "monitoring"

    def __init__(self, lab: Lab, region: str = HOME) -> None:
        super().__init__(lab, region)
        self._lock = threading.Lock()
        self._points: dict[tuple[Any, ...], list[Point]] = {}

    def reset(self) -> None:
        with self._lock:
            self._points = {}

    def write(
        self, namespace: str, name: str, dimensions: dict[str, str], value: float
    ) -> None:
        """Puts down a value of now."""
        now = time.time()
        key = _key(namespace, name, dimensions)
        with self._lock:
            self._points.setdefault(key, []).append(Point(now, now + LATE, value))

    def get_metric_data(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        start, end = (_seconds(request[f"{which}Time"]) for which in ("Start", "End"))
        if start >= end:
            told = "The parameter StartTime must be less than the parameter EndTime."
            raise ApiError("ValidationError", told)
        queries = request["MetricDataQueries"]
        ids = [query["Id"] for query in queries]
        if len(set(ids)) < len(ids):
            raise ApiError("ValidationError", "The values for Id are not unique.")
        results = [self._result(query, start, end) for query in queries]
        if sum(len(result["Values"]) for result in results) > _MOST:
            raise NotEmulated("more values than one answer has")
        return {"MetricDataResults": results, "Messages": []}

    def _result(
        self, query: dict[str, Any], start: float, end: float
    ) -> dict[str, Any]:
        if "MetricStat" not in query:
            raise NotEmulated("metric math")
        stat = query["MetricStat"]
        period = stat["Period"]
        if period % 60:
            told = "Period must be a multiple of 60"
            raise ApiError("ValidationError", told)
        how = {"Maximum": max, "Sum": sum}.get(stat["Stat"])
        if how is None:
            raise NotEmulated(f"the statistic {stat['Stat']}")
        metric = stat["Metric"]
        dimensions = {d["Name"]: d["Value"] for d in metric.get("Dimensions", [])}
        key = _key(metric["Namespace"], metric["MetricName"], dimensions)
        now = time.time()
        with self._lock:
            points = [p for p in self._points.get(key, []) if p.readable <= now]
        periods: dict[int, list[float]] = {}
        for point in points:
            # Periods begin at multiples of themselves, whatever the start is.
            began = int(point.time // period * period)
            if start <= point.time < end:
                periods.setdefault(began, []).append(point.value)
        newest_first = sorted(periods, reverse=True)
        return {
            "Id": query["Id"],
            "Label": query.get("Label", metric["MetricName"]),
            "Timestamps": [
                datetime.fromtimestamp(at).astimezone() for at in newest_first
            ],
            "Values": [float(how(periods[at])) for at in newest_first],
            "StatusCode": "Complete",
        }


def _seconds(moment: Any) -> float:
    return moment.timestamp() if isinstance(moment, datetime) else float(moment)
