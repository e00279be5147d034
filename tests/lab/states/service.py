"""Step Functions' API: state machines, and their executions.

A machine is made by a control request. The name of a standard execution can be used once: while it runs the same name and input give
it again, everything else is refused. An execution of an express machine is in no list, and two of one name are two.
For a little while an execution that was started is not known by its ARN, and for longer it is not listed. Not emulated: redrive, activities,
Map runs, logging, keys of KMS, versions as such (a machine has names of versions and aliases, which all are its definition).
"""

from __future__ import annotations

import json
import math
import threading
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from lab.functions.service import Functions
from lab.service import HOME, ApiError, Call, NotEmulated, Service
from lab.states import executions, language
from lab.states.executions import Execution, Machine
from lab.states.language import Failed

if TYPE_CHECKING:
    from lab.lab import Lab

#: For how many seconds an execution is not known at all that is not listed yet.
_UNKNOWN = 0.3


class StepFunctions(Service):
    """One method an operation; executions live until the lab is reset."""

    model_name = "stepfunctions"
    signing_name = "states"

    def __init__(self, lab: Lab, region: str = HOME) -> None:
        super().__init__(lab, region)
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        for execution in list(getattr(self, "_executions", {}).values()):
            execution.ask_for_stop(None, "the lab is reset")
        self._machines: dict[str, Machine] = {}
        self._executions: dict[str, Execution] = {}

    def control_machine(self, method: str, body: Any) -> Any:
        """PUT /_lab/machine {name, definition, express?, qualifiers?}: makes a state machine; gives its ARN."""
        known = {"name", "definition", "express", "qualifiers"}
        if method != "PUT" or not isinstance(body, dict) or set(body) - known:
            raise ValueError("PUT {name, definition, express?, qualifiers?}")
        language.check(body["definition"])
        name = body["name"]
        arn = f"arn:aws:states:{self.region}:123456789012:stateMachine:{name}"
        machine = Machine(
            arn,
            name,
            bool(body.get("express")),
            body["definition"],
            list(body.get("qualifiers", [])),
        )
        with self._lock:
            self._machines[name] = machine
        return {"arn": arn}

    def list_state_machines(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        with self._lock:
            machines = sorted(self._machines.values(), key=lambda m: m.name)
        # A page may have fewer than were asked for.
        page, token = _page(machines, request, most=20)
        return {
            "stateMachines": [
                {
                    "stateMachineArn": m.arn,
                    "name": m.name,
                    "type": "EXPRESS" if m.express else "STANDARD",
                    "creationDate": datetime.now(UTC),
                }
                for m in page
            ],
            "nextToken": token,
        }

    def start_execution(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        machine, qualifier = self._machine(request["stateMachineArn"])
        if machine.express:
            execution = self._begin(machine, qualifier, request, call)
            return {
                "executionArn": execution.arn,
                "startDate": execution.started,
            }
        name = request.get("name") or str(uuid.uuid4())
        arn = machine.arn.replace(":stateMachine:", ":execution:") + f":{name}"
        with self._lock:
            found = self._executions.get(arn)
        if found is not None:
            same = found.input == request.get("input", "{}")
            call.notes["execution"] = arn
            if found.status != "RUNNING" or not same or found.qualifier != qualifier:
                raise ApiError(
                    "ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'"
                )
            return {"executionArn": arn, "startDate": found.started}
        execution = self._begin(machine, qualifier, request, call, arn)
        return {"executionArn": arn, "startDate": execution.started}

    def start_sync_execution(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        if not call.host.startswith("sync-"):
            raise ApiError(
                "UnknownOperationException",
                f"StartSyncExecution is not at {call.host}",
                http=404,
            )
        machine, qualifier = self._machine(request["stateMachineArn"])
        if not machine.express:
            raise ApiError(
                "StateMachineTypeNotSupported",
                "This operation is not supported by this type of state machine",
            )
        execution = self._begin(machine, qualifier, request, call)
        with execution.changed:
            execution.changed.wait_for(lambda: execution.stopped, 310)
        took = (execution.stopped or datetime.now(UTC)) - execution.started
        return {
            "executionArn": execution.arn,
            "stateMachineArn": machine.arn,
            "name": execution.name,
            "startDate": execution.started,
            "stopDate": execution.stopped or datetime.now(UTC),
            "status": execution.status if execution.status != "ABORTED" else "FAILED",
            "input": execution.input,
            "output": execution.output,
            "error": execution.error,
            "cause": execution.cause,
            "billingDetails": {
                "billedMemoryUsedInMB": 64,
                # By steps of 100 ms, of which there is one at least.
                "billedDurationInMilliseconds": max(
                    1, math.ceil(took.total_seconds() * 10)
                )
                * 100,
            },
        }

    def describe_execution(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        execution = self._find(request["executionArn"])
        return {
            "executionArn": execution.arn,
            "stateMachineArn": execution.machine.arn,
            "name": execution.name,
            "status": execution.status,
            "startDate": execution.started,
            "stopDate": execution.stopped,
            "input": execution.input,
            "output": execution.output,
            "error": execution.error,
            "cause": execution.cause,
        }

    def list_executions(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        machine, _ = self._machine(request["stateMachineArn"])
        if machine.express:
            raise ApiError(
                "StateMachineTypeNotSupported",
                "This operation is not supported by this type of state machine",
            )
        if request.get("statusFilter"):
            raise NotEmulated("the lab has no statusFilter")
        now = datetime.now(UTC)
        with self._lock:
            found = [
                e
                for e in self._executions.values()
                if e.machine.arn == machine.arn and e.listed <= now
            ]
        found.sort(key=lambda e: e.started, reverse=True)
        page, token = _page(found, request)
        return {
            "executions": [
                {
                    "executionArn": e.arn,
                    "stateMachineArn": machine.arn,
                    "name": e.name,
                    "status": e.status,
                    "startDate": e.started,
                    "stopDate": e.stopped,
                }
                for e in page
            ],
            "nextToken": token,
        }

    def stop_execution(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        execution = self._find(request["executionArn"])
        execution.ask_for_stop(request.get("error"), request.get("cause"))
        return {"stopDate": execution.stopped or datetime.now(UTC)}

    def get_execution_history(
        self, request: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        execution = self._find(request["executionArn"])
        with execution.changed:
            events = list(execution.events)
        if request.get("reverseOrder"):
            events.reverse()
        page, token = _page(events, request)
        return {"events": page, "nextToken": token}

    def _begin(
        self,
        machine: Machine,
        qualifier: str | None,
        request: dict[str, Any],
        call: Call,
        arn: str | None = None,
    ) -> Execution:
        text = request.get("input", "{}")
        try:
            json.loads(text)
        except ValueError as error:
            raise ApiError(
                "InvalidExecutionInput",
                f"Invalid State Machine Execution Input: {error}",
            ) from error
        name = request.get("name") or str(uuid.uuid4())
        if arn is None:
            home = machine.arn.replace(":stateMachine:", ":express:")
            arn = f"{home}:{name}:{uuid.uuid4()}"
        execution = Execution(arn, name, machine, qualifier, text)
        execution.hold, execution.script = call.hold, call.script
        execution.listed = execution.started + timedelta(seconds=call.lag)
        execution.known = execution.started + timedelta(seconds=min(call.lag, _UNKNOWN))
        if not machine.express:
            with self._lock:
                self._executions[arn] = execution
        call.notes["execution"] = arn
        threading.Thread(
            target=executions.run,
            args=(execution, self._task),
            name=f"execution {name}",
            daemon=True,
        ).start()
        return execution

    def _task(self, parameters: dict[str, Any]) -> Any:
        functions = self.lab.service(Functions, self.region)
        try:
            function = functions.named(parameters["FunctionName"])
        except ApiError as error:
            raise Failed(f"Lambda.{error.code}", error.message) from error
        ran = functions.run(function, parameters.get("Payload", {}), str(uuid.uuid4()))
        if ran.error is not None:
            told = json.loads(ran.payload)
            raise Failed(told.get("errorType", "Error"), ran.payload)
        return {"StatusCode": 200, "Payload": json.loads(ran.payload)}

    def _machine(self, arn: str) -> tuple[Machine, str | None]:
        parts = arn.split(":")
        if len(parts) not in (7, 8) or parts[:6] != self._home():
            raise ApiError("InvalidArn", f"Invalid Arn: '{arn}'")
        with self._lock:
            machine = self._machines.get(parts[6])
        qualifier = parts[7] if len(parts) == 8 else None
        if machine is None or (qualifier and qualifier not in machine.qualifiers):
            raise ApiError(
                "StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'"
            )
        return machine, qualifier

    def _home(self) -> list[str]:
        return f"arn:aws:states:{self.region}:123456789012:stateMachine".split(":")

    def _find(self, arn: str) -> Execution:
        with self._lock:
            execution = self._executions.get(arn)
        if execution is None or execution.known > datetime.now(UTC):
            raise ApiError(
                "ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'"
            )
        return execution


def _page(
    items: list[Any], request: dict[str, Any], most: int = 100
) -> tuple[list[Any], str | None]:
    start = int(request.get("nextToken") or 0)
    end = start + min(request.get("maxResults") or most, most)
    return items[start:end], str(end) if end < len(items) else None
