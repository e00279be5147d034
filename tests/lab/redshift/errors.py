"""Errors of SQL, as opposed to errors of the API: they make a statement FAILED."""

from __future__ import annotations


class SqlError(Exception):
    """What becomes the `Error` of a failed statement, after `ERROR: `."""


class Cancelled(Exception):
    """CancelStatement came while the statement ran."""
