"""The running lab: its parts, its address, and what clients need to reach it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from werkzeug.serving import WSGIRequestHandler, make_server

from lab import services
from lab.faults import Faults
from lab.front import INTERNAL_KEY, Front
from lab.journal import Journal
from lab.moto_back import Moto
from lab.processes import Processes
from lab.redshift.warehouse import Warehouse
from lab.rights import WORKER, Rights
from lab.roles import Roles
from lab.s3 import Store
from lab.service import ACCOUNT, HOME, Service
from lab.unkind import Unkind

S = TypeVar("S", bound=Service)

#: Host-prefixing services (MWAA, Step Functions) cannot go to an IP address: they go to this name, by
#: the proxy.
PROXIED = "http://aws.lab"


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body are two writes: with Nagle's algorithm each answer would take 40 ms.
    disable_nagle_algorithm = True

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """Says nothing: the journal has it all."""


class Lab:
    """All parts together. `start` opens the port; `close` ends all that was started."""

    def __init__(self, state: Path, port: int = 0) -> None:
        state.mkdir(parents=True, exist_ok=True)
        #: A folder for whatever a service wants to keep in files.
        self.state = state
        self.faults = Faults()
        self.unkind = Unkind()
        self.journal = Journal()
        self.rights = Rights()
        self.roles = Roles(self.rights)
        self.processes = Processes()
        self.moto = Moto()
        self.s3 = Store(self)
        #: The databases of all regions: one server of PostgreSQL.
        self.warehouse = Warehouse(self.processes, self.s3)
        self._services: dict[tuple[type[Any], str, str], Any] = {}
        self._services_lock = threading.Lock()
        self._clients: dict[tuple[str, str], Any] = {}
        self._clients_lock = threading.Lock()
        self._server = make_server(
            "127.0.0.1", port, Front(self), threaded=True, request_handler=_Handler
        )
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.endpoint = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Serves from now on, in the background."""
        threading.Thread(
            target=self._server.serve_forever, name="serve", daemon=True
        ).start()

    def service(self, kind: type[S], region: str = HOME, account: str = ACCOUNT) -> S:
        """One of our own services, as it is in a region of an account."""
        key = (kind, region, account)
        with self._services_lock:
            if key not in self._services:
                service = kind(self, region)
                service.account = account
                self._services[key] = service
            return self._services[key]

    def control(self, word: str, method: str, body: Any) -> Any:
        """A control request of the services; `region` and `account` in its body say whose."""
        where = body if isinstance(body, dict) else {}
        region, account = where.pop("region", HOME), where.pop("account", ACCOUNT)
        for kind in services.OWN:
            service = self.service(kind, region, account)
            if handler := getattr(service, f"control_{word}", None):
                return handler(method, body)
        raise LookupError(f"the lab has no control request {method} {word}")

    def client(self, service: str, region: str = HOME) -> Any:
        """A boto3 client of the lab's own; its calls are hidden and meet no faults."""
        with self._clients_lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = boto3.session.Session().client(
                    service,
                    endpoint_url=self.endpoint,
                    region_name=region,
                    aws_access_key_id=INTERNAL_KEY,
                    aws_secret_access_key="internal",
                    config=Config(
                        proxies={},
                        inject_host_prefix=False,
                        retries={"total_max_attempts": 1},
                        max_pool_connections=50,
                        s3={"addressing_style": "path"},
                    ),
                )
            return self._clients[service, region]

    def environment(self) -> dict[str, str]:
        """The environment variables that a client of the lab needs, as a worker has them."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ENDPOINT_URL_MWAA": PROXIED,
            "AWS_ENDPOINT_URL_SFN": PROXIED,
            "HTTP_PROXY": self.endpoint,
            "http_proxy": self.endpoint,
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            "AWS_ACCESS_KEY_ID": WORKER,
            "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "AWS_REGION": HOME,
            "AWS_DEFAULT_REGION": HOME,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def reset(self) -> None:
        """Everything as on a fresh start, journal and faults too."""
        for service in self._all():
            service.reset()
        self.warehouse.reset()
        self.moto.reset()
        self.s3.forget()
        self.faults.replace([])
        self.rights.reset()
        self.roles.reset()
        self.unkind.reset()
        self.journal.clear()

    def close(self) -> None:
        """Closes the port and ends every child process."""
        self._server.shutdown()
        self._server.server_close()
        for service in self._all():
            service.close()
        self.warehouse.close()
        self.processes.close()

    def _all(self) -> list[Service]:
        with self._services_lock:
            return list(self._services.values())
