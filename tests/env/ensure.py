"""Makes the Python environments of the tests from the lock files beside this file.

    python3 tests/env/ensure.py NAME          prints the path of the environment NAME
    python3 tests/env/ensure.py --lock NAME --date 2026-03-15
                                              rewrites NAME.lock from NAME.in

Takes `NAME.lock` and, where there is one, `NAME.post.py`, a script that the new
environment's Python runs once with the environment's path as its argument. Gives a
virtual environment in `$DAGC_CACHE` (or `.cache` in the repository), in a folder
named after the hash of both, so that a changed lock file means a new folder and an
old one is never altered. Needs Python 3.11 with `venv` or `pip`, and a package index
that pip reaches.

Standard output carries the path and nothing else; all else goes to standard error.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

UV_VERSION = "0.13.9"
PYTHON_VERSION = "3.11"
HERE = Path(__file__).resolve().parent
MARKER = ".complete"
SETTINGS_OF_PIP = {"PIP_INDEX_URL": "UV_DEFAULT_INDEX", "PIP_CERT": "SSL_CERT_FILE"}


class EnsureError(Exception):
    """An environment that cannot be made; the text says why and what would help."""


def cache_folder() -> Path:
    """Where environments are kept."""
    return Path(os.environ.get("DAGC_CACHE") or HERE.parents[1] / ".cache").absolute()


def names() -> list[str]:
    """The environments that have a lock file."""
    return sorted(path.stem for path in HERE.glob("*.lock"))


def ensure(name: str) -> Path:
    """Returns the path of the environment `name`, made now where it is missing."""
    lock = HERE / f"{name}.lock"
    if not lock.is_file():
        known = ", ".join(names())
        raise EnsureError(f"no environment is called {name!r}; there are: {known}")
    post = HERE / f"{name}.post.py"
    content = lock.read_bytes() + (post.read_bytes() if post.is_file() else b"")
    folder = cache_folder() / f"{name}-{hashlib.sha256(content).hexdigest()[:12]}"
    if is_complete(folder):
        return folder
    with locked(folder):
        if not is_complete(folder):
            build(folder, lock, post if post.is_file() else None)
    return folder


def is_complete(folder: Path) -> bool:
    """Says whether `folder` was finished and its interpreter is still there."""
    return (folder / MARKER).is_file() and (folder / "bin" / "python").exists()


def build(folder: Path, lock: Path, post: Path | None) -> None:
    """Makes the environment in `folder`; the marker is written last."""
    uv = ensure_uv()
    note(f"making {folder.name} from {lock.name}")
    # A virtual environment knows its own path, so it is made in its final place, and
    # the marker rather than a rename says that it is whole.
    shutil.rmtree(folder, ignore_errors=True)
    run([uv, "venv", "--quiet", "--python", find_python(), folder])
    python = folder / "bin" / "python"
    run([uv, "pip", "install", "--quiet", "--python", python, "--requirement", lock])
    if post is not None:
        note(f"running {post.name}")
        run([python, post, folder])
    (folder / MARKER).write_text(f"{lock.name}\n", encoding="utf-8")


def ensure_uv() -> Path:
    """Returns the pinned uv, which has an environment of its own."""
    folder = cache_folder() / f"uv-{UV_VERSION}"
    uv = folder / "bin" / "uv"
    if (folder / MARKER).is_file() and uv.exists():
        return uv
    with locked(folder):
        if not (folder / MARKER).is_file():
            note(f"installing uv {UV_VERSION}")
            shutil.rmtree(folder, ignore_errors=True)
            install_uv(folder)
            (folder / MARKER).write_text(f"{UV_VERSION}\n", encoding="utf-8")
    return uv


def install_uv(folder: Path) -> None:
    """Puts uv into `folder` with the standard library's means or with pip."""
    python = find_python()
    wanted = f"uv=={UV_VERSION}"
    has_ensurepip = [python, "-c", "import ensurepip"]
    if subprocess.run(has_ensurepip, capture_output=True).returncode == 0:
        run([python, "-m", "venv", folder])
        pip = [folder / "bin" / "python", "-m", "pip"]
        run([*pip, "install", "--quiet", "--no-deps", wanted])
        return
    # Debian's Python comes without ensurepip unless python3-venv is installed.
    has_pip = [python, "-c", "import pip"]
    if subprocess.run(has_pip, capture_output=True).returncode != 0:
        raise EnsureError(
            f"{python} has neither venv nor pip: apt install python3-venv"
        )
    pip = [python, "-m", "pip"]
    run([*pip, "install", "--quiet", "--no-deps", "--target", folder, wanted])


def find_python() -> str:
    """Returns a Python of the version that the lock files were made for."""
    # Of a virtual environment's interpreter the one below it, which is there to stay.
    if f"{sys.version_info.major}.{sys.version_info.minor}" == PYTHON_VERSION:
        return getattr(sys, "_base_executable", sys.executable)
    found = shutil.which(f"python{PYTHON_VERSION}")
    if found is None:
        raise EnsureError(f"Python {PYTHON_VERSION} is needed, and PATH has none")
    return found


def compile_lock(name: str, date: str) -> Path:
    """Rewrites `name`.lock from `name`.in with the packages that were out on `date`."""
    source, lock = HERE / f"{name}.in", HERE / f"{name}.lock"
    flags = f"--python-version {PYTHON_VERSION} --exclude-newer {date} --upgrade"
    flags += " --no-annotate --no-header --no-emit-index-url --quiet"
    run([ensure_uv(), "pip", "compile", *flags.split(), "--output-file", lock, source])
    if re.search(r"https?://", text := lock.read_text(encoding="utf-8")):
        raise EnsureError(f"{lock.name} names a host:\n{text}")
    return lock


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keeps a second process from making the same `folder` at the same time."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.flock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def run(argv: Sequence[str | Path]) -> None:
    """Runs a command with its output on standard error; raises when it fails."""
    env = {**os.environ, "UV_CACHE_DIR": str(cache_folder() / "uv-packages")}
    # uv does not read pip's settings, which may hold a mirror or a certificate.
    for of_pip, of_uv in SETTINGS_OF_PIP.items():
        if of_pip in env:
            env.setdefault(of_uv, env[of_pip])
    env.setdefault("UV_HTTP_TIMEOUT", "180")
    done = subprocess.run([str(part) for part in argv], env=env, stdout=sys.stderr)
    if done.returncode != 0:
        shown = " ".join(str(part) for part in argv)
        raise EnsureError(f"exit status {done.returncode} from: {shown}")


def note(text: str) -> None:
    print(f"ensure: {text}", file=sys.stderr, flush=True)


def main() -> int:
    summary = "Makes an environment for the tests and prints its path."
    parser = argparse.ArgumentParser(description=summary)
    parser.add_argument("name", help="environment: " + ", ".join(names()))
    parser.add_argument(
        "--lock", action="store_true", help="rewrite NAME.lock from NAME.in"
    )
    parser.add_argument(
        "--date", help="with --lock: no package newer than this (YYYY-MM-DD)"
    )
    args = parser.parse_args()
    if args.lock != (args.date is not None):
        parser.error("--lock and --date go together")
    try:
        print(compile_lock(args.name, args.date) if args.lock else ensure(args.name))
    except EnsureError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
