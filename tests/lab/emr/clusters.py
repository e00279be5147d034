"""EMR's API, as far as steps go: `AddJobFlowSteps`, what looks at steps, and clusters that run.

A second start adds a second step. Steps of a cluster run one after the other. A step that was added is not known for a little while,
and not listed for longer; nearly all that is refused has one code. Not emulated: making and ending clusters, instances, bootstrap
actions, security configurations, notebooks, logs in S3.
"""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lab.emr import step as steps
from lab.emr.step import Step
from lab.service import HOME, ApiError, Call, NotEmulated, Service

if TYPE_CHECKING:
    from lab.lab import Lab

#: For how many seconds a step is not known at all that is not listed yet.
_UNKNOWN = 0.3
#: Steps and clusters in a page.
_PAGE = 50
#: How many characters a step may have.
_LONGEST = 10_240
_ACTIVE = ("PENDING", "RUNNING", "CANCEL_PENDING")
_ALIVE = ("STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING")


@dataclass
class Cluster:
    """A cluster; `turn` is had by the step that runs."""

    id: str
    name: str
    state: str
    room: int
    log_uri: str | None
    steps: list[Step] = field(default_factory=list)
    turn: threading.Lock = field(default_factory=threading.Lock)


class Clusters(Service):
    """One method an operation; steps live until the lab is reset."""

    model_name = "emr"
    signing_name = "elasticmapreduce"

    def __init__(self, lab: Lab, region: str = HOME) -> None:
        super().__init__(lab, region)
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        for cluster in list(getattr(self, "_clusters", {}).values()):
            for step in cluster.steps:
                step.ask_for_end()
        self._clusters: dict[str, Cluster] = {}

    def control_emr_cluster(self, method: str, body: Any) -> Any:
        """PUT /_lab/emr_cluster {name, state?, room?, log_uri?}: makes a cluster; gives its id."""
        known = {"name", "state", "room", "log_uri"}
        if method != "PUT" or not isinstance(body, dict) or set(body) - known:
            raise ValueError("PUT {name, state?, room?, log_uri?}")
        made = Cluster(
            _id("j-"),
            body["name"],
            body.get("state", "WAITING"),
            body.get("room", 256),
            body.get("log_uri"),
        )
        with self._lock:
            self._clusters[made.id] = made
        return {"id": made.id}

    def control_emr_room(self, method: str, body: Any) -> Any:
        """PUT /_lab/emr_room {id, room}: so many steps of a cluster may not be over."""
        with self._lock:
            self._clusters[body["id"]].room = body["room"]
        return body

    def add_job_flow_steps(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        cluster = self._cluster(request["JobFlowId"])
        if len(request["Steps"]) != 1:
            raise NotEmulated("the lab adds one step a call")
        [asked] = request["Steps"]
        jar = asked["HadoopJarStep"]
        if len(" ".join([jar["Jar"], *jar.get("Args", [])])) > _LONGEST:
            raise ApiError("ValidationException", "The step is too long.")
        if cluster.state not in _ALIVE:
            told = "A job flow that is shutting down, terminating, or finished may not be modified."
            raise ApiError("ValidationException", told)
        step = Step(_id("s-"), cluster.id, asked, request.get("ExecutionRoleArn"))
        step.hold, step.script = call.hold, call.script
        step.listed = time.time() + call.lag
        step.known = time.time() + min(call.lag, _UNKNOWN)
        with self._lock:
            active = [one for one in cluster.steps if one.state in _ACTIVE]
            if len(active) >= cluster.room:
                told = (
                    "Maximum number of active steps(State = 'Running', 'Pending' or 'Cancel_Pending') "
                    "for cluster exceeded."
                )
                raise ApiError("ValidationException", told)
            cluster.steps.append(step)
        call.notes["step"] = f"{cluster.id}/{step.id}"
        threading.Thread(
            target=steps.work,
            args=(self.lab, self.region, step, cluster.turn),
            name=f"step {step.id}",
            daemon=True,
        ).start()
        return {"StepIds": [step.id]}

    def describe_step(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        cluster = self._cluster(request["ClusterId"])
        step = self._step(cluster, request["StepId"])
        if step is None or step.known > time.time():
            raise _invalid(f"Step id '{request['StepId']}' is not valid.")
        return {"Step": step.told()}

    def list_steps(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        if set(request) - {"ClusterId", "Marker"}:
            raise NotEmulated("the lab lists all steps of a cluster")
        cluster, now = self._cluster(request["ClusterId"]), time.time()
        with self._lock:
            found = [step for step in reversed(cluster.steps) if step.listed <= now]
        page, marker = _page(found, request)
        return {"Steps": [step.told() for step in page], "Marker": marker}

    def cancel_steps(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        cluster = self._cluster(request["ClusterId"])
        told = []
        for id_ in request["StepIds"]:
            step = self._step(cluster, id_)
            if step is not None and step.ask_for_end():
                told.append({"StepId": id_, "Status": "SUBMITTED"})
            else:
                why = "Step cannot be cancelled: it is not known, or over."
                told.append({"StepId": id_, "Status": "FAILED", "Reason": why})
        return {"CancelStepsInfoList": told}

    def describe_cluster(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        cluster = self._cluster(request["ClusterId"])
        return {"Cluster": {**self._told(cluster), "LogUri": cluster.log_uri}}

    def list_clusters(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        states = request.get("ClusterStates")
        with self._lock:
            found = [
                cluster
                for cluster in self._clusters.values()
                if not states or cluster.state in states
            ]
        page, marker = _page(found, request)
        return {"Clusters": [self._told(one) for one in page], "Marker": marker}

    def _cluster(self, id_: str) -> Cluster:
        with self._lock:
            cluster = self._clusters.get(id_)
        if cluster is None:
            raise _invalid(f"Cluster id '{id_}' is not valid.")
        return cluster

    def _step(self, cluster: Cluster, id_: str) -> Step | None:
        with self._lock:
            return next((step for step in cluster.steps if step.id == id_), None)

    def _told(self, cluster: Cluster) -> dict[str, Any]:
        arn = (
            f"arn:aws:elasticmapreduce:{self.region}:123456789012:cluster/{cluster.id}"
        )
        return {
            "Id": cluster.id,
            "Name": cluster.name,
            "Status": {"State": cluster.state},
            "ClusterArn": arn,
        }


def _invalid(told: str) -> ApiError:
    return ApiError("InvalidRequestException", told)


def _page(items: list[Any], request: dict[str, Any]) -> tuple[list[Any], str | None]:
    start = int(request.get("Marker") or 0)
    end = start + _PAGE
    return items[start:end], str(end) if end < len(items) else None


def _id(begin: str) -> str:
    letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return begin + "".join(random.choices(letters, k=13))
