"""Redshift's own API: clusters that are paused, resumed and resized.

A cluster is made by a control request. It does one thing at a time, and refuses all else until that is over; for a while after a
request it is told as it was before. Not emulated: all other operations, databases in the clusters, elastic limits, quotas of
nodes, snapshots, maintenance.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.service import HOME, ApiError, Call, Service

if TYPE_CHECKING:
    from lab.lab import Lab

#: How many seconds a change takes at least.
_SHORTEST = 0.3
#: The states in which a cluster takes a change.
_AVAILABLE = {"available", "available, resize-cleanup", "storage-full"}


@dataclass
class _Cluster:
    """A cluster, as it is and as it is told."""

    name: str
    status: str
    node_type: str
    nodes: int
    #: What it becomes, and when.
    becomes: tuple[str, str, int] | None = None
    due: float = 0.0
    #: As what it is told until then.
    before: str = ""
    seen: float = 0.0
    #: How often it was changed.
    changes: int = 0

    def settle(self) -> None:
        if self.becomes and time.monotonic() >= self.due:
            self.status, self.node_type, self.nodes = self.becomes
            self.becomes = None

    @property
    def told(self) -> str:
        return self.before if time.monotonic() < self.seen else self.status


class Clusters(Service):
    """One method an operation; clusters live until the lab is reset."""

    model_name = "redshift"
    signing_name = "redshift"

    def __init__(self, lab: Lab, region: str = HOME) -> None:
        super().__init__(lab, region)
        self._lock = threading.Lock()
        self._clusters: dict[str, _Cluster] = {}

    def reset(self) -> None:
        with self._lock:
            self._clusters = {}

    def control_provisioned(self, method: str, body: Any) -> Any:
        """PUT /_lab/provisioned {name, status?, node_type?, nodes?}: makes or changes a cluster. POST {name}: how it is, and how often it
        was changed."""
        known = {"name", "status", "node_type", "nodes"}
        if method not in ("PUT", "POST") or set(body) - known or "name" not in body:
            raise ValueError("PUT {name, status?, node_type?, nodes?} or POST {name}")
        with self._lock:
            if method == "PUT":
                self._clusters[body["name"]] = _Cluster(
                    body["name"],
                    body.get("status", "available"),
                    body.get("node_type", "ra3.large"),
                    int(body.get("nodes", 2)),
                )
            cluster = self._clusters[body["name"]]
            cluster.settle()
            return {
                "status": cluster.status,
                "node_type": cluster.node_type,
                "nodes": cluster.nodes,
                "changes": cluster.changes,
            }

    def describe_clusters(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        with self._lock:
            return {"Clusters": [_told(self._cluster(request), late=True)]}

    def pause_cluster(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        return self._changed(request, call, _AVAILABLE, "pausing", "paused")

    def resume_cluster(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        return self._changed(request, call, {"paused"}, "resuming", "available")

    def resize_cluster(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        nodes = request.get("NumberOfNodes")
        if nodes is None and "NodeType" not in request:
            raise ApiError("InvalidParameterCombination", "No modifications requested.")
        kind = request.get("ClusterType", "multi-node")
        if (kind == "single-node") != (nodes == 1):
            raise ApiError(
                "InvalidParameterCombination",
                "Number of nodes for cluster type multi-node must be greater than or equal to 2.",
            )
        return self._changed(
            request, call, _AVAILABLE, "resizing", "available, resize-cleanup"
        )

    def _changed(
        self,
        request: dict[str, Any],
        call: Call,
        taken: set[str],
        way: str,
        end: str,
    ) -> dict[str, Any]:
        """Sends a cluster on its way, `{state}` of a script says to where instead."""
        with self._lock:
            cluster = self._cluster(request)
            if cluster.status not in taken:
                raise ApiError(
                    "InvalidClusterState",
                    f"There is an operation running on the Cluster, or it is not in a state for it: {cluster.status}",
                )
            undone = (call.script or {}).get("state")
            size = (cluster.node_type, cluster.nodes)
            if undone is None:
                size = (
                    request.get("NodeType", cluster.node_type),
                    request.get("NumberOfNodes", cluster.nodes),
                )
            now = time.monotonic()
            cluster.before, cluster.seen = cluster.status, now + call.lag
            cluster.status = way
            cluster.becomes = (undone or end, *size)
            # A change that is over before it is seen would be none.
            cluster.due = now + call.lag + max(_SHORTEST, call.hold)
            cluster.changes += 1
            call.notes["change"] = f"{cluster.name}-{cluster.changes}"
            return {"Cluster": _told(cluster)}

    def _cluster(self, request: dict[str, Any]) -> _Cluster:
        name = request.get("ClusterIdentifier")
        if name not in self._clusters:
            raise ApiError("ClusterNotFound", f"Cluster {name} not found.", http=404)
        cluster = self._clusters[name]
        cluster.settle()
        return cluster


def _told(cluster: _Cluster, late: bool = False) -> dict[str, Any]:
    status = cluster.told if late else cluster.status
    is_there = status.startswith("available")
    return {
        "ClusterIdentifier": cluster.name,
        "ClusterStatus": status,
        "ClusterAvailabilityStatus": "Available" if is_there else "Unavailable",
        "NodeType": cluster.node_type,
        "NumberOfNodes": cluster.nodes,
        "Endpoint": {"Address": f"{cluster.name}.lab", "Port": 5439},
        "DBName": "dev",
    }
