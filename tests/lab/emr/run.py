"""One run: SUBMITTED -> PENDING -> SCHEDULED -> RUNNING -> SUCCESS, its driver a process that runs a Python file of S3.

A query of Hive is not run: its files have to be there, and it succeeds.
"""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lab.logs import Logs
from lab.processes import end
from lab.s3 import split_path

if TYPE_CHECKING:
    from lab.lab import Lab

#: Seconds in each state before a run goes on.
_SOON = 0.02
#: What a driver is billed for: four processors, 16 GB of memory, nothing for the first 20 GB.
_CPUS, _MEMORY = 4.0, 16.0


@dataclass
class Run:
    """A run; `lock` guards what changes."""

    id: str
    application: str
    request: dict[str, Any]
    monitoring: dict[str, Any]
    release: str
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended: datetime | None = None
    known: float = 0.0
    listed: float = 0.0
    hold: float = 0.0
    script: dict[str, Any] | None = None
    state: str = "SUBMITTED"
    details: str = "-"
    lock: threading.Condition = field(default_factory=threading.Condition)

    @property
    def is_over(self) -> bool:
        """Whether it does not go on any more."""
        return self.state in ("SUCCESS", "FAILED", "CANCELLED")

    def becomes(self, state: str, details: str = "-") -> None:
        """Changes its state, unless it is cancelled or over."""
        with self.lock:
            if self.is_over or (self.state == "CANCELLING" and state != "CANCELLED"):
                return
            self.state, self.details = state, details
            self.updated = datetime.now(UTC)
            if self.is_over:
                self.ended = self.updated
            self.lock.notify_all()

    @property
    def used(self) -> dict[str, float] | None:
        """What it is billed, which is known when it is over."""
        if self.ended is None:
            return None
        hours = max((self.ended - self.created).total_seconds(), 60.0) / 3600
        return {
            "vCPUHour": _CPUS * hours,
            "memoryGBHour": _MEMORY * hours,
            "storageGBHour": 0.0,
        }


def work(lab: Lab, region: str, run: Run) -> None:
    """Runs it to its end."""
    for state in ("PENDING", "SCHEDULED", "RUNNING"):
        time.sleep(_SOON)
        run.becomes(state)
    try:
        if run.script is not None:
            _scripted(run)
        else:
            _for_real(lab, region, run)
    except ClientError as error:
        run.becomes("FAILED", f"Job failed, please check complete logs: {error}"[:256])
    finally:
        run.becomes("CANCELLED", "Job run was cancelled")


def _is_cancelled(run: Run, seconds: float) -> bool:
    with run.lock:
        return run.lock.wait_for(lambda: run.state == "CANCELLING", seconds)


def _scripted(run: Run) -> None:
    """A fault rule has written what comes of it."""
    script = run.script or {}
    if not _is_cancelled(run, run.hold):
        run.becomes(script.get("state", "SUCCESS"), script.get("details", "-"))


def _for_real(lab: Lab, region: str, run: Run) -> None:
    driver = run.request["jobDriver"]
    if hive := driver.get("hive"):
        for name in ("initQueryFile", "query"):
            if name in hive:
                _read(lab, region, hive[name])
        if not _is_cancelled(run, run.hold):
            run.becomes("SUCCESS")
        return
    spark = driver["sparkSubmit"]
    code = _read(lab, region, spark["entryPoint"])
    with tempfile.TemporaryDirectory(dir=lab.state, prefix="emr-") as folder:
        exit_code = _process(
            lab, run, folder, code, spark.get("entryPointArguments", [])
        )
        logs = {
            name: Path(folder, name).read_text(encoding="utf-8")
            for name in ("stdout", "stderr")
        }
    _log(lab, region, run, logs)
    if exit_code == 0:
        run.becomes("SUCCESS")
    elif exit_code is not None:
        last = (logs["stderr"].strip().splitlines() or ["no words"])[-1]
        run.becomes("FAILED", f"Job failed. ExitCode: {exit_code}. Last: {last}"[:256])


def _process(
    lab: Lab, run: Run, folder: str, code: bytes, arguments: list[str]
) -> int | None:
    """Runs the driver; gives its exit code, none when it was cancelled."""
    script = Path(folder, "entry.py")
    script.write_bytes(code)
    least = time.monotonic() + run.hold
    with (
        Path(folder, "stdout").open("wb") as out,
        Path(folder, "stderr").open("wb") as err,
    ):
        process = lab.processes.start(
            [sys.executable, "-I", "-u", str(script), *arguments],
            cwd=folder,
            env={"PATH": os.environ["PATH"]},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
        while process.poll() is None or time.monotonic() < least:
            if _is_cancelled(run, 0.02):
                end(process, 1.0)
                return None
    return process.returncode


def _read(lab: Lab, region: str, uri: str) -> bytes:
    bucket, key = split_path(uri.removeprefix("s3://"))
    answer = lab.client("s3", region).get_object(Bucket=bucket, Key=key)
    return answer["Body"].read()


def _log(lab: Lab, region: str, run: Run, logs: dict[str, str]) -> None:
    """Puts the driver's lines where the run, or else its application, says."""
    own = run.request.get("configurationOverrides", {}).get(
        "monitoringConfiguration", {}
    )
    both = {**run.monitoring, **own}
    place = f"applications/{run.application}/jobs/{run.id}/SPARK_DRIVER"
    logging = both.get("cloudWatchLoggingConfiguration", {})
    if logging.get("enabled"):
        group = logging.get("logGroupName", "/aws/emr-serverless")
        prefix = logging.get("logStreamNamePrefix", "")
        for name, text in logs.items():
            stream = f"{prefix}/{place}/{name}"
            lab.service(Logs, region).append(group, stream, text.splitlines())
    if uri := both.get("s3MonitoringConfiguration", {}).get("logUri"):
        bucket, folder = split_path(f"{uri.removeprefix('s3://').rstrip('/')}/")
        for name, text in logs.items():
            key = f"{folder}{place}/{name}.gz"
            body = gzip.compress(text.encode())
            lab.client("s3", region).put_object(Bucket=bucket, Key=key, Body=body)
