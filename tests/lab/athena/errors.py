"""What a query can fail with."""

from __future__ import annotations


class QueryError(Exception):
    """A failure as Athena words it. `category`: 1 Athena's own, 2 the user's, 3 others'."""

    def __init__(
        self,
        message: str,
        category: int = 2,
        type_: int = 1006,
        retryable: bool = False,
    ) -> None:
        super().__init__(message)
        self.category = category
        self.type = type_
        self.retryable = retryable


class Cancelled(Exception):
    """The query was stopped; says why."""
