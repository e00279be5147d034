"""One step: PENDING -> RUNNING -> COMPLETED. `spark-submit` of a Python file in S3 is a process that runs it."""

from __future__ import annotations

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

from lab.processes import end
from lab.s3 import split_path

if TYPE_CHECKING:
    from lab.lab import Lab


@dataclass
class Step:
    """A step; `lock` guards what changes."""

    id: str
    cluster: str
    request: dict[str, Any]
    role: str | None
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended: datetime | None = None
    known: float = 0.0
    listed: float = 0.0
    hold: float = 0.0
    script: dict[str, Any] | None = None
    state: str = "PENDING"
    failure: dict[str, Any] | None = None
    lock: threading.Condition = field(default_factory=threading.Condition)

    @property
    def is_over(self) -> bool:
        """Whether it does not go on any more."""
        return self.ended is not None

    def ask_for_end(self) -> bool:
        """Asks for its end; says whether it goes on."""
        with self.lock:
            if self.is_over:
                return False
            self.state = "CANCEL_PENDING"
            self.lock.notify_all()
            return True

    def becomes(self, state: str, failure: dict[str, Any] | None = None) -> None:
        """Changes its state, unless it is to end or over."""
        with self.lock:
            if self.is_over or (
                self.state == "CANCEL_PENDING" and state != "CANCELLED"
            ):
                return
            self.state, self.failure = state, failure
            if state != "RUNNING":
                self.ended = datetime.now(UTC)
            self.lock.notify_all()

    def is_to_end(self, seconds: float) -> bool:
        """Waits so long whether somebody asks for its end."""
        with self.lock:
            return self.lock.wait_for(lambda: self.state == "CANCEL_PENDING", seconds)

    def told(self) -> dict[str, Any]:
        """It as the API tells it."""
        with self.lock:
            status = {
                "State": self.state,
                "FailureDetails": self.failure,
                "Timeline": {
                    "CreationDateTime": self.created,
                    "EndDateTime": self.ended,
                },
            }
            ids = {"ResourceManagerApplicationIds": ["application_1_0001"]}
            return {
                "Id": self.id,
                "Name": self.request["Name"],
                "ActionOnFailure": self.request.get("ActionOnFailure"),
                "Status": status,
                "AdditionalInfo": ids if self.state == "COMPLETED" else None,
            }


def work(lab: Lab, region: str, step: Step, turn: threading.Lock) -> None:
    """Waits for its turn, and runs it to its end."""
    while not turn.acquire(timeout=0.02):
        if step.is_to_end(0):
            step.becomes("CANCELLED")
            return
    try:
        step.becomes("RUNNING")
        if step.script is not None:
            if not step.is_to_end(step.hold):
                script = step.script
                step.becomes(script.get("state", "COMPLETED"), script.get("failure"))
        else:
            _for_real(lab, region, step)
    except ClientError as error:
        step.becomes("FAILED", {"Reason": "Unknown Error.", "Message": str(error)})
    finally:
        step.becomes("CANCELLED")
        turn.release()


def _for_real(lab: Lab, region: str, step: Step) -> None:
    words = step.request["HadoopJarStep"].get("Args", [])
    at = next((n for n, word in enumerate(words) if word.endswith(".py")), None)
    if not words or words[0] != "spark-submit" or at is None:
        told = "the lab runs `spark-submit` of a Python file"
        step.becomes("FAILED", {"Reason": "Unknown Error.", "Message": told})
        return
    bucket, key = split_path(words[at].removeprefix("s3://"))
    code = lab.client("s3", region).get_object(Bucket=bucket, Key=key)["Body"].read()
    with tempfile.TemporaryDirectory(dir=lab.state, prefix="step-") as folder:
        script = Path(folder, "entry.py")
        script.write_bytes(code)
        least = time.monotonic() + step.hold
        process = lab.processes.start(
            [sys.executable, "-I", str(script), *words[at + 1 :]],
            cwd=folder,
            env={"PATH": os.environ["PATH"]},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while process.poll() is None or time.monotonic() < least:
            if step.is_to_end(0.02):
                end(process, 1.0)
                return
    if process.returncode == 0:
        step.becomes("COMPLETED")
    else:
        told = f"Exception in thread main: exit code {process.returncode}"
        step.becomes("FAILED", {"Reason": "Unknown Error.", "Message": told})
