"""Job definitions: creating, changing, reading them, and what Glue refuses in one."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lab.glue.paging import page
from lab.service import ApiError, Call

if TYPE_CHECKING:
    from lab.lab import Lab

COMMANDS = ("glueetl", "gluestreaming", "pythonshell", "glueray")
DEFAULT_VERSION = "5.1"
#: Data processing units of one worker.
UNITS = {
    "Standard": 1.0,
    "G.025X": 0.25,
    **{f"G.{n}X": float(n) for n in (1, 2, 4, 8, 12, 16)},
    **{f"R.{n}X": float(n) for n in (1, 2, 4, 8)},
    "Z.2X": 2.0,
}
#: The only command that may use a worker type, where there is one.
_ONLY_FOR = {"G.025X": "gluestreaming", "Z.2X": "glueray"}
#: Glue sets these itself: "internal to AWS Glue, do not set" in its documentation.
RESERVED_ARGUMENTS = ("--debug", "--mode", "--JOB_NAME", "--endpoint")
_LONGEST = 7 * 24 * 60


class JobApi:
    """Operations on job definitions."""

    lab: Lab
    region: str

    def init_jobs(self) -> None:
        self._jobs_lock = threading.Lock()
        self._jobs: dict[str, dict[str, Any]] = {}

    def job(self, name: str, message: str = "Job {name} not found.") -> dict[str, Any]:
        """The definition of one job; a refusal if there is none."""
        with self._jobs_lock:
            if name not in self._jobs:
                told = message.format(name=name)
                raise ApiError("EntityNotFoundException", told)
            return dict(self._jobs[name])

    def create_job(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        tags = request.pop("Tags", None)
        definition = completed(request)
        now = datetime.now(UTC)
        times = {"CreatedOn": now, "LastModifiedOn": now}
        name = request["Name"]
        with self._jobs_lock:
            known = self._jobs.get(name)
            if known and definition | times != known | times:
                told = "already submitted with different configuration"
                raise ApiError(
                    "IdempotentParameterMismatchException",
                    f"Job with name: {name} {told}",
                )
            self._jobs[name] = known or definition | times
        if tags:
            arn = f"arn:aws:glue:{call.region}:{call.account}:job/{name}"
            self.lab.client("glue", self.region).tag_resource(
                ResourceArn=arn, TagsToAdd=tags
            )
        return {"Name": name}

    def update_job(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        name = request["JobName"]
        before = self.job(name)
        update = request["JobUpdate"]
        for member in ("Role", "Command"):
            if member not in update:
                raise ApiError("InvalidInputException", f"{member} should not be null")
        # "The previous job definition is completely overwritten by this information."
        definition = completed({"Name": name, **update})
        definition["CreatedOn"] = before["CreatedOn"]
        definition["LastModifiedOn"] = datetime.now(UTC)
        with self._jobs_lock:
            self._jobs[name] = definition
        return {"JobName": name}

    def get_job(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        return {"Job": self.job(request["JobName"])}

    def get_jobs(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        with self._jobs_lock:
            jobs = [dict(self._jobs[name]) for name in sorted(self._jobs)]
        jobs, token = page(jobs, request, 200)
        return {"Jobs": jobs, "NextToken": token}

    def batch_get_jobs(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        with self._jobs_lock:
            found = [self._jobs[n] for n in request["JobNames"] if n in self._jobs]
            missing = [n for n in request["JobNames"] if n not in self._jobs]
        return {"Jobs": [dict(job) for job in found], "JobsNotFound": missing}

    def list_jobs(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        if request.get("Tags"):
            raise ApiError("NotEmulated", "ListJobs by tags", http=501)
        with self._jobs_lock:
            names = sorted(self._jobs)
        names, token = page(names, request, 100)
        return {"JobNames": names, "NextToken": token}

    def delete_job(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        # "If the job definition is not found, no exception is thrown."
        with self._jobs_lock:
            self._jobs.pop(request["JobName"], None)
        return {"JobName": request["JobName"]}


def completed(definition: dict[str, Any]) -> dict[str, Any]:
    """A definition with Glue's defaults; raises what Glue refuses in it."""
    job = dict(definition)
    command = dict(job["Command"])
    name = command.setdefault("Name", "glueetl")
    if name not in COMMANDS:
        told = f"Command name should be one of {', '.join(COMMANDS)}: {name!r}"
        raise ApiError("InvalidInputException", told)
    if not re.fullmatch(r"s3://[^/]+/.+", command.get("ScriptLocation", "")):
        told = (
            f"ScriptLocation is not an object of S3: {command.get('ScriptLocation')!r}"
        )
        raise ApiError("InvalidInputException", told)
    if not job["Role"].strip():
        raise ApiError("InvalidInputException", "Role should not be empty")
    if not 0 <= job.get("MaxRetries", 0) <= 10:
        raise ApiError("InvalidInputException", "MaxRetries should be 0 to 10")
    job["Command"] = command
    job.setdefault("GlueVersion", DEFAULT_VERSION)
    job.setdefault("JobMode", "SCRIPT")
    job.setdefault("MaxRetries", 0)
    job.setdefault("ExecutionProperty", {"MaxConcurrentRuns": 1})
    if name != "gluestreaming":
        job.setdefault("Timeout", default_timeout(job))
    for member in ("DefaultArguments", "NonOverridableArguments"):
        refuse_arguments(job.get(member, {}))
    return job | capacity(job, job)


def default_timeout(job: dict[str, Any]) -> int:
    """Minutes after which a run is ended when nobody says otherwise."""
    return 480 if version(job) >= (5,) else 2880


def version(job: dict[str, Any]) -> tuple[int, ...]:
    """The Glue version as numbers; `auto` is the newest."""
    found = re.match(r"(\d+)\.(\d+)", job.get("GlueVersion", DEFAULT_VERSION))
    return (int(found[1]), int(found[2])) if found else (99,)


def refuse_arguments(arguments: dict[str, str]) -> None:
    """Raises if `arguments` sets what only Glue itself may set."""
    for name in arguments:
        if name in RESERVED_ARGUMENTS:
            raise ApiError("InvalidInputException", f"{name} is internal to Glue")


def capacity(job: dict[str, Any], chosen: dict[str, Any]) -> dict[str, Any]:
    """Worker settings of `chosen`, a definition or a start request, completed."""
    command = job["Command"]["Name"]
    kind, count = chosen.get("WorkerType"), chosen.get("NumberOfWorkers")
    maximum = chosen.get("MaxCapacity")
    if maximum is None and chosen.get("AllocatedCapacity") is not None:
        maximum = float(chosen["AllocatedCapacity"])
    if maximum is not None and (kind or count):
        told = (
            "Please do not set Max Capacity if using Worker Type and Number of Workers."
        )
        raise ApiError("InvalidInputException", told)
    if command == "pythonshell" and (kind or count):
        told = "Worker Type is not supported for Job Command pythonshell"
        raise ApiError("InvalidInputException", told)
    if (kind is None) != (count is None):
        told = "Please set both Worker Type and Number of Workers."
        raise ApiError("InvalidInputException", told)
    if kind is not None:
        maximum = _units(job, kind, count)
    _refuse_execution(job, chosen)
    if maximum is None:
        maximum = 0.0625 if command == "pythonshell" else 10.0
    if command == "pythonshell" and maximum not in (0.0625, 1.0):
        told = "MaxCapacity should be 0.0625 or 1 for Job Command pythonshell"
        raise ApiError("InvalidInputException", told)
    if command != "pythonshell" and kind is None and maximum < 2:
        told = "MaxCapacity should be at least 2, and no fraction"
        raise ApiError("InvalidInputException", told)
    return {
        "WorkerType": kind,
        "NumberOfWorkers": count,
        "MaxCapacity": maximum,
        "AllocatedCapacity": int(maximum),
    }


def _units(job: dict[str, Any], kind: str, count: Any) -> float:
    command = job["Command"]["Name"]
    only = _ONLY_FOR.get(kind)
    if only and command != only:
        told = f"Worker Type {kind} is not supported for Job Command {command}"
        raise ApiError("InvalidInputException", told)
    large = kind.startswith("R.") or kind in ("G.12X", "G.16X")
    least = (4,) if large else (3,) if kind in ("G.4X", "G.8X") else (0,)
    if version(job) < least:
        told = (
            f"Worker Type {kind} is not supported for Glue Version {job['GlueVersion']}"
        )
        raise ApiError("InvalidInputException", told)
    if count < 2 and command == "glueetl":
        raise ApiError(
            "InvalidInputException", "Number of Workers should be at least 2"
        )
    return UNITS[kind] * count


def _refuse_execution(job: dict[str, Any], chosen: dict[str, Any]) -> None:
    if chosen.get("ExecutionClass") == "FLEX":
        command = job["Command"]["Name"]
        if command != "glueetl" or version(job) < (3,):
            told = (
                f"ExecutionClass FLEX is not supported for Job Command {command} and "
                f"Glue Version {job.get('GlueVersion')}"
            )
            raise ApiError("InvalidInputException", told)
    if chosen.get("Timeout", 1) > _LONGEST:
        told = f"Timeout should be {_LONGEST} minutes at most"
        raise ApiError("InvalidInputException", told)
