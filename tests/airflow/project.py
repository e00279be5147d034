"""A published DAG folder with a scripted `dagc-worker`, for tests of the Airflow side.

`write` makes what `dagc build` and `dagc publish` would leave on an MWAA worker: the
real support module and launcher, a plan, a DAG file, the binary and its pointer. The
binary is a script that does what the plan says for the task:

    {"tries": [{"exit": 75}, {"exit": 0}]}

with one entry a start of the same run, and the last one for all starts that follow. An
entry holds any of: `log` (lines for standard error), `raw` (text for standard output),
`output` (printed as JSON on the last line), `touch` (a file to make), `sleep` (seconds
before it ends), `exit` (its status), `signal` (ends itself with it), `real` (the binary
itself, which it becomes, with the plan `plan` and no word of AWS's). Every start, and
every SIGTERM, is a line of `journal.jsonl`. Asked to `--render`, it prints `render` of
the first entry, and does nothing else.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TEMPLATES = Path(__file__).resolve().parents[2] / "dag_templates"
NAMESPACE = "acme"
JOURNAL_VARIABLE = "FAKE_JOURNAL"

WORKER = """#!/usr/bin/env python3
import json, os, signal, sys, time

args = sys.argv[1:]
plan, task = args[args.index("--plan") + 1], args[args.index("--task") + 1]
journal = os.environ["FAKE_JOURNAL"]
shown = {name: value for name, value in os.environ.items() if name.startswith("DAGC_")}
if shown.get("DAGC_LONGER_VARIABLES") == "stdin":
    shown |= json.load(sys.stdin)
run = shown.get("DAGC_RUN_ID")

def write(event):
    line = {"event": event, "task": task, "run": run, "pid": os.getpid(), "env": shown}
    line |= {name: os.environ.get(name) for name in ("PATH", "GIVEN")}
    line["args"], line["at"] = args, time.time()
    with open(journal, "a") as file:
        file.write(json.dumps(line) + "\\n")

def on_term(number, frame):
    write("sigterm")
    print("cancelled", file=sys.stderr, flush=True)
    os._exit(143)

if "--render" in args:
    with open(plan) as file:
        print(json.dumps(json.load(file)["tasks"][task]["tries"][0]["render"]))
    sys.exit(0)
signal.signal(signal.SIGTERM, on_term)
try:
    with open(journal) as file:
        lines = [json.loads(line) for line in file]
except FileNotFoundError:
    lines = []
mine = [l for l in lines if (l["event"], l["task"], l["run"]) == ("start", task, run)]
with open(plan) as file:
    tries = json.load(file)["tasks"][task]["tries"]
do = tries[min(len(mine), len(tries) - 1)]
for line in do.get("log", []):
    print(line, file=sys.stderr, flush=True)
write("start")
if "touch" in do:
    open(do["touch"], "w").close()
if "real" in do:
    path = f"{journal}.{task}"
    with open(path, "w") as file:
        json.dump(do["plan"], file)
    kept = {name: value for name, value in os.environ.items() if name[:4] != "AWS_"}
    kept |= {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null"}
    real = [do["real"], "exec", "--plan", path, "--task", task]
    os.execve(real[0], real, kept)
time.sleep(do.get("sleep", 0))
if "signal" in do:
    os.kill(os.getpid(), do["signal"])
if "raw" in do:
    sys.stdout.write(do["raw"])
if "output" in do:
    print(json.dumps(do["output"]))
sys.exit(do.get("exit", 0))
"""


@dataclass(frozen=True)
class Project:
    """Where things are in a DAG folder that `write` made."""

    dags: Path
    journal: Path

    @property
    def namespace(self) -> Path:
        return self.dags / NAMESPACE

    @property
    def bin(self) -> Path:
        return self.namespace / ".dagc" / "bin"

    @property
    def plan(self) -> Path:
        return self.namespace / ".dagc" / "plans" / "example-0123456789ab.json"

    @property
    def worker(self) -> Path:
        return (
            self.bin / f"dagc-worker-{(self.bin / 'worker.sha256').read_text().strip()}"
        )

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs so that its workers write to this project's journal."""
        return {
            JOURNAL_VARIABLE: str(self.journal),
            "DAGC_WORKER_DIR": str(self.journal.parent / "unpacked"),
        }

    def events(self, event: str = "start", task: str | None = None) -> list[Any]:
        """Returns the journal's lines of one kind, and of one task if it is named."""
        if not self.journal.is_file():
            return []
        lines = map(json.loads, self.journal.read_text().splitlines())
        return [
            line
            for line in lines
            if line["event"] == event and task in (None, line["task"])
        ]


def write(
    folder: Path, dag_file: str, tasks: Mapping[str, list[dict[str, Any]]]
) -> Project:
    """Makes the project in `folder`; `dag_file` may say PLAN for the plan's path."""
    project = Project(dags=folder / "dags", journal=folder / "journal.jsonl")
    project.plan.parent.mkdir(parents=True)
    plan = {"tasks": {name: {"tries": tries} for name, tries in tasks.items()}}
    project.plan.write_text(json.dumps(plan))
    shutil.copy(TEMPLATES / "dagc_airflow_v1.py", project.namespace)
    (project.namespace / ".airflowignore").write_text("dagc_airflow_v1.py\n")
    plan_path = f'Path(__file__).parent / ".dagc/plans/{project.plan.name}"'
    text = dag_file.replace("PLAN", plan_path)
    (project.namespace / "example.py").write_text(text)
    write_worker(project.bin)
    return project


def write_worker(folder: Path, script: str = WORKER) -> Path:
    """Publishes launcher, binary and pointer into `folder`; returns the binary."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(TEMPLATES / "launch.sh", folder / "launch.sh")
    digest = hashlib.sha256(script.encode()).hexdigest()
    worker = folder / f"dagc-worker-{digest}"
    worker.write_text(script)
    # As MWAA leaves it.
    worker.chmod(0o644)
    (folder / "launch.sh").chmod(0o644)
    (folder / "worker.sha256").write_text(f"{digest}\n")
    return worker
