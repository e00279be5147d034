"""One run of a function: its handler is called in a Python process of its own, and what it prints is its log."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.lab import Lab

#: Reads the event from standard input, calls the handler, writes what it gives into a file.
_RUNNER = """
import importlib.util, json, sys, traceback
spec = importlib.util.spec_from_file_location("function", "function.py")
module = importlib.util.module_from_spec(spec)
event = json.load(sys.stdin)
try:
    spec.loader.exec_module(module)
    given = {"value": module.handler(event, None)}
    json.dumps(given)
except Exception as error:
    traceback.print_exc()
    given = {"error": {
        "errorMessage": str(error), "errorType": type(error).__name__,
        "stackTrace": traceback.format_tb(error.__traceback__)}}
with open("given.json", "w") as file:
    json.dump(given, file)
"""


@dataclass
class Ran:
    """What came of a run."""

    payload: str
    #: `Unhandled` where it has failed.
    error: str | None
    log: str
    milliseconds: int


def run(
    lab: Lab, code: str, event: Any, timeout: float, memory: int, request: str
) -> Ran:
    """Runs a function to its end, or until its time is over."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir=lab.state, prefix="function-") as folder:
        place = Path(folder)
        (place / "function.py").write_text(code, encoding="utf-8")
        process = lab.processes.start(
            [sys.executable, "-I", "-c", _RUNNER],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        late = False
        try:
            out, _ = process.communicate(json.dumps(event).encode(), timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, _ = process.communicate()
            late = True
        given: dict[str, Any] = {}
        if (place / "given.json").exists():
            given = json.loads((place / "given.json").read_text(encoding="utf-8"))
    took = max(1, round((time.monotonic() - began) * 1000))
    if late:
        told = f"Task timed out after {timeout:.2f} seconds"
        given = {
            "error": {
                "errorType": "Sandbox.Timedout",
                "errorMessage": f"RequestId: {request} Error: {told}",
            }
        }
    elif not given:
        told = f"RequestId: {request} Error: Runtime exited with error: exit status {process.returncode}"
        given = {"error": {"errorType": "Runtime.ExitError", "errorMessage": told}}
    log = (
        f"START RequestId: {request} Version: $LATEST\n{out.decode(errors='replace')}"
        f"END RequestId: {request}\nREPORT RequestId: {request}\tDuration: {took}.00 ms\t"
        f"Billed Duration: {took} ms\tMemory Size: {memory} MB\tMax Memory Used: 40 MB\t\n"
    )
    error = "Unhandled" if "error" in given else None
    value = given["error"] if error else given["value"]
    return Ran(json.dumps(value), error, log, took)
