"""Job runs: starting, finding and stopping them, and the life of one.

A run lives in a thread of its own: STARTING, RUNNING, then a terminal state. What
happens in RUNNING is either the job's script (`process.py`) or, when a fault rule
`script` came with the start, what that rule says, with no script run at all:

- `state`: the terminal state; `error`: its ErrorMessage; `after`: seconds in RUNNING (0
  unless given);
- `output`, `stderr`: lines for the two log streams, and `late`: the seconds after
  which they can be read;
- `stopping`: seconds that it stays in STOPPING when somebody stops it (also without
  `state`);
- `slot`: seconds for which the run counts as running after its end (also without
  `state`);
- `again`: what the run does that Glue makes again by itself, `gap` seconds later.

GetJobRuns does not list a run from the first; GetJobRun knows it at once.

Spark runs one at a time; others wait in STARTING.
"""

from __future__ import annotations

import secrets
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lab.glue import jobs as definitions
from lab.glue.paging import page
from lab.glue.process import Process, RunFailed
from lab.glue.streams import Streams
from lab.metrics import Metrics
from lab.service import ApiError, Call

if TYPE_CHECKING:
    from lab.lab import Lab

TERMINAL = ("SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED")
_TICK = 0.1


@dataclass
class Run:
    """One run of a job; its thread alone moves it on, under the API's condition."""

    id: str
    job: dict[str, Any]
    request: dict[str, Any]
    arguments: dict[str, str]
    settings: dict[str, Any]
    script: dict[str, Any]
    hold: float
    attempt: int = 0
    previous: str | None = None
    state: str = "WAITING"
    #: It waits for a slot.
    queued: bool = False
    #: When GetJobRuns lists it.
    listed: float = 0.0
    error: str | None = None
    started: float = field(default_factory=time.time)
    running: float | None = None
    ended: float | None = None
    changed: float = field(default_factory=time.time)
    #: Somebody asked for its end, or the lab itself ends.
    stopping: threading.Event = field(default_factory=threading.Event)
    abandoned: bool = False
    thread: threading.Thread | None = None

    def holds_slot(self) -> bool:
        """Says whether the run counts against MaxConcurrentRuns."""
        if self.queued:
            return False
        slot = float(self.script.get("slot", 0))
        return self.ended is None or time.time() < self.ended + slot

    def log_group(self) -> str:
        """The group of its streams, without `/output` and `/error`."""
        security = self.settings.get("SecurityConfiguration")
        if not security:
            return "/aws-glue/jobs"
        role = self.job["Role"].rpartition("/")[2]
        return f"/aws-glue/jobs-{role}-{security}"

    def answer(self) -> dict[str, Any]:
        """The run as the API tells it."""
        end = self.ended or time.time()
        return {
            **self.settings,
            "Id": self.id,
            "Attempt": self.attempt,
            "PreviousRunId": self.previous,
            "JobName": self.job["Name"],
            "JobMode": self.job["JobMode"],
            "JobRunState": self.state,
            "Arguments": self.request.get("Arguments") or None,
            "ErrorMessage": self.error,
            "PredecessorRuns": [],
            "StartedOn": _moment(self.started),
            "LastModifiedOn": _moment(self.changed),
            "CompletedOn": _moment(self.ended) if self.ended else None,
            "ExecutionTime": int(end - self.running) if self.running else 0,
            "LogGroupName": self.log_group(),
        }


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


class RunApi:
    """Operations on job runs and on job bookmarks."""

    lab: Lab
    region: str
    streams: Streams
    job: Callable[..., dict[str, Any]]

    def init_runs(self) -> None:
        self._change = threading.Condition()
        self._runs: dict[str, list[Run]] = {}
        self._bookmarks: dict[str, dict[str, Any]] = {}
        # What each run left: `{job: {run: {context: files}}}`.
        self._left: dict[str, dict[str, dict[str, Any]]] = {}
        self._spark = threading.Semaphore(1)

    def end_runs(self) -> None:
        """Ends every run, without a trace in its log."""
        with self._change:
            runs = [run for of_job in self._runs.values() for run in of_job]
        for run in runs:
            run.abandoned = True
            run.stopping.set()
        for run in runs:
            if run.thread is not None:
                run.thread.join(10)

    # Starting.

    def start_job_run(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        message = (
            "Failed to start job run due to missing metadata. Job {name} not found."
        )
        job = self.job(request["JobName"], message)
        definitions.refuse_arguments(request.get("Arguments", {}))
        script = call.script or {}
        if script.get("state", "SUCCEEDED") not in TERMINAL:
            told = f"a script's state is one of {TERMINAL}: {script}"
            raise ValueError(told)
        previous = self._previous(request)
        run = Run(
            id="jr_" + secrets.token_hex(32),
            job=job,
            request=(previous.request | request) if previous else request,
            arguments=_arguments(job, request),
            settings=_settings(job, request),
            script=script,
            hold=call.hold,
            attempt=previous.attempt + 1 if previous else 0,
            previous=previous.id if previous else None,
            listed=time.time() + call.lag,
        )
        with self._change:
            if not self._has_slot(job):
                if not run.settings["JobRunQueuingEnabled"]:
                    told = f"Concurrent runs exceeded for {job['Name']}"
                    raise ApiError("ConcurrentRunsExceededException", told)
                run.queued = True
            self._begin(run)
        call.notes["run"] = run.id
        return {"JobRunId": run.id}

    def _previous(self, request: dict[str, Any]) -> Run | None:
        """The run that the request wants to repeat."""
        if "JobRunId" not in request:
            return None
        run = self._find(request["JobName"], request["JobRunId"])
        if run.ended is None:
            told = f"Job Run {run.id} is still in state {run.state}"
            raise ApiError("InvalidInputException", told)
        request.setdefault("Arguments", run.request.get("Arguments", {}))
        return run

    def _has_slot(self, job: dict[str, Any]) -> bool:
        running = [r for r in self._runs.get(job["Name"], []) if r.holds_slot()]
        return len(running) < job["ExecutionProperty"].get("MaxConcurrentRuns", 1)

    def _begin(self, run: Run) -> None:
        self._runs.setdefault(run.job["Name"], []).append(run)
        name = f"glue-{run.id[:12]}"
        run.thread = threading.Thread(
            target=self._live_run, args=(run,), name=name, daemon=True
        )
        run.thread.start()

    # Finding.

    def get_job_run(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        with self._change:
            run = self._find(request["JobName"], request["RunId"])
            return {"JobRun": run.answer()}

    def get_job_runs(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        self.job(request["JobName"])
        with self._change:
            now = time.time()
            runs = list(reversed(self._runs.get(request["JobName"], [])))
            runs = [run for run in runs if run.listed <= now]
            runs, token = page(runs, request, 200)
            return {"JobRuns": [run.answer() for run in runs], "NextToken": token}

    def _find(self, job: str, run_id: str) -> Run:
        for run in self._runs.get(job, []):
            if run.id == run_id:
                return run
        told = f"Job Run {run_id} not found for job {job}."
        raise ApiError("EntityNotFoundException", told)

    # Stopping.

    def batch_stop_job_run(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        name = request["JobName"]
        done: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        for run_id in request["JobRunIds"]:
            place = {"JobName": name, "JobRunId": run_id}
            try:
                with self._change:
                    self._stop(self._find(name, run_id))
                done.append(place)
            except ApiError as error:
                detail = {"ErrorCode": error.code, "ErrorMessage": error.message}
                errors.append({**place, "ErrorDetail": detail})
        return {"SuccessfulSubmissions": done, "Errors": errors}

    def _stop(self, run: Run) -> None:
        if run.ended is not None:
            told = f"Job Run {run.id} cannot be stopped: it is {run.state}"
            raise ApiError("InvalidInputException", told)
        if not run.stopping.is_set():
            self._move(run, "STOPPING")
            run.stopping.set()

    # Bookmarks.

    def get_job_bookmark(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        self.job(request["JobName"])
        with self._change:
            entry = self._bookmarks.get(request["JobName"])
        if entry is None:
            told = f"Continuation for job {request['JobName']} not found"
            raise ApiError("EntityNotFoundException", told)
        return {"JobBookmarkEntry": {k: v for k, v in entry.items() if k != "files"}}

    def reset_job_bookmark(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        if "RunId" in request:
            raise ApiError("NotEmulated", "resetting to a run", http=501)
        answer = self.get_job_bookmark(request, call)
        with self._change:
            del self._bookmarks[request["JobName"]]
        return answer

    def _commit(self, run: Run, files: dict[str, Any]) -> None:
        name = run.job["Name"]
        with self._change:
            before = self._bookmarks.get(name, {})
            self._left.setdefault(name, {})[run.id] = files
            self._bookmarks[name] = {
                "JobName": name,
                "Version": before.get("Version", 0) + 1,
                "Run": len(self._runs[name]),
                "Attempt": run.attempt,
                "RunId": run.id,
                "PreviousRunId": before.get("RunId"),
                "JobBookmark": "{}",
                "files": files,
            }

    def _reads_between(self, run: Run) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """What a run has read before, and the only files that it may read."""
        first, last = (
            run.arguments.get(f"--job-bookmark-{end}") for end in ("from", "to")
        )
        with self._change:
            if first is None and last is None:
                return self._bookmarks.get(run.job["Name"], {}).get("files", {}), None
            left = self._left.get(run.job["Name"], {})
            if first not in left or last not in left:
                told = f"no bookmark of the runs {first} and {last}"
                raise RunFailed(told)
            return left[first], left[last]

    # The life of a run.

    def _live_run(self, run: Run) -> None:
        try:
            state, error = self._run_outcome(run)
        except RunFailed as failure:
            state, error = "FAILED", str(failure)
        except Exception as bug:
            if not run.abandoned:
                traceback.print_exc()
            state, error = "ERROR", f"a bug of the lab: {bug!r}"
        if state == "STOPPED":
            stays = float(run.script.get("stopping", self.lab.unkind.values.stopping))
            end = time.time() + stays
            while time.time() < end and not run.abandoned:
                time.sleep(_TICK)
        if run.abandoned:
            return
        with self._change:
            run.error = error
            run.ended = time.time()
            self._move(run, state)
            failed = state in ("FAILED", "ERROR")
        if failed and run.attempt < run.job["MaxRetries"]:
            time.sleep(float(run.script.get("gap", self.lab.unkind.values.gap)))
            if not run.abandoned:
                with self._change:
                    self._begin(_again(run, self.lab.unkind.values.lag))

    def _run_outcome(self, run: Run) -> tuple[str, str | None]:
        while run.queued:
            with self._change:
                if self._has_slot(run.job):
                    run.queued = False
                elif run.stopping.is_set():
                    return "STOPPED", None
            run.stopping.wait(_TICK)
        if not run.stopping.wait(self.lab.unkind.values.waiting):
            self._move(run, "STARTING")
        if "state" in run.script:
            return self._play(run)
        if run.job["Command"]["Name"] == "pythonshell":
            return self._execute(run)
        while not self._spark.acquire(timeout=_TICK):
            if run.stopping.is_set():
                return "STOPPED", None
        try:
            return self._execute(run)
        finally:
            self._spark.release()

    def _play(self, run: Run) -> tuple[str, str | None]:
        """Gives the outcome that a fault rule wrote."""
        state = run.script["state"]
        error = run.script.get("error")
        if error is None and state in ("FAILED", "ERROR", "TIMEOUT"):
            error = f"{state} by a rule of the lab"
        self._run_from_now(run)
        stderr = run.script.get("stderr", [error] if error else [])
        for which, lines in (
            ("output", run.script.get("output", [])),
            ("error", stderr),
        ):
            place = f"{run.log_group()}/{which}"
            self.streams.write(place, run.id, lines, run.script.get("late"))
        self._measured(run, run.script.get("metrics", {}))
        if run.stopping.wait(max(float(run.script.get("after", 0)), run.hold)):
            return "STOPPED", None
        return state, error

    def _execute(self, run: Run) -> tuple[str, str | None]:
        """Runs the script for real."""
        process = Process(self.lab, self.region, run, self._reads_between(run))
        if run.stopping.is_set():
            return "STOPPED", None
        process.start(self.streams)
        self._run_from_now(run)
        assert run.running is not None
        deadline = run.running + 60 * run.settings.get("Timeout", 1e9)
        while process.is_running() and time.time() < deadline:
            if run.stopping.wait(_TICK):
                break
            process.follow()
        timed_out = process.is_running() and not run.stopping.is_set()
        process.end()
        if run.abandoned:
            return "STOPPED", None
        process.follow(to_the_end=True)
        self._measured(run, process.counted())
        if (committed := process.committed()) is not None:
            self._commit(run, committed)
        error = process.error()
        if run.stopping.wait(max(0.0, run.running + run.hold - time.time())):
            return "STOPPED", None
        if timed_out:
            return "TIMEOUT", "Job run timed out"
        return ("FAILED", error) if error else ("SUCCEEDED", None)

    def _measured(self, run: Run, metrics: dict[str, list[float]]) -> None:
        """Tells CloudWatch what a run has used."""
        cloudwatch = self.lab.service(Metrics, self.region)
        for name, values in metrics.items():
            kind = "count" if ".aggregate." in name else "gauge"
            dimensions = {"JobName": run.job["Name"], "JobRunId": run.id, "Type": kind}
            for value in values:
                cloudwatch.write("Glue", name, dimensions, value)

    def _run_from_now(self, run: Run) -> None:
        with self._change:
            run.running = time.time()
            if not run.stopping.is_set():
                self._move(run, "RUNNING")

    def _move(self, run: Run, state: str) -> None:
        with self._change:
            run.state = state
            run.changed = time.time()
            self._change.notify_all()


def _again(run: Run, lag: float) -> Run:
    """The retry that Glue itself makes of a failed run."""
    return Run(
        id=f"{run.id.partition('_attempt_')[0]}_attempt_{run.attempt + 1}",
        job=run.job,
        request=run.request,
        arguments=run.arguments,
        settings=run.settings,
        script=run.script.get("again", run.script),
        hold=0,
        attempt=run.attempt + 1,
        previous=run.id,
        listed=time.time() + lag,
    )


def _arguments(job: dict[str, Any], request: dict[str, Any]) -> dict[str, str]:
    """What the script gets: the run's over the defaults, the fixed ones over both."""
    return {
        **job.get("DefaultArguments", {}),
        **request.get("Arguments", {}),
        **job.get("NonOverridableArguments", {}),
    }


def _settings(job: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    """Capacity, timeout and the like: the request's, otherwise the job's."""
    ours = ("WorkerType", "NumberOfWorkers", "MaxCapacity", "AllocatedCapacity")
    members = ("Timeout", "ExecutionClass", "SecurityConfiguration")
    members += ("NotificationProperty", "JobRunQueuingEnabled")
    settings = {m: request.get(m, job.get(m)) for m in members}
    chosen = {**settings, **{m: request[m] for m in ours if m in request}}
    if not any(m in request for m in ours):
        chosen |= {m: job.get(m) for m in ("WorkerType", "NumberOfWorkers")}
        if chosen["WorkerType"] is None:
            chosen["MaxCapacity"] = job["MaxCapacity"]
    chosen = {name: value for name, value in chosen.items() if value is not None}
    settings |= definitions.capacity(job, chosen)
    settings["JobRunQueuingEnabled"] = bool(settings["JobRunQueuingEnabled"])
    settings["GlueVersion"] = job["GlueVersion"]
    if job["Command"]["Name"] == "glueetl" and not settings["ExecutionClass"]:
        settings["ExecutionClass"] = "STANDARD"
    settings["MaintenanceWindow"] = job.get("MaintenanceWindow")
    return {name: value for name, value in settings.items() if value is not None}
