"""ECS's API, as far as tasks go: clusters, task definitions, `RunTask` and what looks at tasks.

A token gives its task again, whatever has become of it, to the same request, and refuses another one. A cluster that is full answers
200 with a failure and no task. A task that was started is not known for a little while, and not listed for longer. Not emulated:
services, instances, placement, networks, capacity providers as such, tags.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any

from lab.containers import task as tasks
from lab.containers.task import Container, Task
from lab.service import HOME, ApiError, Call, NotEmulated, Service

if TYPE_CHECKING:
    from lab.lab import Lab

#: For how many seconds a task is not known at all that is not listed yet.
_UNKNOWN = 0.3

#: What the lab looks at in a request to run a task, or may leave alone.
_TAKEN = {
    "capacityProviderStrategy",
    "clientToken",
    "cluster",
    "count",
    "group",
    "launchType",
    "networkConfiguration",
    "overrides",
    "startedBy",
    "taskDefinition",
}
_OVERRIDES = 8192


class Containers(Service):
    """One method an operation; tasks live until the lab is reset."""

    model_name = "ecs"
    signing_name = "ecs"

    def __init__(self, lab: Lab, region: str = HOME) -> None:
        super().__init__(lab, region)
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        for task in list(getattr(self, "_tasks", {}).values()):
            task.ask_for_stop("UserInitiated", "the lab is reset")
        self._clusters: dict[str, int | None] = {"default": None}
        self._definitions: dict[str, list[dict[str, Any]]] = {}
        self._tasks: dict[str, Task] = {}
        self._tokens: dict[tuple[str, str], tuple[str, str]] = {}

    def control_cluster(self, method: str, body: Any) -> Any:
        """PUT /_lab/cluster {name, room?}: makes a cluster in which so many tasks have room."""
        if (
            method != "PUT"
            or not isinstance(body, dict)
            or set(body) - {"name", "room"}
        ):
            raise ValueError("PUT {name, room?}")
        with self._lock:
            self._clusters[body["name"]] = body.get("room")
        return body

    def control_definition(self, method: str, body: Any) -> Any:
        """PUT /_lab/definition {family, containers, task_role?, execution_role?}: makes a revision; gives its ARN.

        A container is {name, code, essential?, command?, log?: {group, prefix}}; its code is a Python file.
        """
        known = {"family", "containers", "task_role", "execution_role"}
        if method != "PUT" or not isinstance(body, dict) or set(body) - known:
            raise ValueError("PUT {family, containers, task_role?, execution_role?}")
        with self._lock:
            revisions = self._definitions.setdefault(body["family"], [])
            arn = self._arn(f"task-definition/{body['family']}:{len(revisions) + 1}")
            revisions.append({**body, "arn": arn})
        return {"arn": arn}

    def run_task(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        if set(request) - _TAKEN or request.get("count", 1) != 1:
            raise NotEmulated(f"the lab runs one task of {sorted(_TAKEN)}")
        if len(json.dumps(request.get("overrides", {}))) > 2 * _OVERRIDES:
            raise ApiError("InvalidParameterException", "Overrides are too long.")
        cluster = self._cluster(request)
        definition = self.definition(request["taskDefinition"])
        token = (cluster, request["clientToken"])
        same = {name: value for name, value in request.items() if name != "clientToken"}
        content = json.dumps(same, sort_keys=True)
        with self._lock:
            known = self._tokens.get(token)
            if known is None:
                room = self._clusters[cluster]
                running = [
                    t
                    for t in self._tasks.values()
                    if t.cluster == cluster and t.status != "STOPPED"
                ]
                if room is not None and len(running) >= room:
                    arn = self._arn(f"container-instance/{cluster}/{uuid.uuid4().hex}")
                    return {
                        "tasks": [],
                        "failures": [{"arn": arn, "reason": "RESOURCE:CPU"}],
                    }
                task = self._begin(cluster, definition, request, call)
                self._tokens[token] = (content, task.arn)
            else:
                task = self._tasks[known[1]]
        call.notes["task"] = task.arn
        if known is None:
            threading.Thread(
                target=tasks.run,
                args=(self.lab, self.region, task),
                name=f"task {task.id}",
                daemon=True,
            ).start()
        elif known[0] != content:
            raise ApiError(
                "ConflictException",
                "The clientToken is in use by another request.",
                extra={"resourceIds": [task.arn]},
            )
        return {"tasks": [_told(task)], "failures": []}

    def describe_tasks(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        cluster = self._cluster(request)
        found, failures, now = [], [], time.time()
        for named in request["tasks"]:
            task = self._named(cluster, named)
            if task is None or task.known > now:
                failures.append({"arn": named, "reason": "MISSING"})
            else:
                found.append(_told(task))
        return {"tasks": found, "failures": failures}

    def list_tasks(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        cluster = self._cluster(request)
        others = set(request) & {
            "containerInstance",
            "family",
            "serviceName",
            "launchType",
        }
        if others:
            raise NotEmulated(f"the lab lists by startedBy alone, and not by {others}")
        desired, now = request.get("desiredStatus", "RUNNING"), time.time()
        with self._lock:
            found = [
                task.arn
                for task in self._tasks.values()
                if task.cluster == cluster
                and task.desired == desired
                and task.listed <= now
                and task.request.get("startedBy") == request.get("startedBy")
            ]
        start = int(request.get("nextToken") or 0)
        end = start + min(request.get("maxResults") or 100, 100)
        more = str(end) if end < len(found) else None
        return {"taskArns": found[start:end], "nextToken": more}

    def stop_task(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        task = self._named(self._cluster(request), request["task"])
        if task is None:
            told = "The referenced task was not found."
            raise ApiError("InvalidParameterException", told)
        task.ask_for_stop("UserInitiated", request.get("reason"))
        return {"task": _told(task)}

    def describe_task_definition(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        definition = self.definition(request["taskDefinition"])
        containers = []
        for container in definition["containers"]:
            one: dict[str, Any] = {
                "name": container["name"],
                "essential": container.get("essential", True),
            }
            if place := container.get("log"):
                options = {
                    "awslogs-group": place["group"],
                    "awslogs-region": self.region,
                    "awslogs-stream-prefix": place["prefix"],
                }
                one["logConfiguration"] = {"logDriver": "awslogs", "options": options}
            containers.append(one)
        return {
            "taskDefinition": {
                "taskDefinitionArn": definition["arn"],
                "family": definition["family"],
                "revision": int(definition["arn"].rpartition(":")[2]),
                "containerDefinitions": containers,
                "taskRoleArn": definition.get("task_role"),
                "executionRoleArn": definition.get("execution_role"),
            }
        }

    def definition(self, named: str) -> dict[str, Any]:
        """A task definition by its family, with its revision or without, or by its ARN."""
        name = named.removeprefix(self._arn("task-definition/"))
        family, _, revision = name.partition(":")
        with self._lock:
            revisions = self._definitions.get(family, [])
        if not revisions or (revision and not 0 < int(revision) <= len(revisions)):
            raise ApiError("ClientException", "TaskDefinition not found.")
        return revisions[int(revision) - 1] if revision else revisions[-1]

    def _begin(
        self,
        cluster: str,
        definition: dict[str, Any],
        request: dict[str, Any],
        call: Call,
    ) -> Task:
        overrides = request.get("overrides", {})
        given = {one["name"]: one for one in overrides.get("containerOverrides", [])}
        names = {one["name"] for one in definition["containers"]}
        if unknown := set(given) - names:
            told = f"Override for container named {sorted(unknown)[0]} is not a container in the TaskDefinition."
            raise ApiError("InvalidParameterException", told)
        containers = [
            Container(
                one,
                given.get(one["name"], {}).get("command") or one.get("command", []),
                {
                    variable["name"]: variable["value"]
                    for variable in given.get(one["name"], {}).get("environment", [])
                },
            )
            for one in definition["containers"]
        ]
        arn = self._arn(f"task/{cluster}/{uuid.uuid4().hex}")
        task = Task(arn, cluster, definition, request, containers)
        task.hold, task.script = call.hold, call.script
        task.listed = time.time() + call.lag
        task.known = time.time() + min(call.lag, _UNKNOWN)
        self._tasks[arn] = task
        return task

    def _named(self, cluster: str, named: str) -> Task | None:
        arn = (
            named if named.startswith("arn:") else self._arn(f"task/{cluster}/{named}")
        )
        with self._lock:
            task = self._tasks.get(arn)
        return task if task and task.cluster == cluster else None

    def _cluster(self, request: dict[str, Any]) -> str:
        named = request.get("cluster", "default")
        name = named.removeprefix(self._arn("cluster/"))
        with self._lock:
            if name not in self._clusters:
                raise ApiError("ClusterNotFoundException", "Cluster not found.")
        return name

    def _arn(self, rest: str) -> str:
        return f"arn:aws:ecs:{self.region}:123456789012:{rest}"


def _told(task: Task) -> dict[str, Any]:
    with task.lock:
        return {
            "taskArn": task.arn,
            "clusterArn": task.arn.replace(":task/", ":cluster/").rpartition("/")[0],
            "taskDefinitionArn": task.definition["arn"],
            "startedBy": task.request.get("startedBy"),
            "group": task.request.get("group", f"family:{task.definition['family']}"),
            "lastStatus": task.status,
            "desiredStatus": task.desired,
            "stopCode": task.stop_code if task.status == "STOPPED" else None,
            "stoppedReason": task.stopped_reason,
            "cpu": task.request.get("overrides", {}).get("cpu", "256"),
            "memory": task.request.get("overrides", {}).get("memory", "512"),
            "createdAt": task.created,
            "pullStartedAt": task.pulled,
            "stoppedAt": task.stopped,
            "containers": [
                {
                    "name": container.definition["name"],
                    "lastStatus": task.status,
                    # A container that goes on has none.
                    "exitCode": container.exit_code
                    if task.status == "STOPPED"
                    else None,
                    "reason": container.reason,
                }
                for container in task.containers
            ],
        }
