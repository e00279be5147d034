"""Asks a real Airflow about DAG folders, without services: imports, and runs of DAGs.

    harness.py --airflow airflow-3.3 import-check DAGS
    harness.py --airflow airflow-3.3 run DAGS DAG_ID --logical-date 2026-01-01T00:00Z
    harness.py --airflow airflow-3.3 batch < requests.json

prints one JSON document on standard output (`batch`: a list, one answer a request, all
from one process; `inside.py` says what requests and answers are). The exit status is 1
when there are import errors or a run did not succeed. As a module, `ask` gives the same
answers. `clear` requests work on the runs of the requests before them.

Airflow's logs, the tasks' among them, go to standard error, or to the file `--log`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from home import (
    HERE,
    VERSIONS,
    HarnessError,
    clean_environment,
    die_with_parent,
    make_database,
    python_of,
    settings,
)

Request = dict[str, Any]
Answer = dict[str, Any]


def ask(
    airflow: str,
    requests: Sequence[Request],
    *,
    environment: Mapping[str, str] | None = None,
    log: IO[Any] | None = None,
) -> list[Answer]:
    """Answers the requests in one process of the given Airflow, which is then gone.

    `environment` is added to that process's own; `log` takes what Airflow writes
    (standard error when it is not given). Raises `HarnessError` when Airflow dies.
    """
    requests = [
        {**item, "dags": str(Path(item["dags"]).resolve())} for item in requests
    ]
    with tempfile.TemporaryDirectory(prefix="dagc-airflow-") as folder:
        home = Path(folder)
        make_database(airflow, home)
        # Airflow 3 reads the folder again for a run, from its settings.
        folders = {item["dags"] for item in requests if item["ask"] != "check"}
        if len(folders) > 1:
            raise HarnessError("runs in one batch must be of one DAG folder")
        dags = Path(folders.pop() if folders else requests[0]["dags"])
        variables = {**settings(home, dags), **(environment or {})}
        return _converse(airflow, requests, clean_environment(variables), log)


def _converse(
    airflow: str,
    requests: Sequence[Request],
    environment: dict[str, str],
    log: IO[Any] | None,
) -> list[Answer]:
    with tempfile.TemporaryFile("w+") as answers:
        number = answers.fileno()
        done = subprocess.run(
            [python_of(airflow), HERE / "inside.py", str(number)],
            input=json.dumps(requests),
            text=True,
            env=environment,
            pass_fds=[number],
            stdout=log or sys.stderr,
            stderr=log or sys.stderr,
            preexec_fn=die_with_parent,
        )
        if done.returncode != 0:
            raise HarnessError(f"{airflow} ended with status {done.returncode}")
        answers.seek(0)
        return json.load(answers)


def has_failed(answer: Answer) -> bool:
    """Says whether an answer tells of an error, a broken DAG or a failed run."""
    runs = answer.get("runs", [])
    return bool(
        answer.get("error")
        or answer.get("import_errors")
        or any(run["state"] != "success" for run in runs)
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Asks a real Airflow about DAG folders."
    )
    parser.add_argument("--airflow", required=True, choices=VERSIONS)
    parser.add_argument("--log", type=argparse.FileType("wb"), help="default: stderr")
    commands = parser.add_subparsers(dest="command", required=True)
    checking = commands.add_parser("import-check", help="import every DAG")
    checking.add_argument("dags", type=Path)
    running = commands.add_parser("run", help="run a DAG with dag.test()")
    running.add_argument("dags", type=Path)
    running.add_argument("dag_id")
    running.add_argument("--logical-date", action="append", required=True)
    running.add_argument("--conf", type=json.loads, help="params, a JSON object")
    commands.add_parser("batch", help="requests as a JSON list on standard input")
    args = parser.parse_args()

    if args.command == "import-check":
        requests: list[Request] = [{"ask": "check", "dags": args.dags}]
    elif args.command == "run":
        asked = {"dag_id": args.dag_id, "logical_dates": args.logical_date}
        requests = [{"ask": "run", "dags": args.dags, "conf": args.conf, **asked}]
    else:
        requests = json.load(sys.stdin)
    try:
        answers = ask(args.airflow, requests, log=args.log)
    except HarnessError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    shown: Any = answers if args.command == "batch" else answers[0]
    json.dump(shown, sys.stdout, indent=2)
    print()
    return int(any(has_failed(item) for item in answers))


if __name__ == "__main__":
    sys.exit(main())
