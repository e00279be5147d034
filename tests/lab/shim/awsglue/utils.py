"""`awsglue.utils`: the arguments of a job run."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

_RANGE = ("job-bookmark-from", "job-bookmark-to")
_OPTIONS = ("job-bookmark-enable", "job-bookmark-pause", "job-bookmark-disable")
_IDS = ("JOB_ID", "JOB_RUN_ID", "SECURITY_CONFIGURATION")


class GlueArgumentError(Exception):
    """An argument is missing or malformed."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise GlueArgumentError(message)


def getResolvedOptions(args: list[str], options: list[str]) -> dict[str, Any]:  # noqa: N802
    """The values of `options`, all of them required, and of Glue's own arguments.

    As in AWS's, an unknown argument is passed over, and an abbreviated name is
    understood.
    """
    for name in (*_RANGE, *_IDS, "job-bookmark-option", "encryption-type"):
        if name in options:
            raise RuntimeError(f"Using reserved arguments {name}")
    parser = _Parser()
    parser.add_argument("--job-bookmark-option", choices=_OPTIONS)
    parser.add_argument("--encryption-type", choices=["sse-s3"])
    for name in (*_RANGE, *_IDS, "RedshiftTempDir", "TempDir"):
        parser.add_argument(f"--{name}")
    for name in options:
        if name not in ("TempDir", "RedshiftTempDir"):
            parser.add_argument(f"--{name}", required=True)
    found = vars(parser.parse_known_args(args[1:])[0])
    temporary = found["TempDir"] or found["RedshiftTempDir"]
    found["TempDir"] = found["RedshiftTempDir"] = temporary
    found["job_bookmark_option"] = found["job_bookmark_option"] or _OPTIONS[2]
    given = [name for name in _RANGE if found[name.replace("-", "_")] is not None]
    if found["job_bookmark_option"] == "job-bookmark-pause":
        if len(given) == 1:
            (missing,) = set(_RANGE) - set(given)
            raise RuntimeError(f"Missing option or value for --{missing}")
    elif len(given) == 2:
        raise RuntimeError("Invalid option(s) " + " ".join(f"--{n}" for n in _RANGE))
    return found
