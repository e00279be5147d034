"""What one task costs: time to the first request, CPU seconds and memory of `dagc-worker exec`.

    python3 benches/worker.py --bin target/release [--runs 20] [--ingest 1024]

Starts the lab (tests/lab), and runs jobs of each service in it: a wait that is over at the first look, a
statement, a Glue run that takes two seconds. CPU and memory are those of the whole process as the kernel
counts them (user and system seconds, the high-water mark of resident memory); the first request
is when the lab's journal saw it. Prints medians. `--ingest` fetches so many megabytes from an HTTP API of this
process into S3 instead, in pages of a megabyte, once.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from with_lab import lab  # noqa: E402

CONNECTION = {"workgroup": "bench", "database": "dev"}
JOBS: dict[str, dict[str, Any]] = {
    "wait": {
        "type": "wait_for_objects",
        "path": "s3://bench-bucket/data/",
        "at_least": 1,
        "every": 60,
    },
    "sql": {
        "type": "run_sql",
        "connection": CONNECTION,
        "body": {"type": "script", "statements": ["select 1"], "transaction": True},
    },
    "glue": {"type": "run_glue_job", "job": "bench"},
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--ingest", type=int, default=0, metavar="MB")
    args = parser.parse_args()
    with lab() as line, tempfile.TemporaryDirectory() as folder:
        described = json.loads(line)
        plan = Path(folder) / "plan.json"
        names = ["ingest"] if args.ingest else list(JOBS)
        jobs = {"ingest": _ingest(args.ingest)} if args.ingest else JOBS
        plan.write_text(json.dumps(_plan(jobs)))
        _prepare(described)
        size = (args.bin / "dagc-worker").stat().st_size / 1e6
        count = 1 if args.ingest else args.runs
        print(f"dagc-worker: {size:.1f} MB; medians of {count} runs")
        print(
            f"{'job':<6}{'first request ms':>18}{'wall ms':>10}{'CPU ms':>9}{'peak MB':>10}"
        )
        for name in names:
            runs = [
                _run(args.bin / "dagc-worker", plan, name, n, described)
                for n in range(count)
            ]
            first, wall, cpu, peak = (
                statistics.median(values) for values in zip(*runs, strict=True)
            )
            print(f"{name:<6}{first:>18.1f}{wall:>10.1f}{cpu:>9.1f}{peak:>10.1f}")
    return 0


class _Api(BaseHTTPRequestHandler):
    """Pages of a megabyte, each with a thousand records."""

    _record = json.dumps({"id": 123456789, "text": "x" * 985}) + ","
    _page = ('{"items": [' + (_record * 1000)[:-1] + "]}").encode()
    pages = 0

    def do_GET(self) -> None:
        number = int(self.path.partition("page=")[2] or 1)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self._page)))
        if number < self.pages:
            self.send_header("Link", f"</?page={number + 1}>; rel=next")
        self.end_headers()
        self.wfile.write(self._page)

    def log_message(self, *_: Any) -> None:
        pass


def _ingest(megabytes: int) -> dict[str, Any]:
    """Starts an API that gives so many megabytes; the job that fetches them."""
    _Api.pages = megabytes
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return {
        "type": "ingest_http",
        "url": f"http://127.0.0.1:{server.server_port}/",
        "pages": {"type": "link"},
        "records": "items",
        "format": "json_lines",
        "to": "s3://bench-bucket/ingest/",
        "max_pages": megabytes,
        "timeout": 60,
        "object_bytes": 128 << 20,
    }


def _plan(jobs: dict[str, dict[str, Any]]) -> dict[str, Any]:
    tasks = {
        name: {"step": name, "on_kill": "cancel", "job": job}
        for name, job in jobs.items()
    }
    return {
        "version": 3,
        "project": "bench",
        "dag_id": "bench",
        "environment": "dev",
        "region": None,
        "tasks": tasks,
    }


def _prepare(described: dict[str, Any]) -> None:
    """Makes the bucket with an object, and the job, whose runs end after two seconds."""
    script = """
import boto3
s3 = boto3.client("s3")
s3.create_bucket(Bucket="bench-bucket")
s3.put_object(Bucket="bench-bucket", Key="data/a.csv", Body=b"a")
s3.put_object(Bucket="bench-bucket", Key="a.py", Body=b"pass")
command = {"Name": "glueetl", "ScriptLocation": "s3://bench-bucket/a.py"}
boto3.client("glue").create_job(
    Name="bench",
    Role="arn:aws:iam::111122223333:role/bench",
    Command=command,
    GlueVersion="5.1",
    ExecutionProperty={"MaxConcurrentRuns": 100},
)
"""
    ensure = [sys.executable, ROOT / "tests/env/ensure.py", "lab"]
    python = subprocess.check_output(ensure, text=True).strip() + "/bin/python"
    # The worker may make neither: this key is nobody's, and may do all.
    env = {**described["env"], "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"}
    subprocess.run([python, "-c", script], check=True, env={**os.environ, **env})
    rule = {
        "service": "glue",
        "operation": "StartJobRun",
        "script": {"state": "SUCCEEDED", "after": 2},
        "times": None,
    }
    _control(described, "PUT", "faults", [rule])


def _run(
    binary: Path, plan: Path, name: str, number: int, described: dict[str, Any]
) -> tuple[float, float, float, float]:
    run = {
        "DAGC_DAG_ID": "bench",
        "DAGC_TASK_ID": name,
        "DAGC_RUN_ID": f"run-{number}",
        "DAGC_MAP_INDEX": "-1",
        "DAGC_TRY_NUMBER": "1",
        "DAGC_GENERATION": "0",
        "DAGC_LOGICAL_DATE": "2026-01-01T00:00:00+00:00",
        "DAGC_RUN_AFTER": "2026-01-02T00:00:00+00:00",
        "DAGC_DATA_INTERVAL_START": "",
        "DAGC_DATA_INTERVAL_END": "",
        "DAGC_RUN_STARTED": "",
        "DAGC_GENERATION_STARTED": "",
        "DAGC_PARAMS": "{}",
        "DAGC_OUTPUTS": "{}",
    }
    _control(described, "DELETE", "journal")
    argv = [str(binary), "exec", "--plan", str(plan), "--task", name]
    start = time.time()
    process = subprocess.Popen(
        argv,
        env={**os.environ, **described["env"], **run},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    peak = _peak_megabytes(process.pid)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.time() - start
    log = process.stderr.read() if process.stderr else b""
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(
            f"error: {name} ended with {process.returncode}\n{log.decode()}"
        )
    first = min(call["time"] for call in _control(described, "GET", "journal"))
    cpu = used.ru_utime + used.ru_stime
    return (first - start) * 1e3, wall * 1e3, cpu * 1e3, peak


def _peak_megabytes(pid: int) -> float:
    """Watches a process to its end. What `wait4` says is no use: it counts the memory of
    the Python process that was forked, before it became the worker."""
    peak = 0
    while True:
        text = Path(f"/proc/{pid}/status").read_text()
        if "VmHWM:" not in text:
            return peak / 1e3
        if f"{Path(os.readlink(f'/proc/{pid}/exe')).name}" == "dagc-worker":
            peak = int(text.split("VmHWM:")[1].split()[0])
        time.sleep(0.002)


def _control(
    described: dict[str, Any], method: str, path: str, body: Any = None
) -> Any:
    data = None if body is None else json.dumps(body).encode()
    url = f"{described['endpoint']}/_lab/{path}"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(url, data=data, method=method)) as answer:
        return json.load(answer)


if __name__ == "__main__":
    sys.exit(main())
