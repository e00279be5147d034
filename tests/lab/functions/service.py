"""Lambda's API, of which there is one call: `Invoke`.

A function is made by a control request, and is a Python file with a `handler`. What is invoked runs, whether anybody hears of it or
not: there is no list of invocations, and no token. An event is run up to three times. Not emulated: layers, roles, destinations,
concurrency but by fault rules, durable functions, streams.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from typing import TYPE_CHECKING, Any

from lab.functions import process
from lab.functions.process import Ran
from lab.service import HOME, ApiError, Call, NotEmulated, Service

if TYPE_CHECKING:
    from lab.lab import Lab

_SYNC, _EVENT, _TAIL = 6 * 1024 * 1024, 1024 * 1024, 4096


class Functions(Service):
    """One method an operation; functions live until the lab is reset."""

    model_name = "lambda"
    signing_name = "lambda"

    def __init__(self, lab: Lab, region: str = HOME) -> None:
        super().__init__(lab, region)
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        self._functions: dict[str, dict[str, Any]] = {}
        self._runs: dict[str, list[Any]] = {}

    def control_function(self, method: str, body: Any) -> Any:
        """PUT /_lab/function {name, code, timeout?, memory?, qualifiers?}: makes a function.

        POST {name}: the events with which it was run.
        """
        if method == "POST" and isinstance(body, dict):
            with self._lock:
                return list(self._runs.get(body["name"], []))
        known = {"name", "code", "timeout", "memory", "qualifiers"}
        if method != "PUT" or not isinstance(body, dict) or set(body) - known:
            raise ValueError("PUT {name, code, timeout?, memory?, qualifiers?}")
        with self._lock:
            self._functions[body["name"]] = body
        return body

    def invoke(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        function = self._function(request["FunctionName"], request.get("Qualifier"))
        kind = request.get("InvocationType", "RequestResponse")
        payload = request.get("Payload") or b"{}"
        if kind not in ("RequestResponse", "Event"):
            raise NotEmulated(f"the lab has no {kind}")
        most = _SYNC if kind == "RequestResponse" else _EVENT
        if len(payload) > most:
            raise ApiError(
                "RequestTooLargeException",
                f"Request must be smaller than {most} bytes for the InvokeFunction operation",
            )
        try:
            event = json.loads(payload)
        except ValueError as error:
            raise ApiError(
                "InvalidRequestContentException",
                f"Could not parse request body into json: {error}",
            ) from error
        call.notes["invocation"] = call.request_id
        if kind == "Event":
            threading.Thread(
                target=self._event, args=(function, event, call), daemon=True
            ).start()
            return {"StatusCode": 202}
        ran = self.run(function, event, call.request_id, call.hold, call.script)
        if len(ran.payload) > _SYNC:
            ran = Ran(
                json.dumps({"errorType": "Function.ResponseSizeTooLarge"}),
                "Unhandled",
                ran.log,
                ran.milliseconds,
            )
        tail = ran.log.encode()[-_TAIL:] if request.get("LogType") == "Tail" else None
        return {
            "StatusCode": 200,
            "FunctionError": ran.error,
            "LogResult": None if tail is None else base64.b64encode(tail).decode(),
            "ExecutedVersion": _version(request.get("Qualifier")),
            "Payload": ran.payload.encode(),
        }

    def run(
        self,
        function: dict[str, Any],
        event: Any,
        request_id: str,
        hold: float = 0.0,
        script: dict[str, Any] | None = None,
    ) -> Ran:
        """Runs a function once; a fault rule may have written what comes of it."""
        with self._lock:
            self._runs.setdefault(function["name"], []).append(event)
        time.sleep(hold)
        if script is not None:
            return Ran(json.dumps(script.get("payload")), script.get("error"), "", 1)
        return process.run(
            self.lab,
            function["code"],
            event,
            float(function.get("timeout", 3)),
            int(function.get("memory", 128)),
            request_id,
        )

    def _event(self, function: dict[str, Any], event: Any, call: Call) -> None:
        for _ in range(3):
            ran = self.run(function, event, call.request_id, call.hold, call.script)
            if ran.error is None:
                return

    def named(self, target: str, qualifier: str | None = None) -> dict[str, Any]:
        """A function by its name or its ARN, for who runs it as AWS does."""
        return self._function(target, qualifier)

    def _function(self, target: str, qualifier: str | None) -> dict[str, Any]:
        home = f"arn:aws:lambda:{self.region}:{self.account}:function:"
        name = target.removeprefix(home)
        with self._lock:
            function = self._functions.get(name)
        known = {"$LATEST", *(function or {}).get("qualifiers", [])}
        if function is None or (qualifier and qualifier not in known):
            arn = home + name + (f":{qualifier}" if qualifier else "")
            raise ApiError("ResourceNotFoundException", f"Function not found: {arn}")
        return function


def _version(qualifier: str | None) -> str:
    """The version that was run: an alias is always of the first one."""
    if qualifier is None or qualifier == "$LATEST":
        return "$LATEST"
    return qualifier if qualifier.isdigit() else "1"
