"""What Spark has counted of a run, as Glue tells it to CloudWatch: read from the event log of Spark."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

#: Names of Glue's metrics, all of a run together.
_AGGREGATE = "glue.driver.aggregate."
_EXECUTORS = "glue.driver.ExecutorAllocationManager.executors."


def settings(folder: Path) -> list[str]:
    """What makes Spark write its events into a folder, one file."""
    events = folder / "events"
    events.mkdir(exist_ok=True)
    return [
        "spark.eventLog.enabled=true",
        f"spark.eventLog.dir={events.as_uri()}",
        "spark.eventLog.rolling.enabled=false",
        "spark.eventLog.compress=false",
    ]


def counted(folder: Path) -> dict[str, list[float]]:
    """Values of each metric; none where nothing was done by Spark."""
    tasks: list[dict[str, Any]] = []
    executors = 0
    for path in sorted((folder / "events").glob("*")):
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                try:
                    event = json.loads(line)
                except ValueError:
                    # The last line of a driver that was killed.
                    continue
                if event["Event"] == "SparkListenerTaskEnd":
                    tasks.append(event)
                elif event["Event"] == "SparkListenerExecutorAdded":
                    executors += 1
    if not tasks:
        return {}
    measured = [task.get("Task Metrics") or {} for task in tasks]
    failed = [task for task in tasks if task["Task End Reason"]["Reason"] != "Success"]
    values = {
        _AGGREGATE + "bytesRead": _sum(measured, "Input Metrics", "Bytes Read"),
        _AGGREGATE + "shuffleBytesWritten": _sum(
            measured, "Shuffle Write Metrics", "Shuffle Bytes Written"
        ),
        _AGGREGATE + "numFailedTasks": float(len(failed)),
        _EXECUTORS + "numberAllExecutors": float(max(executors, 1)),
        _EXECUTORS + "numberMaxNeededExecutors": float(max(executors, 1)),
    }
    return {name: [value] for name, value in values.items()}


def _sum(measured: list[dict[str, Any]], group: str, name: str) -> float:
    return float(sum(of.get(group, {}).get(name, 0) for of in measured))
