"""The example in the lab with a whole Airflow 3 around it, and files for the day it works on next.

`Scheduled` is a context manager: its `services` run, the DAGs are known, all of them paused. Airflow's
scheduler works on the newest whole interval, so the files are real ones of 2013 with the dates of late.
"""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from world import AIRFLOWS, World  # noqa: E402

from home import Started  # noqa: E402  isort: skip
from rest import Client, wait_until  # noqa: E402  isort: skip
from services import Services  # noqa: E402  isort: skip

ENVIRONMENT = "dev"
REAL_DAY = "2013-01-01"
DAG_ID = "flights_daily"
RUN_SECONDS = 420


class Scheduled(Started):
    """World, bucket, DAG folder and services of the environment `dev`."""

    def __init__(self, binaries: Path | None = None) -> None:
        super().__init__()
        self._binaries = binaries

    def _start(self) -> None:
        self.world = self._stack.enter_context(World(binaries=self._binaries))
        today = datetime.now(UTC).date()
        # Which interval is the newest depends on the hour, and may change in between.
        late = [today - timedelta(days=n) for n in range(3)]
        self.world.seed([f"{REAL_DAY}:{day}" for day in late], (ENVIRONMENT,))
        self.world.dagc("publish", "--env", ENVIRONMENT)
        dags = self.world.sync(ENVIRONMENT)
        self.services = self._stack.enter_context(
            Services(AIRFLOWS[ENVIRONMENT], dags, environment=self.world.environment)
        )
        self.client.wait_for_dag(DAG_ID)

    @property
    def client(self) -> Client:
        """Airflow's REST API, with the token of a login."""
        return self.services.client

    def first_run(self, dag_id: str) -> dict[str, Any]:
        """Waits until the scheduler has made a run of the DAG, and until its end."""
        found = wait_until(lambda: self.client.runs(dag_id), f"a run of {dag_id}", 120)
        run_id = min(found, key=lambda run: run["run_after"])["dag_run_id"]
        self.client.wait_for_run(dag_id, run_id, RUN_SECONDS)
        return self.client.run(dag_id, run_id)


def day_of(run: dict[str, Any]) -> date:
    """The `ds` of a run."""
    return datetime.fromisoformat(run["logical_date"]).date()
