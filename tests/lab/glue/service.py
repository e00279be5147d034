"""The service `glue`, as the lab registers it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.glue.catalog import CatalogApi
from lab.glue.crawlers import CrawlerApi
from lab.glue.jobs import JobApi
from lab.glue.quality import QualityApi
from lab.glue.runs import RunApi
from lab.glue.streams import Streams
from lab.service import HOME, Service

if TYPE_CHECKING:
    from lab.lab import Lab


class Glue(JobApi, RunApi, CrawlerApi, CatalogApi, QualityApi, Service):
    """Jobs, runs, crawlers, data quality and some of the catalog of our own; the rest of Glue is moto's."""

    model_name = "glue"
    signing_name = "glue"
    moto_fallback = True

    def __init__(self, lab: Lab, region: str = HOME) -> None:
        super().__init__(lab, region)
        self.streams = Streams(lab, region)
        self.init_jobs()
        self.init_runs()
        self.init_crawlers()
        self.init_catalog()
        self.init_quality()

    def reset(self) -> None:
        """Ends every run and crawl, and forgets all definitions."""
        self.end_runs()
        self.end_crawls()
        self.end_quality()
        self.init_jobs()
        self.init_runs()
        self.init_crawlers()
        self.init_quality()

    def close(self) -> None:
        """Ends every run and crawl."""
        self.end_runs()
        self.end_crawls()
        self.end_quality()
