"""EMR Serverless's API, as far as runs go: applications, `StartJobRun` and what looks at runs.

A token gives its run again, whatever has become of it, to the same request, and refuses another one. A run that was started is not
known for a little while, and not listed for longer; the list has no order. An application that does not start by itself takes no
run until it is started. Not emulated: making and changing applications, capacity, queues, images, networks, retries, sessions,
dashboards, tags.
"""

from __future__ import annotations

import json
import random
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lab.emr import run as runs
from lab.emr.run import Run
from lab.service import HOME, ApiError, Call, NotEmulated, Service

if TYPE_CHECKING:
    from lab.lab import Lab

#: For how many seconds a run is not known at all that is not listed yet.
_UNKNOWN = 0.3
#: Seconds that an application takes to start.
_STARTING = 0.3
_RELEASE = "emr-7.12.0"

#: What the lab looks at in a request to start a run.
_TAKEN = {
    "applicationId",
    "clientToken",
    "configurationOverrides",
    "executionRoleArn",
    "executionTimeoutMinutes",
    "jobDriver",
    "name",
}


@dataclass
class Application:
    """An application; its state may change by time alone."""

    id: str
    name: str
    state: str
    auto_start: bool
    monitoring: dict[str, Any]
    changes_at: float = 0.0
    tokens: dict[str, tuple[str, str]] = field(default_factory=dict)

    def now(self) -> str:
        """Its state."""
        if self.state == "STARTING" and time.monotonic() >= self.changes_at:
            self.state = "STARTED"
        return self.state

    def begin(self) -> None:
        """Begins to start; what is started stays so."""
        if self.now() in ("CREATED", "STOPPED"):
            self.state, self.changes_at = "STARTING", time.monotonic() + _STARTING


class Serverless(Service):
    """One method an operation; runs live until the lab is reset."""

    model_name = "emr-serverless"
    signing_name = "emr-serverless"

    def __init__(self, lab: Lab, region: str = HOME) -> None:
        super().__init__(lab, region)
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        for run in list(getattr(self, "_runs", {}).values()):
            run.becomes("CANCELLING")
        self._applications: dict[str, Application] = {}
        self._runs: dict[str, Run] = {}

    def control_application(self, method: str, body: Any) -> Any:
        """PUT /_lab/application {name, state?, auto_start?, monitoring?}: makes an application; gives its id."""
        known = {"name", "state", "auto_start", "monitoring"}
        if method != "PUT" or not isinstance(body, dict) or set(body) - known:
            raise ValueError("PUT {name, state?, auto_start?, monitoring?}")
        made = Application(
            _id("00f"),
            body["name"],
            body.get("state", "STARTED"),
            body.get("auto_start", True),
            body.get("monitoring", {}),
        )
        with self._lock:
            self._applications[made.id] = made
        return {"id": made.id}

    def start_job_run(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        if set(request) - _TAKEN:
            raise NotEmulated(f"the lab starts runs of {sorted(_TAKEN)}")
        if len(request["jobDriver"]) != 1:
            raise ApiError("ValidationException", "jobDriver has exactly one member.")
        content = json.dumps(
            {name: value for name, value in request.items() if name != "clientToken"},
            sort_keys=True,
        )
        with self._lock:
            application = self._application(request)
            known = application.tokens.get(request["clientToken"])
            if known is None:
                run = self._begin(application, request, call)
                application.tokens[request["clientToken"]] = (content, run.id)
            else:
                run = self._runs[known[1]]
        call.notes["run"] = run.id
        if known is None:
            threading.Thread(
                target=runs.work,
                args=(self.lab, self.region, run),
                name=f"run {run.id}",
                daemon=True,
            ).start()
        elif known[0] != content:
            told = "The clientToken is in use by another request."
            raise ApiError("ConflictException", told)
        return {
            "applicationId": run.application,
            "jobRunId": run.id,
            "arn": self._arn(run),
        }

    def get_job_run(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        run = self._run(request)
        if run.known > time.time():
            raise _unknown(run.id)
        told = self._told(run)
        told["jobRunId"] = told.pop("id")
        return {
            "jobRun": {
                **told,
                "configurationOverrides": run.request.get("configurationOverrides"),
                "jobDriver": run.request["jobDriver"],
                "endedAt": run.ended,
                "billedResourceUtilization": run.used,
            }
        }

    def list_job_runs(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        with self._lock:
            application = self._application(request)
            now, since = time.time(), request.get("createdAtAfter")
            found = [
                run
                for run in self._runs.values()
                if run.application == application.id
                and run.listed <= now
                and (since is None or run.created.timestamp() > _seconds(since))
            ]
        # In an order that nobody promises, the same for all pages.
        found.sort(key=lambda run: run.id[::-1])
        page, more = _page(found, request)
        return {"jobRuns": [self._told(run) for run in page], "nextToken": more}

    def cancel_job_run(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        run = self._run(request)
        if run.is_over:
            told = f"Job run {run.id} cannot be cancelled in {run.state}."
            raise ApiError("ValidationException", told)
        run.becomes("CANCELLING")
        return {"applicationId": run.application, "jobRunId": run.id}

    def get_application(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        with self._lock:
            application = self._application(request)
            told = self._described(application)
            told["applicationId"] = told.pop("id")
            return {
                "application": {
                    **told,
                    "autoStartConfiguration": {"enabled": application.auto_start},
                    "monitoringConfiguration": application.monitoring or None,
                }
            }

    def list_applications(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        with self._lock:
            found = [self._described(one) for one in self._applications.values()]
        page, more = _page(found, request)
        return {"applications": page, "nextToken": more}

    def start_application(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        with self._lock:
            application = self._application(request)
            if application.now() not in ("CREATED", "STOPPED", "STARTING", "STARTED"):
                told = f"Application {application.id} is {application.state}."
                raise ApiError("ValidationException", told)
            application.begin()
        return {}

    def _begin(
        self, application: Application, request: dict[str, Any], call: Call
    ) -> Run:
        state = application.now()
        if application.auto_start:
            application.begin()
        takes = state == "STARTED" or (
            application.auto_start and state in ("CREATED", "STOPPED")
        )
        if not takes:
            told = f"Application {application.id} is {state} and takes no job runs."
            raise ApiError("ValidationException", told)
        run = Run(_id("00g"), application.id, request, application.monitoring, _RELEASE)
        run.hold, run.script = call.hold, call.script
        run.listed = time.time() + call.lag
        run.known = time.time() + min(call.lag, _UNKNOWN)
        self._runs[run.id] = run
        return run

    def _application(self, request: dict[str, Any]) -> Application:
        application = self._applications.get(request["applicationId"])
        if application is None:
            told = f"Application {request['applicationId']} does not exist"
            raise ApiError("ResourceNotFoundException", told)
        return application

    def _run(self, request: dict[str, Any]) -> Run:
        with self._lock:
            application = self._application(request)
            run = self._runs.get(request["jobRunId"])
        if run is None or run.application != application.id:
            raise _unknown(request["jobRunId"])
        return run

    def _described(self, application: Application) -> dict[str, Any]:
        arn = f"arn:aws:emr-serverless:{self.region}:123456789012:/applications/{application.id}"
        return {
            "id": application.id,
            "name": application.name,
            "arn": arn,
            "releaseLabel": _RELEASE,
            "type": "Spark",
            "state": application.now(),
            "createdAt": 0,
            "updatedAt": 0,
        }

    def _told(self, run: Run) -> dict[str, Any]:
        with run.lock:
            return {
                "applicationId": run.application,
                "id": run.id,
                "name": run.request.get("name"),
                "arn": self._arn(run),
                "createdBy": "arn:aws:sts::123456789012:assumed-role/worker/session",
                "createdAt": run.created,
                "updatedAt": run.updated,
                "executionRole": run.request["executionRoleArn"],
                "state": run.state,
                "stateDetails": run.details,
                "releaseLabel": run.release,
            }

    def _arn(self, run: Run) -> str:
        rest = f"/applications/{run.application}/jobruns/{run.id}"
        return f"arn:aws:emr-serverless:{self.region}:123456789012:{rest}"


def _unknown(run: str) -> ApiError:
    return ApiError("ResourceNotFoundException", f"Job run {run} does not exist")


def _seconds(moment: Any) -> float:
    return moment.timestamp() if hasattr(moment, "timestamp") else float(moment)


def _page(items: list[Any], request: dict[str, Any]) -> tuple[list[Any], str | None]:
    start = int(request.get("nextToken") or 0)
    end = start + min(request.get("maxResults") or 10, 50)
    return items[start:end], str(end) if end < len(items) else None


def _id(begin: str) -> str:
    letters = "0123456789abcdefghijklmnopqrstuvwxyz"
    return begin + "".join(random.choices(letters, k=13))
