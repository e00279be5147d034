"""Data Quality: rulesets, and runs of their rules over tables of the Data Catalog.

A run lives in a thread of its own: STARTING, RUNNING, then a terminal state. It reads the files of the table, of a partitioned one those of
the partitions that the push-down predicate chooses, and evaluates each rule (`dqdl.py`). A start of a token that is known gives the
run of that token, whatever has become of it. A fault rule `script` that came with a start says what happens instead: `state`, `error`,
`after` (seconds in RUNNING), `stopping` (seconds in STOPPING), and `unknown`, the seconds for which results are not found after the end.

Not emulated: other data sources, metrics, results in S3, recommendations, what the role may do.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import duckdb

from lab.athena import iceberg
from lab.athena.errors import QueryError
from lab.athena.tables import Lake
from lab.glue.dqdl import DqdlError, Evaluator, Outcome, rules
from lab.service import ApiError, Call, NotEmulated

if TYPE_CHECKING:
    from lab.lab import Lab

TERMINAL = ("SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT")
_TAKEN = {
    "DataSource",
    "Role",
    "NumberOfWorkers",
    "Timeout",
    "ClientToken",
    "RulesetNames",
}
_TICK = 0.05


@dataclass
class QualityRun:
    """One run; its thread alone moves it on."""

    id: str
    request: dict[str, Any]
    script: dict[str, Any]
    hold: float
    state: str = "STARTING"
    error: str | None = None
    started: float = field(default_factory=time.time)
    changed: float = field(default_factory=time.time)
    ended: float | None = None
    stopping: threading.Event = field(default_factory=threading.Event)
    #: The outcomes of each ruleset, by the id of its result.
    results: dict[str, tuple[str, list[Outcome], int]] = field(default_factory=dict)

    def move(self, state: str, error: str | None = None) -> None:
        self.error, self.changed = error, time.time()
        if state in TERMINAL:
            self.ended = self.changed
        self.state = state

    def answer(self) -> dict[str, Any]:
        ended = datetime.fromtimestamp(self.ended, UTC) if self.ended else None
        return {
            "RunId": self.id,
            "DataSource": self.request["DataSource"],
            "Role": self.request["Role"],
            "NumberOfWorkers": self.request.get("NumberOfWorkers", 5),
            "Timeout": self.request.get("Timeout", 2880),
            "Status": self.state,
            "ErrorString": self.error,
            "StartedOn": datetime.fromtimestamp(self.started, UTC),
            "LastModifiedOn": datetime.fromtimestamp(self.changed, UTC),
            "CompletedOn": ended,
            "ExecutionTime": int((self.ended or time.time()) - self.started),
            "RulesetNames": self.request["RulesetNames"],
            "ResultIds": list(self.results) or None,
        }


class QualityApi:
    """Operations on rulesets and on runs of them."""

    lab: Lab
    region: str

    def init_quality(self) -> None:
        self._quality = threading.Lock()
        self._rulesets: dict[str, dict[str, Any]] = {}
        self._quality_runs: dict[str, QualityRun] = {}
        self._quality_tokens: dict[str, tuple[str, str]] = {}

    def end_quality(self) -> None:
        with self._quality:
            runs = list(self._quality_runs.values())
        for run in runs:
            run.stopping.set()

    def create_data_quality_ruleset(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        name = request["Name"]
        try:
            rules(request["Ruleset"])
        except DqdlError as error:
            raise ApiError(
                "InvalidInputException", f"Ruleset is invalid: {error}"
            ) from error
        with self._quality:
            if name in self._rulesets:
                told = f"Ruleset with name {name} already exists."
                raise ApiError("AlreadyExistsException", told)
            self._rulesets[name] = {"Name": name, "Ruleset": request["Ruleset"]}
        return {"Name": name}

    def update_data_quality_ruleset(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        with self._quality:
            self._ruleset(request["Name"])["Ruleset"] = request["Ruleset"]
        return {"Name": request["Name"]}

    def get_data_quality_ruleset(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        with self._quality:
            return dict(self._ruleset(request["Name"]))

    def _ruleset(self, name: str) -> dict[str, Any]:
        if name not in self._rulesets:
            raise ApiError("EntityNotFoundException", f"Ruleset {name} not found.")
        return self._rulesets[name]

    def start_data_quality_ruleset_evaluation_run(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        if set(request) - _TAKEN or set(request["DataSource"]) != {"GlueTable"}:
            raise NotEmulated(f"the lab runs rules with {sorted(_TAKEN)} over a table")
        token = request.get("ClientToken") or secrets.token_hex(16)
        content = json.dumps(request, sort_keys=True)
        with self._quality:
            if known := self._quality_tokens.get(token):
                call.notes["run"] = known[1]
                return {"RunId": known[1]}
            for name in request["RulesetNames"]:
                self._ruleset(name)
            run = QualityRun(
                f"dqrun-{secrets.token_hex(20)}",
                request,
                dict(call.script or {}),
                call.hold,
            )
            self._quality_runs[run.id] = run
            self._quality_tokens[token] = (content, run.id)
        call.notes["run"] = run.id
        threading.Thread(
            target=self._run_quality, args=(run,), name=run.id, daemon=True
        ).start()
        return {"RunId": run.id}

    def get_data_quality_ruleset_evaluation_run(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        return self._quality_run(request["RunId"]).answer()

    def cancel_data_quality_ruleset_evaluation_run(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        run = self._quality_run(request["RunId"])
        if run.state in TERMINAL:
            told = f"Run {run.id} is in {run.state} and cannot be cancelled."
            raise ApiError("InvalidInputException", told)
        run.stopping.set()
        return {}

    def _quality_run(self, id_: str) -> QualityRun:
        with self._quality:
            if id_ not in self._quality_runs:
                raise ApiError("EntityNotFoundException", f"Run {id_} not found.")
            return self._quality_runs[id_]

    def batch_get_data_quality_result(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        with self._quality:
            runs = list(self._quality_runs.values())
        found, missing = [], []
        for id_ in request["ResultIds"]:
            run = next((one for one in runs if id_ in one.results), None)
            late = float(run.script.get("unknown", 0)) if run else 0.0
            if run is None or time.time() < (run.ended or 0) + late:
                missing.append(id_)
                continue
            ruleset, outcomes, rows = run.results[id_]
            passed = sum(one.result == "PASS" for one in outcomes)
            found.append(
                {
                    "ResultId": id_,
                    "Score": passed / len(outcomes),
                    "DataSource": run.request["DataSource"],
                    "RulesetName": ruleset,
                    "RulesetEvaluationRunId": run.id,
                    "RuleResults": [
                        one.answer(f"Rule_{n + 1}") for n, one in enumerate(outcomes)
                    ],
                    "AggregatedMetrics": {
                        "TotalRowsProcessed": rows,
                        "TotalRulesProcessed": len(outcomes),
                        "TotalRulesPassed": passed,
                        "TotalRulesFailed": len(outcomes) - passed,
                    },
                }
            )
        return {"Results": found, "ResultsNotFound": missing or None}

    def _run_quality(self, run: QualityRun) -> None:
        if run.stopping.wait(_TICK):
            return self._stop_quality(run)
        run.move("RUNNING")
        wait = max(run.hold, float(run.script.get("after", 0)), _TICK)
        if run.stopping.wait(wait):
            return self._stop_quality(run)
        state = run.script.get("state", "SUCCEEDED")
        if state != "SUCCEEDED":
            return run.move(state, run.script.get("error"))
        try:
            results = self._evaluated(run)
        except (QueryError, ApiError, duckdb.Error) as error:
            return run.move("FAILED", str(error))
        run.results = results
        run.move("SUCCEEDED")
        return None

    def _stop_quality(self, run: QualityRun) -> None:
        run.move("STOPPING")
        time.sleep(float(run.script.get("stopping", _TICK)))
        run.move("STOPPED")

    def _evaluated(self, run: QualityRun) -> dict[str, tuple[str, list[Outcome], int]]:
        source = run.request["DataSource"]["GlueTable"]
        options = source.get("AdditionalOptions") or {}
        rows = self._rows_of(source, options.get("pushDownPredicate"))
        results = {}
        for name in run.request["RulesetNames"]:
            with self._quality:
                text = self._ruleset(name)["Ruleset"]
            evaluator = Evaluator(rows)
            try:
                outcomes = [evaluator.evaluate(rule) for rule in rules(text)]
            finally:
                evaluator.close()
            results[f"dqresult-{secrets.token_hex(20)}"] = (name, outcomes, len(rows))
        return results

    def _rows_of(self, source: dict[str, Any], predicate: str | None) -> Any:
        lake = Lake(self.lab, self.region, lambda action, resource: None)
        database, name = source["DatabaseName"], source["TableName"]
        table = lake.table(database, name)
        if iceberg.is_iceberg(table):
            from lab.front import INTERNAL_KEY

            found = iceberg.catalog(self.lab, self.region, INTERNAL_KEY)
            return found.load_table((database, name)).scan().to_arrow()
        rows = lake.read(table)
        keys = [key["Name"] for key in table.get("PartitionKeys", [])]
        # Columns that make no folders, and tables without any, have no predicate.
        if not predicate or not keys:
            return rows
        with duckdb.connect() as duck:
            duck.register("rows_of_table", rows)
            columns = ", ".join(f'"{key}"' for key in keys)
            duck.execute(
                f"create temp table parts as select distinct {columns} from rows_of_table"
            )
            chosen = f"select {columns} from parts where {predicate}"
            return duck.sql(
                f"select * from rows_of_table where ({columns}) in ({chosen})"
                if len(keys) > 1
                else f"select * from rows_of_table where {columns} in ({chosen})"
            ).to_arrow_table()
