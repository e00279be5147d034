"""DataSync's API: tasks between folders of the lab's S3, and their executions.

A task is made by a control request. It runs one execution at a time and queues the others. An execution that was started is not known
by its ARN for a little while, and for longer it is not listed; the list has no order and no times. Not emulated: other locations than S3,
agents, schedules, reports, manifests, TaskQueueing, options but for TransferMode, tags that are changed.
"""

from __future__ import annotations

import random
import re
import secrets
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from lab.datasync import transfer
from lab.datasync.transfer import Execution, Task
from lab.service import HOME, ApiError, Call, NotEmulated, Service

if TYPE_CHECKING:
    from lab.lab import Lab

#: For how many seconds an execution is not known at all that is not listed yet.
_UNKNOWN = 0.3

_INCLUDE = re.compile(r"/[^*]*\*?")
_EXCLUDE = re.compile(r"\*?[^*]*\*?")


class DataSync(Service):
    """One method an operation; executions live until the lab is reset."""

    model_name = "datasync"
    signing_name = "datasync"

    def __init__(self, lab: Lab, region: str = HOME) -> None:
        super().__init__(lab, region)
        self._lock = threading.Lock()
        self._tasks: dict[str, Task] = {}
        self._executions: dict[str, Execution] = {}

    def reset(self) -> None:
        with self._lock:
            executions = list(self._executions.values())
            self._tasks, self._executions = {}, {}
        for execution in executions:
            execution.cancel()

    def control_transfer(self, method: str, body: Any) -> Any:
        """PUT /_lab/transfer {name, from, to, enhanced?}: makes a task of two places in S3; gives its ARN. POST {name}: gives its ARN."""
        if method == "POST":
            with self._lock:
                found = [t.arn for t in self._tasks.values() if t.name == body["name"]]
            return {"arn": found[0]}
        known = {"name", "from", "to", "enhanced"}
        if method != "PUT" or not isinstance(body, dict) or set(body) - known:
            raise ValueError("PUT {name, from: s3://..., to: s3://..., enhanced?}")
        home = f"arn:aws:datasync:{self.region}:123456789012:task/task-"
        arn = f"{home}0{secrets.token_hex(8)}"
        source, target = _place(body["from"]), _place(body["to"])
        enhanced = bool(body.get("enhanced", True))
        with self._lock:
            self._tasks[arn] = Task(arn, body["name"], source, target, enhanced)
        return {"arn": arn}

    def list_tasks(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        if request.get("Filters"):
            raise NotEmulated("the lab has no Filters")
        with self._lock:
            # What is made meanwhile moves no page.
            tasks = list(self._tasks.values())
        # A page may have fewer than were asked for.
        page, token = _page(tasks, request, most=20)
        listed = [
            {
                "TaskArn": task.arn,
                "Name": task.name,
                "Status": "AVAILABLE",
                "TaskMode": "ENHANCED" if task.enhanced else "BASIC",
            }
            for task in page
        ]
        return {"Tasks": listed, "NextToken": token}

    def start_task_execution(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        task = self._task(request["TaskArn"])
        options = request.get("OverrideOptions") or {}
        if set(options) - {"TransferMode"} or set(request) & {
            "ManifestConfig",
            "TaskReportConfig",
        }:
            raise NotEmulated(f"the lab does not start a task with {request}")
        include = _patterns(request.get("Includes"), _INCLUDE)
        exclude = _patterns(request.get("Excludes"), _EXCLUDE)
        arn = f"{task.arn}/execution/exec-0{secrets.token_hex(8)}"
        now = datetime.now(UTC)
        execution = Execution(
            arn=arn,
            task=task,
            tags={tag["Key"]: tag["Value"] for tag in request.get("Tags") or []},
            include=include,
            exclude=exclude,
            everything=options.get("TransferMode") == "ALL",
            hold=call.hold,
            script=call.script,
            listed=now + timedelta(seconds=call.lag),
            known=now + timedelta(seconds=min(call.lag, _UNKNOWN)),
        )
        with self._lock:
            self._executions[arn] = execution
        call.notes["execution"] = arn
        threading.Thread(
            target=transfer.run,
            args=(execution, self.lab.client("s3", self.region)),
            name=f"transfer {task.name}",
            daemon=True,
        ).start()
        return {"TaskExecutionArn": arn}

    def describe_task_execution(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        execution = self._execution(request["TaskExecutionArn"])
        code, detail = execution.error or (None, None)
        counts = {
            "FilesFailed": {
                "Prepare": 0,
                "Transfer": execution.failed,
                "Verify": 0,
                "Delete": 0,
            },
            "FilesSkipped": execution.skipped,
            "FilesVerified": execution.files,
            "FilesDeleted": 0,
        }
        return {
            "TaskExecutionArn": execution.arn,
            "Status": execution.status,
            "StartTime": execution.started,
            "LaunchTime": execution.launched,
            "EndTime": execution.ended,
            "FilesTransferred": execution.files,
            "BytesTransferred": execution.bytes,
            "BytesWritten": execution.bytes,
            "TaskMode": "ENHANCED" if execution.task.enhanced else "BASIC",
            "Result": {"ErrorCode": code, "ErrorDetail": detail},
            # Basic mode does not count them.
            **(counts if execution.task.enhanced else {}),
        }

    def list_task_executions(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        task = self._task(request["TaskArn"]) if request.get("TaskArn") else None
        now = datetime.now(UTC)
        with self._lock:
            found = [
                one
                for one in self._executions.values()
                if (task is None or one.task is task) and one.listed <= now
            ]
        found.sort(key=lambda one: random.Random(one.arn).random())
        page, token = _page(found, request)
        listed = [
            {
                "TaskExecutionArn": one.arn,
                "Status": one.status,
                "TaskMode": "ENHANCED" if one.task.enhanced else "BASIC",
            }
            for one in page
        ]
        return {"TaskExecutions": listed, "NextToken": token}

    def list_tags_for_resource(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        execution = self._execution(request["ResourceArn"])
        tags = [{"Key": key, "Value": value} for key, value in execution.tags.items()]
        page, token = _page(tags, request)
        return {"Tags": page, "NextToken": token}

    def cancel_task_execution(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        execution = self._execution(request["TaskExecutionArn"])
        if execution.over:
            raise _refused(f"{execution.arn} has ended already")
        execution.cancel()
        return {}

    def _task(self, arn: str) -> Task:
        with self._lock:
            task = self._tasks.get(arn)
        if task is None:
            raise _refused(f"Unable to find the task {arn}")
        return task

    def _execution(self, arn: str) -> Execution:
        with self._lock:
            execution = self._executions.get(arn)
        if execution is None or execution.known > datetime.now(UTC):
            raise _refused(f"Unable to find {arn}")
        return execution


def _refused(message: str) -> ApiError:
    """The one error that DataSync has for all that it refuses."""
    return ApiError("InvalidRequestException", message)


def _place(path: str) -> tuple[str, str]:
    bucket, _, prefix = path.removeprefix("s3://").partition("/")
    return bucket, prefix


def _patterns(
    rules: list[dict[str, str]] | None, allowed: re.Pattern[str]
) -> list[str]:
    patterns = [one for rule in rules or [] for one in rule["Value"].split("|")]
    for pattern in patterns:
        if not allowed.fullmatch(pattern) or not pattern:
            raise _refused(f"Invalid filter pattern: {pattern}")
    return patterns


def _page(
    items: list[Any], request: dict[str, Any], most: int = 100
) -> tuple[list[Any], str | None]:
    start = int(request.get("NextToken") or 0)
    end = start + min(request.get("MaxResults") or most, most)
    return items[start:end], str(end) if end < len(items) else None
