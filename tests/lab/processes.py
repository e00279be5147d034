"""Child processes of the lab: each its own process group, none survives the lab.

Linux sends a child its parent-death signal when the *thread* that forked it ends, so
that one thread that lives as long as the lab forks them all.
"""

from __future__ import annotations

import ctypes
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

_PR_SET_PDEATHSIG = 1


class Processes:
    """Starts child processes and ends those that are left."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None)
        self._jobs: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = (
            queue.SimpleQueue()
        )
        self._running: list[subprocess.Popen[bytes]] = []
        threading.Thread(target=self._fork, name="forks", daemon=True).start()

    def start(
        self,
        command: list[str],
        *,
        uid: int | None = None,
        death_signal: signal.Signals = signal.SIGKILL,
        **popen: Any,
    ) -> subprocess.Popen[bytes]:
        """Starts `command` in a process group of its own, as user `uid` if given."""

        def prepare() -> None:
            os.setsid()
            if uid is not None:
                os.setgroups([])
                os.setgid(uid)
                os.setuid(uid)
            # After setuid, which clears it.
            self._libc.prctl(_PR_SET_PDEATHSIG, death_signal)

        def fork() -> subprocess.Popen[bytes]:
            return subprocess.Popen(command, preexec_fn=prepare, **popen)

        started: Future[subprocess.Popen[bytes]] = Future()
        self._jobs.put((fork, started))
        process = started.result()
        self._running = [p for p in self._running if p.poll() is None] + [process]
        return process

    def close(self) -> None:
        """Kills every process that is left, with its group."""
        for process in self._running:
            # The number of one that has ended may be another's by now.
            if process.poll() is None:
                end(process, grace=0)

    def _fork(self) -> None:
        while True:
            fork, started = self._jobs.get()
            try:
                started.set_result(fork())
            except BaseException as error:
                started.set_exception(error)


def end(
    process: subprocess.Popen[bytes],
    grace: float = 5.0,
    first: signal.Signals = signal.SIGTERM,
) -> None:
    """Ends a process and its group: `first`, then after `grace` seconds SIGKILL."""
    if process.poll() is None and grace > 0:
        _signal_group(process, first)
        try:
            process.wait(grace)
        except subprocess.TimeoutExpired:
            pass
    _signal_group(process, signal.SIGKILL)
    process.wait()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        pass
