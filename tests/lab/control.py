"""The control interface under `/_lab/`: journal, faults, reset, and the services' own.

- GET /_lab/journal?service=&operation=&access_key=&internal=1, DELETE /_lab/journal
- GET /_lab/hanging?access_key=&seconds=: waits until a call hangs, for so long at most
- GET /_lab/faults, PUT /_lab/faults (a list of rules, see `faults.py`; POST adds to
  those in force), DELETE /_lab/faults
- PUT /_lab/rights, see `rights.py`
- GET /_lab/unkind, PUT /_lab/unkind (some of the values, see `unkind.py`)
- POST /_lab/reset: everything as on a fresh start
- `/_lab/<word>`: a service of ours with a method `control_<word>(method, body)`, in the
  region that the body's `region` says, if any

Answers are JSON; a mistake in a request is a 400 with `{"error": ...}`.
"""

from __future__ import annotations

import json
import traceback
from typing import TYPE_CHECKING, Any

from lab.protocol import Incoming, Outgoing

if TYPE_CHECKING:
    from lab.lab import Lab


class Control:
    """Answers the requests of tests."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    def answer(self, incoming: Incoming) -> Outgoing:
        """One control request; never raises."""
        try:
            body = json.loads(incoming.body) if incoming.body else None
            return _reply(200, self._route(incoming, body))
        except LookupError as error:
            return _reply(404, {"error": str(error)})
        except ValueError as error:
            return _reply(400, {"error": str(error)})
        except Exception as error:
            traceback.print_exc()
            return _reply(500, {"error": repr(error)})

    def _route(self, incoming: Incoming, body: Any) -> Any:
        word = incoming.path.removeprefix("/_lab/").strip("/")
        lab = self._lab
        query = incoming.query_items()
        match incoming.method, word:
            case "GET", "journal":
                return lab.journal.listing(
                    query.get("service"),
                    query.get("operation"),
                    bool(query.get("internal")),
                    query.get("access_key"),
                )
            case "GET", "hanging":
                return lab.journal.wait_for_hang(
                    query["access_key"], float(query["seconds"])
                )
            case "DELETE", "journal":
                return lab.journal.clear()
            case "GET", "faults":
                return lab.faults.listing()
            case "PUT", "faults":
                return lab.faults.replace(body if isinstance(body, list) else [body])
            case "POST", "faults":
                return lab.faults.add(body if isinstance(body, list) else [body])
            case "DELETE", "faults":
                return lab.faults.replace([])
            case "GET", "unkind":
                return lab.unkind.listing()
            case "PUT", "unkind":
                return lab.unkind.change(body or {})
            case "POST", "reset":
                return lab.reset()
            case _, "rights":
                return lab.rights.control_rights(incoming.method, body)
            case _, "role":
                return lab.roles.control_role(incoming.method, body)
            case method, _:
                return lab.control(word, method, body)


def _reply(status: int, value: Any) -> Outgoing:
    text = json.dumps({} if value is None else value, default=str)
    return Outgoing(status, [("Content-Type", "application/json")], text.encode())
