"""MWAA: environments that a test describes, and the REST API of a real Airflow.

`PUT /_lab/mwaa` with `{name, bucket, dag_path?, version?, kms_key?, status?, class?,
execution_role?, webserver?}` makes or changes an environment; GET lists them, DELETE
removes them all. `webserver` is `{url, user?, password?}`: InvokeRestApi forwards to
it, to /api/v2 from Airflow 3 on and to /api/v1 before. Without one, a fault rule of
kind `script` with `{status, response}` answers, or nothing does.
"""

from __future__ import annotations

import base64
import json
import threading
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from lab.service import HOME, ApiError, Call, NotEmulated, Service

_KEYS = {
    "name",
    "bucket",
    "dag_path",
    "version",
    "kms_key",
    "status",
    "class",
    "execution_role",
    "webserver",
}
#: MWAA's own limit for one call.
_SECONDS = 10


@dataclass
class Environment:
    """What a test said of an environment."""

    settings: dict[str, Any]
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    token: str | None = None

    @property
    def version(self) -> str:
        return self.settings.get("version", "3.0.6")

    @property
    def api(self) -> str:
        return "/api/v1" if self.version.startswith("2.") else "/api/v2"


class Mwaa(Service):
    """GetEnvironment, ListEnvironments, InvokeRestApi."""

    model_name = "mwaa"
    signing_name = "airflow"

    def __init__(self, lab: Any, region: str = HOME) -> None:
        super().__init__(lab, region)
        self._lock = threading.Lock()
        self._environments: dict[str, Environment] = {}

    def reset(self) -> None:
        with self._lock:
            self._environments.clear()

    def get_environment(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        return {"Environment": _described(self._find(request["Name"]), call)}

    def list_environments(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        with self._lock:
            names = sorted(self._environments)
        start, size = int(request.get("NextToken", "0")), request.get("MaxResults", 25)
        more = start + size < len(names)
        return {
            "Environments": names[start : start + size],
            "NextToken": str(start + size) if more else None,
        }

    def invoke_rest_api(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        environment = self._find(request["Name"])
        if not request["Path"].startswith("/"):
            raise ApiError("ValidationException", "Path must begin with a slash")
        if call.script is not None:
            status, answer = call.script.get("status", 200), call.script.get("response")
        elif environment.settings.get("webserver"):
            status, answer = _forward(environment, request)
        else:
            raise NotEmulated(
                f"the environment {request['Name']} has no web server: PUT /_lab/mwaa"
            )
        if status < 400:
            return {"RestApiStatusCode": status, "RestApiResponse": answer}
        side = "Client" if status < 500 else "Server"
        raise ApiError(
            f"RestApi{side}Exception",
            f"the Airflow REST API answered {status}",
            extra={"RestApiStatusCode": status, "RestApiResponse": answer},
        )

    def control_mwaa(self, method: str, body: Any) -> Any:
        """The control requests of the module's doc."""
        with self._lock:
            if method == "GET":
                return [e.settings for e in self._environments.values()]
            if method == "DELETE":
                return self._environments.clear()
            if method != "PUT" or not isinstance(body, dict):
                raise ValueError("PUT {name, bucket, ...}, GET or DELETE")
            if unknown := set(body) - _KEYS:
                raise ValueError(f"unknown keys {sorted(unknown)}")
            if not {"name", "bucket"} <= set(body):
                raise ValueError("an environment has a name and a bucket")
            self._environments[body["name"]] = Environment(body)
            return body

    def _find(self, name: str) -> Environment:
        with self._lock:
            environment = self._environments.get(name)
        if environment is None:
            raise ApiError(
                "ResourceNotFoundException", f"Environment {name} was not found."
            )
        return environment


def _described(environment: Environment, call: Call) -> dict[str, Any]:
    settings = environment.settings
    name = settings["name"]
    return {
        "Name": name,
        "Arn": f"arn:aws:airflow:{call.region}:{call.account}:environment/{name}",
        "Status": settings.get("status", "AVAILABLE"),
        "CreatedAt": environment.created,
        "AirflowVersion": environment.version,
        "SourceBucketArn": f"arn:aws:s3:::{settings['bucket']}",
        "DagS3Path": settings.get("dag_path", "dags"),
        "EnvironmentClass": settings.get("class", "mw1.small"),
        "ExecutionRoleArn": settings.get(
            "execution_role", f"arn:aws:iam::{call.account}:role/mwaa-{name}"
        ),
        "KmsKey": settings.get("kms_key"),
        "WebserverUrl": f"https://{name}.airflow.lab",
        "WebserverAccessMode": "PUBLIC_ONLY",
        "MaxWorkers": 10,
        "MinWorkers": 1,
        "Schedulers": 2,
    }


def _forward(environment: Environment, request: dict[str, Any]) -> tuple[int, Any]:
    """One request to the real Airflow: its status and its JSON."""
    web = environment.settings["webserver"]
    query = urllib.parse.urlencode(request.get("QueryParameters") or {}, doseq=True)
    url = web["url"].rstrip("/") + environment.api + request["Path"]
    body = request.get("Body")
    data = None if body is None else json.dumps(body).encode()
    for fresh in (False, True):
        sent = urllib.request.Request(
            url + (f"?{query}" if query else ""), data=data, method=request["Method"]
        )
        sent.add_header("Content-Type", "application/json")
        sent.add_header("Authorization", _authorization(environment, fresh))
        status, text = _send(sent)
        # A token expires: once more with a new one.
        if status != 401:
            break
    try:
        return status, json.loads(text) if text else {}
    except ValueError:
        return status, {"message": text}


def _authorization(environment: Environment, fresh: bool) -> str:
    web = environment.settings["webserver"]
    user, password = web.get("user"), web.get("password", "")
    if environment.api == "/api/v1":
        return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    if environment.token is None or fresh:
        url = web["url"].rstrip("/") + "/auth/token"
        asked = urllib.request.Request(url)
        if user:
            asked.data = json.dumps({"username": user, "password": password}).encode()
            asked.add_header("Content-Type", "application/json")
        status, text = _send(asked)
        if status >= 400:
            raise ApiError("AccessDeniedException", f"no token from Airflow: {status}")
        environment.token = json.loads(text)["access_token"]
    return f"Bearer {environment.token}"


def _send(request: urllib.request.Request) -> tuple[int, str]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=_SECONDS) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(errors="replace")
    except OSError as error:
        return 504, json.dumps({"message": f"the web server did not answer: {error}"})
