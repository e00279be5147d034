"""A small world for the example project: lab, buckets with real files, MWAA environments, DAG folders.

Runs in the environment `lab` of tests/env, with `tests/` on PYTHONPATH. `World` is a context manager;
what it starts it ends.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE.parent / "env"), str(HERE.parent / "airflow")]

from ensure import ensure  # noqa: E402
from home import Started  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.rights import PUBLISHER  # noqa: E402

# The environments of the repository's dagc.yaml and the Airflow that each is for.
AIRFLOWS = {"dev": "airflow-3.3", "prod": "airflow-2.11"}
# The end of the secret's ARN in dagc.yaml.
SECRET = "warehouse-etl-a1b2c3"
# The region of both.
REGION = "eu-west-1"
BUCKETS = ("raw", "lake", "assets", "airflow")


class World(Started):
    """The lab, and a project whose environments `dev` and `prod` live in it."""

    def __init__(self, project: Path = ROOT, binaries: Path | None = None) -> None:
        super().__init__()
        self.project = project
        self.binaries = binaries or Path(os.environ["DAGC_BIN"])

    def _start(self) -> None:
        folder = self._stack.enter_context(
            tempfile.TemporaryDirectory(prefix="dagc-e2e-")
        )
        self.folder = Path(folder)
        self.lab = Lab(self.folder / "lab")
        self._stack.callback(self.lab.close)
        self.lab.start()
        # moto keeps its state beside the lab, and another world of this process may have filled it.
        self.lab.reset()
        self.environment = {
            **self.lab.environment(),
            # Unpacked binaries of a test are the test's own.
            "DAGC_WORKER_DIR": str(self.folder / "unpacked"),
        }
        self.s3 = self.lab.client("s3", REGION)
        self.lab.client("glue", REGION).create_database(DatabaseInput={"Name": "raw"})
        login = json.dumps({"username": "etl", "password": "of the tests"})
        self.lab.client("secretsmanager", REGION).create_secret(
            Name=SECRET, SecretString=login
        )
        for name in AIRFLOWS:
            self._make_environment(name)

    def _make_environment(self, name: str) -> None:
        for purpose in BUCKETS:
            self.s3.create_bucket(
                Bucket=f"aviation-{name}-{purpose}",
                CreateBucketConfiguration={"LocationConstraint": REGION},
            )
        version = {"airflow-3.3": "3.3.1", "airflow-2.11": "2.11.2"}[AIRFLOWS[name]]
        self.control(
            "mwaa",
            {
                "name": f"aviation-{name}",
                "bucket": f"aviation-{name}-airflow",
                "dag_path": "dags",
                "version": version,
            },
        )

    def control(self, word: str, body: Any, method: str = "PUT") -> Any:
        """Asks the lab's control interface."""
        return self.lab.control(word, method, {"region": REGION, **body})

    def seed(
        self, days: list[str], environments: tuple[str, ...] = tuple(AIRFLOWS)
    ) -> None:
        """Puts the real files of the days, and the reference tables, into the raw buckets."""
        files = self.folder / "data"
        data("write", str(files), *days)
        for name in environments:
            for path in sorted(files.rglob("*.csv")):
                key = path.relative_to(files).as_posix()
                self.put(f"aviation-{name}-raw", key, path.read_bytes())

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Puts an object."""
        self.s3.put_object(Bucket=bucket, Key=key, Body=body)

    def keys(self, bucket: str, prefix: str = "") -> list[str]:
        """The keys of a bucket, sorted."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=prefix
        )
        return sorted(
            item["Key"] for page in pages for item in page.get("Contents", [])
        )

    def dagc(
        self, *arguments: str, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Runs the dagc command on the project, as a user would."""
        done = subprocess.run(
            [self.binaries / "dagc", "--project", self.project, *arguments],
            env={
                **os.environ,
                **self.environment,
                "AWS_ACCESS_KEY_ID": PUBLISHER,
            },
            text=True,
            capture_output=True,
        )
        if check and done.returncode != 0:
            raise AssertionError(
                f"dagc {' '.join(arguments)}: exit status {done.returncode}\n{done.stdout}{done.stderr}"
            )
        return done

    def sync(self, name: str) -> Path:
        """Copies the environment's DAG folder from its bucket as MWAA does: no execute bits."""
        target = self.folder / f"dags-{name}"
        bucket = f"aviation-{name}-airflow"
        wanted = set()
        for key in self.keys(bucket, "dags/"):
            path = target / key.removeprefix("dags/")
            wanted.add(path)
            path.parent.mkdir(parents=True, exist_ok=True)
            body = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            if not path.is_file() or path.read_bytes() != body:
                path.write_bytes(body)
                path.chmod(0o644)
        for path in target.rglob("*"):
            if (
                path.is_file()
                and path not in wanted
                and "__pycache__" not in path.parts
            ):
                path.unlink()
        return target

    def rows(self, name: str, sql: str) -> list[list[Any]]:
        """Asks the environment's warehouse directly."""
        return self.lab.control("sql", "POST", database(name) | {"sql": sql})["rows"]

    def calls(self, service: str, operation: str) -> list[dict[str, Any]]:
        """The journal's calls of an operation."""
        return self.lab.journal.listing(service, operation)


def database(name: str) -> dict[str, str]:
    """The environment's database, as the lab's control interface calls it."""
    where = {
        "dev": {"workgroup": "aviation-dev"},
        "prod": {"cluster": "aviation-prod"},
    }[name]
    return {**where, "database": "analytics", "region": REGION}


def data(*arguments: str) -> str:
    """Runs data.py in its environment."""
    python = ensure("data") / "bin" / "python"
    done = subprocess.run(
        [python, HERE / "data.py", *arguments],
        check=True,
        text=True,
        stdout=subprocess.PIPE,
    )
    return done.stdout


def expected(days: list[str]) -> dict[str, Any]:
    """What the warehouse must hold after the days, from an independent reading of the files."""
    return json.loads(data("expect", *days))
