"""Crawlers: definitions, starting and stopping, history and metrics.

A fault rule `script` that came with StartCrawler gives the outcome without a look into
S3: `state` (SUCCEEDED, FAILED, CANCELLED), `error`, `after` seconds, `stopping` seconds
in STOPPING, `output` lines for its log, `late` seconds after which the log can be read,
`changes` (`{created, updated, deleted}`: names of tables). ListCrawls does not list a
crawl from the first; GetCrawler knows it at once.
"""

from __future__ import annotations

import json
import operator
import statistics
import threading
import time
import traceback
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lab.glue.crawl import Cancelled, Changes, Crawl, CrawlFailed
from lab.glue.paging import page
from lab.glue.streams import Streams
from lab.service import ApiError, Call

if TYPE_CHECKING:
    from lab.lab import Lab

GROUP = "/aws-glue/crawlers"
OUTCOMES = {"SUCCEEDED": "COMPLETED", "FAILED": "FAILED", "CANCELLED": "STOPPED"}
#: A crawler is STOPPING for a while after each crawl, also after one that went well.
_WINDING_UP = 0.2
_OPERATORS = {
    name: getattr(operator, name.lower())
    for name in ("GT", "GE", "LT", "LE", "EQ", "NE")
}
_CONFIGURATION = {"Version", "CrawlerOutput", "CreatePartitionIndex"}


@dataclass
class Past:
    """One crawl, running or over."""

    id: str
    started: float
    #: When ListCrawls lists it.
    listed: float
    state: str = "RUNNING"
    ended: float | None = None
    error: str | None = None
    changes: Changes = field(default_factory=Changes)


@dataclass
class Crawler:
    """A crawler with its history; the newest crawl is the last."""

    definition: dict[str, Any]
    state: str = "READY"
    created: float = field(default_factory=time.time)
    updated: float = field(default_factory=time.time)
    version: int = 1
    crawls: list[Past] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    abandoned: bool = False
    thread: threading.Thread | None = None

    @property
    def name(self) -> str:
        return self.definition["Name"]


class CrawlerApi:
    """Operations on crawlers."""

    lab: Lab
    region: str
    streams: Streams

    def init_crawlers(self) -> None:
        self._crawlers_lock = threading.RLock()
        self._crawlers: dict[str, Crawler] = {}

    def end_crawls(self) -> None:
        """Ends every crawl, without a trace in its log."""
        with self._crawlers_lock:
            crawlers = list(self._crawlers.values())
        for crawler in crawlers:
            crawler.abandoned = True
            crawler.stopping.set()
        for crawler in crawlers:
            if crawler.thread is not None:
                crawler.thread.join(10)

    def _crawler(self, name: str) -> Crawler:
        if name not in self._crawlers:
            told = f"Crawler with name {name} does not exist"
            raise ApiError("EntityNotFoundException", told)
        return self._crawlers[name]

    # Definitions.

    def create_crawler(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        tags = request.pop("Tags", None)
        name = request["Name"]
        crawler = Crawler(_completed(request))
        with self._crawlers_lock:
            if name in self._crawlers:
                raise ApiError("AlreadyExistsException", f"{name} already exists")
            self._crawlers[name] = crawler
        if tags:
            arn = f"arn:aws:glue:{call.region}:{call.account}:crawler/{name}"
            self.lab.client("glue", self.region).tag_resource(
                ResourceArn=arn, TagsToAdd=tags
            )
        return {}

    def update_crawler(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        with self._crawlers_lock:
            crawler = self._crawler(request["Name"])
            _refuse_running(crawler)
            crawler.definition = _completed(crawler.definition | request)
            crawler.version += 1
            crawler.updated = time.time()
        return {}

    def delete_crawler(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        with self._crawlers_lock:
            _refuse_running(self._crawler(request["Name"]))
            del self._crawlers[request["Name"]]
        return {}

    def get_crawler(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        with self._crawlers_lock:
            return {"Crawler": _answer(self._crawler(request["Name"]))}

    def get_crawlers(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        with self._crawlers_lock:
            found = [_answer(self._crawlers[name]) for name in sorted(self._crawlers)]
        found, token = page(found, request, 100)
        return {"Crawlers": found, "NextToken": token}

    def batch_get_crawlers(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        names = request["CrawlerNames"]
        with self._crawlers_lock:
            found = [_answer(self._crawlers[n]) for n in names if n in self._crawlers]
            missing = [n for n in names if n not in self._crawlers]
        return {"Crawlers": found, "CrawlersNotFound": missing}

    def list_crawlers(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        if request.get("Tags"):
            raise ApiError("NotEmulated", "ListCrawlers by tags", http=501)
        with self._crawlers_lock:
            names, token = page(sorted(self._crawlers), request, 100)
        return {"CrawlerNames": names, "NextToken": token}

    # Starting and stopping.

    def start_crawler(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        script = call.script or {}
        if script.get("state", "SUCCEEDED") not in OUTCOMES:
            raise ValueError(f"a script's state is one of {list(OUTCOMES)}: {script}")
        with self._crawlers_lock:
            crawler = self._crawler(request["Name"])
            _refuse_running(crawler)
            crawler.state = "RUNNING"
            crawler.stopping = threading.Event()
            now = time.time()
            past = Past(str(uuid.uuid4()), now, now + call.lag)
            call.notes["crawl"] = past.id
            crawler.crawls.append(past)
            crawler.thread = threading.Thread(
                target=self._live_crawl,
                args=(crawler, past, script, call.hold),
                name=f"crawl-{crawler.name}",
                daemon=True,
            )
            crawler.thread.start()
        return {}

    def stop_crawler(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        with self._crawlers_lock:
            crawler = self._crawler(request["Name"])
            if crawler.state == "READY":
                told = f"Crawler {crawler.name} is not running"
                raise ApiError("CrawlerNotRunningException", told)
            if crawler.state == "STOPPING":
                told = f"Crawler {crawler.name} is stopping"
                raise ApiError("CrawlerStoppingException", told)
            crawler.state = "STOPPING"
            crawler.stopping.set()
        return {}

    def _live_crawl(
        self, crawler: Crawler, past: Past, script: dict[str, Any], hold: float
    ) -> None:
        """A crawl from RUNNING to READY; in a thread of its own."""

        def log(line: str) -> None:
            if not crawler.abandoned:
                lines = [f"[{past.id}] {line}"]
                self.streams.write(GROUP, crawler.name, lines, script.get("late"))

        try:
            status, error = self._crawl_outcome(crawler, past, script, hold, log)
            log(f"ERROR : {error}") if error else None
            log("BENCHMARK : Crawler has finished running and is in state READY")
        except Exception as bug:
            if not crawler.abandoned:
                traceback.print_exc()
            status, error = "FAILED", f"a bug of the lab: {bug!r}"
        if crawler.abandoned:
            return
        with self._crawlers_lock:
            crawler.state = "STOPPING"
        time.sleep(max(_WINDING_UP, float(script.get("stopping", 0))))
        with self._crawlers_lock:
            past.state, past.error, past.ended = OUTCOMES[status], error, time.time()
            crawler.state = "READY"

    def _crawl_outcome(
        self,
        crawler: Crawler,
        past: Past,
        script: dict[str, Any],
        hold: float,
        log: Any,
    ) -> tuple[str, str | None]:
        log(f"BENCHMARK : Running Start Crawl for Crawler {crawler.name}")
        if "state" in script:
            past.changes = Changes(**script.get("changes", {}))
            for line in script.get("output", []):
                log(line)
            if crawler.stopping.wait(max(float(script.get("after", 0)), hold)):
                return "CANCELLED", None
            failed = script["state"] == "FAILED"
            told = script.get(
                "error", "FAILED by a rule of the lab" if failed else None
            )
            return script["state"], told
        crawl = Crawl(self.lab, self.region, crawler.definition, log, crawler.stopping)
        past.changes = crawl.changes
        try:
            crawl.run()
        except Cancelled:
            return "CANCELLED", None
        except CrawlFailed as failure:
            return "FAILED", str(failure)[:2048]
        if crawler.stopping.wait(max(0.0, past.started + hold - time.time())):
            return "CANCELLED", None
        return "SUCCEEDED", None

    # History.

    def list_crawls(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        with self._crawlers_lock:
            crawler = self._crawler(request["CrawlerName"])
            past = [
                crawl
                for crawl in reversed(crawler.crawls)
                if crawl.listed <= time.time()
                and all(_fits(crawl, rule) for rule in request.get("Filters", []))
            ]
            past, token = page(
                past, request, 20 if "MaxResults" not in request else 1000
            )
            listed = [_history(crawler, crawl) for crawl in past]
        return {"Crawls": listed, "NextToken": token}

    def get_crawler_metrics(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        wanted = request.get("CrawlerNameList")
        with self._crawlers_lock:
            names = sorted(self._crawlers)
            chosen = [self._crawlers[n] for n in names if not wanted or n in wanted]
            metrics, token = page([_metrics(c) for c in chosen], request, 100)
        return {"CrawlerMetricsList": metrics, "NextToken": token}


def _completed(request: dict[str, Any]) -> dict[str, Any]:
    """A definition with Glue's defaults; raises what Glue refuses in it."""
    targets = request["Targets"]
    others = [name for name, value in targets.items() if value and name != "S3Targets"]
    if others:
        told = f"the lab's crawlers have no {', '.join(others)}"
        raise ApiError("NotEmulated", told, http=501)
    if not targets.get("S3Targets"):
        raise ApiError("InvalidInputException", "Crawler has no targets")
    for target in targets["S3Targets"]:
        if not target.get("Path", "").startswith("s3://"):
            told = f"S3 target path should begin with s3://: {target.get('Path')!r}"
            raise ApiError("InvalidInputException", told)
    if not request.get("DatabaseName"):
        raise ApiError("InvalidInputException", "DatabaseName should not be empty")
    policy = {
        "UpdateBehavior": "UPDATE_IN_DATABASE",
        "DeleteBehavior": "DEPRECATE_IN_DATABASE",
        **request.get("SchemaChangePolicy", {}),
    }
    recrawl = {
        "RecrawlBehavior": "CRAWL_EVERYTHING",
        **request.get("RecrawlPolicy", {}),
    }
    if recrawl["RecrawlBehavior"] == "CRAWL_EVENT_MODE":
        raise ApiError("NotEmulated", "crawling by events", http=501)
    new_only = recrawl["RecrawlBehavior"] == "CRAWL_NEW_FOLDERS_ONLY"
    if new_only and set(policy.values()) != {"LOG"}:
        told = (
            "The SchemaChangePolicy for an incremental crawl should have LOG for both "
            "UpdateBehavior and DeleteBehavior"
        )
        raise ApiError("InvalidInputException", told)
    if request.get("Classifiers"):
        raise ApiError("NotEmulated", "custom classifiers", http=501)
    _check_configuration(request.get("Configuration"))
    return request | {"SchemaChangePolicy": policy, "RecrawlPolicy": recrawl}


def _check_configuration(text: str | None) -> None:
    try:
        configuration = json.loads(text or "{}")
    except ValueError as error:
        told = f"Configuration is not JSON: {error}"
        raise ApiError("InvalidInputException", told) from error
    if unknown := set(configuration) - _CONFIGURATION:
        told = f"the lab's crawlers have no configuration {sorted(unknown)}"
        raise ApiError("NotEmulated", told, http=501)


def _refuse_running(crawler: Crawler) -> None:
    if crawler.state != "READY":
        told = f"Crawler with name {crawler.name} has already started"
        raise ApiError("CrawlerRunningException", told)


def _answer(crawler: Crawler) -> dict[str, Any]:
    """The crawler as the API tells it."""
    expression = crawler.definition.get("Schedule")
    schedule = {
        "ScheduleExpression": expression,
        "State": "SCHEDULED" if expression else "NOT_SCHEDULED",
    }
    running = crawler.crawls and crawler.crawls[-1].ended is None
    elapsed = time.time() - crawler.crawls[-1].started if running else 0
    over = [crawl for crawl in crawler.crawls if crawl.ended is not None]
    return {
        "Classifiers": [],
        **crawler.definition,
        "Schedule": schedule if expression else None,
        "State": crawler.state,
        "CrawlElapsedTime": int(elapsed * 1000),
        "CreationTime": _moment(crawler.created),
        "LastUpdated": _moment(crawler.updated),
        "LastCrawl": _last_crawl(crawler, over[-1]) if over else None,
        "Version": crawler.version,
    }


def _last_crawl(crawler: Crawler, crawl: Past) -> dict[str, Any]:
    status = {state: status for status, state in OUTCOMES.items()}[crawl.state]
    return {
        "Status": status,
        "ErrorMessage": crawl.error,
        "LogGroup": GROUP,
        "LogStream": crawler.name,
        "MessagePrefix": crawl.id,
        "StartTime": _moment(crawl.started),
    }


def _history(crawler: Crawler, crawl: Past) -> dict[str, Any]:
    return {
        "CrawlId": crawl.id,
        "State": crawl.state,
        "StartTime": _moment(crawl.started),
        "EndTime": _moment(crawl.ended) if crawl.ended else None,
        "Summary": crawl.changes.summary(),
        "ErrorMessage": crawl.error,
        "LogGroup": GROUP,
        "LogStream": crawler.name,
        "MessagePrefix": crawl.id,
        "DPUHour": 0.0,
    }


def _metrics(crawler: Crawler) -> dict[str, Any]:
    """Counts and times of all crawls since the crawler was made."""
    over = [crawl for crawl in crawler.crawls if crawl.ended is not None]
    spent = [crawl.ended - crawl.started for crawl in over if crawl.ended is not None]
    return {
        "CrawlerName": crawler.name,
        "TimeLeftSeconds": 0.0,
        "StillEstimating": bool(crawler.crawls) and crawler.crawls[-1].ended is None,
        "LastRuntimeSeconds": spent[-1] if spent else 0.0,
        "MedianRuntimeSeconds": statistics.median(spent) if spent else 0.0,
        "TablesCreated": sum(len(crawl.changes.created) for crawl in over),
        "TablesUpdated": sum(len(crawl.changes.updated) for crawl in over),
        "TablesDeleted": sum(len(crawl.changes.deleted) for crawl in over),
    }


def _fits(crawl: Past, rule: dict[str, Any]) -> bool:
    name, told = rule.get("FieldName"), rule.get("FieldValue", "")
    compare = _OPERATORS.get(rule.get("FilterOperator", ""))
    if name is None or compare is None:
        raise ApiError(
            "InvalidInputException", "a filter needs a field and an operator"
        )
    if name in ("CRAWL_ID", "STATE"):
        if rule["FilterOperator"] not in ("EQ", "NE"):
            raise ApiError("InvalidInputException", f"{name} takes EQ and NE only")
        return compare(crawl.id if name == "CRAWL_ID" else crawl.state, told)
    try:
        wanted = float(told)
    except ValueError as error:
        raise ApiError(
            "InvalidInputException", f"{name}: {told!r} is no number"
        ) from error
    if name == "DPU_HOUR":
        return compare(0.0, wanted)
    # "The epoch timestamp in milliseconds."
    moment = crawl.started if name == "START_TIME" else crawl.ended
    return moment is not None and compare(int(moment * 1000), wanted)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
