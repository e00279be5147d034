"""What a service of our own is: the base class, its errors, and what one call tells it.

A service is a class with one method per operation, in snake case, that takes the
request as parsed by botocore's model and a `Call`, and returns the answer as a dict of
the model's member names (a member that is None is left out, a timestamp may be a
`datetime` or seconds). It is registered in `services.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.lab import Lab

#: The region of those who name none.
HOME = "us-east-1"

#: The account of those who act in none of a role's.
ACCOUNT = "123456789012"


class ApiError(Exception):
    """A refusal as AWS words it: an error code of the model, a message, a status.

    Without `http` the status is the model's, or 400. `extra` are further members of the
    error's shape.
    """

    def __init__(
        self,
        code: str,
        message: str,
        http: int | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.http = http
        self.extra = extra or {}


class NotEmulated(ApiError):
    """Neither the lab nor moto does this: a 501, noted in the journal for tests."""

    def __init__(self, message: str) -> None:
        super().__init__("NotEmulated", message, http=501)


@dataclass
class Call:
    """One call on its way through the lab."""

    lab: Lab
    service: str
    operation: str
    request_id: str
    region: str = HOME
    account: str = ACCOUNT
    access_key: str = ""
    host: str = ""
    #: Outcome that a fault rule of kind `script` wrote for what this call starts.
    script: dict[str, Any] | None = None
    #: Seconds that what this call starts must take at least (fault rule of kind
    #: `hold`).
    hold: float = 0.0
    #: Seconds for which what this call starts is missing in listings.
    lag: float = 0.0
    #: What the service wants to see in the journal beside the request.
    notes: dict[str, Any] = field(default_factory=dict)


class Service:
    """Base of our own services; one instance an account and region lives as long as the lab."""

    #: botocore's name of the service model, for example `redshift-data`.
    model_name: str
    #: The name in the SigV4 credential scope, for example `airflow` for MWAA.
    signing_name: str
    #: An operation without a method here goes to moto instead of being a 501.
    moto_fallback: bool = False
    #: The account whose things these are.
    account: str = ACCOUNT

    def __init__(self, lab: Lab, region: str = HOME) -> None:
        self.lab = lab
        self.region = region

    def reset(self) -> None:
        """Forgets everything, as on a fresh start."""

    def close(self) -> None:
        """Ends whatever the service started."""
