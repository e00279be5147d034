"""Runs a command with a lab: `python3 tests/with_lab.py COMMAND...`.

Starts one lab (see tests/lab), puts what it printed into the environment variable `DAGC_LAB`, runs the
command, ends the lab, and exits as the command did. So a whole test run shares one lab, however many
processes its tests are.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "env"))

from ensure import ensure  # noqa: E402

STOP_SECONDS = 30


@contextmanager
def lab() -> Iterator[str]:
    """Starts a lab and gives its line of JSON; nothing of it is left afterwards."""
    python = ensure("lab") / "bin" / "python"
    environment = {**os.environ, "PYTHONPATH": str(HERE)}
    with tempfile.TemporaryDirectory(prefix="dagc-lab-") as state:
        process = subprocess.Popen(
            [python, "-m", "lab", "--port", "0", "--state", state],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                raise SystemExit(f"error: the lab ended with status {process.wait()}")
            yield line.strip()
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def main() -> int:
    if len(sys.argv) < 2:
        print("usage: with_lab.py COMMAND...", file=sys.stderr)
        return 64
    with lab() as described:
        return subprocess.run(
            sys.argv[1:], env={**os.environ, "DAGC_LAB": described}
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
