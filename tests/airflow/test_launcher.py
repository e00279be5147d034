"""The launcher in the shells of this machine, with scripted binaries. No Airflow."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from typing import ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parent))

import project

# Says its process id, its arguments and its version.
WORKER = """#!/bin/sh
echo "one $$ $*"
exit 7
"""
OTHER_WORKER = WORKER.replace("one", "two")
SLEEPER = """#!/bin/sh
trap 'echo cancelled; exit 143' TERM
echo ready
while :; do sleep 0.05; done
"""
# Copies when it is told to.
SLOW_COPY = """#!/bin/sh
: >'{started}'
while [ ! -e '{go_on}' ]; do sleep 0.02; done
exec /bin/cp "$@"
"""
EXIT_RETRYABLE = 75
WAIT = 1


class LauncherCases:
    """The tests; the classes below run them in one shell each."""

    shell: ClassVar[str]

    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory(prefix="dagc launcher ")
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        self.bin = self.folder / "dags" / "acme" / ".dagc" / "bin"
        self.unpacked = self.folder / "unpacked"
        self.worker = project.write_worker(self.bin, WORKER)
        self.plan = self.bin.parent / "plan.json"
        self.plan.write_text("{}")

    #: How the plan is named, when not by two words.
    plan_argument: str | None = None

    def start(self, *before: str, **settings: str) -> subprocess.Popen[str]:
        argv = [*before, self.shell, str(self.bin / "launch.sh"), "exec"]
        plan = ["--plan", str(self.plan)]
        if self.plan_argument is not None:
            plan = [self.plan_argument]
        environment = {
            "PATH": os.environ["PATH"],
            "DAGC_WORKER_DIR": str(self.unpacked),
            "DAGC_WORKER_WAIT": str(WAIT),
            **settings,
        }
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen([*argv, *plan], env=environment, **pipes)

    def launch(self, *before: str, **settings: str) -> tuple[int, str, str]:
        process = self.start(*before, **settings)
        out, err = process.communicate(timeout=30)
        return process.returncode, out, err

    def assert_gives_up(self, words: str, *before: str, **settings: str) -> None:
        status, out, err = self.launch(*before, **settings)
        self.assertEqual((status, out), (EXIT_RETRYABLE, ""), err)
        self.assertIn("error: dagc launcher: ", err)
        self.assertIn(words, err)

    def unpacked_files(self) -> list[str]:
        return sorted(path.name for path in self.unpacked.rglob("*") if path.is_file())

    def test_becomes_the_binary(self) -> None:
        process = self.start()
        out, err = process.communicate(timeout=30)
        self.assertEqual(out, f"one {process.pid} exec --plan {self.plan}\n")
        self.assertEqual((process.returncode, err), (7, ""))
        # Published without the execute bit, and not given one in place.
        self.assertEqual(stat.S_IMODE(self.worker.stat().st_mode), 0o644)
        self.assertEqual(stat.S_IMODE(self.unpacked.stat().st_mode), 0o700)

    def test_unpacked_binary_is_used_again(self) -> None:
        self.launch()
        self.worker.unlink()
        self.assertEqual(self.launch()[0], 7)

    def test_new_pointer_means_the_new_binary(self) -> None:
        self.launch()
        project.write_worker(self.bin, OTHER_WORKER)
        self.assertTrue(self.launch()[1].startswith("two "))

    def test_signal_reaches_the_binary(self) -> None:
        project.write_worker(self.bin, SLEEPER)
        process = self.start()
        assert process.stdout is not None
        self.assertEqual(process.stdout.readline(), "ready\n")
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=30)
        self.assertEqual((process.returncode, out), (143, "cancelled\n"))

    def test_missing_pointer_is_waited_for_and_reported(self) -> None:
        (self.bin / "worker.sha256").unlink()
        start = time.monotonic()
        self.assert_gives_up("worker.sha256 is missing")
        self.assertGreaterEqual(time.monotonic() - start, WAIT)

    def test_pointer_that_is_no_digest_is_reported(self) -> None:
        for text in ("", "../../../../bin/sh\n", "A" * 64, "ab12\n", f"{'*' * 64}\n"):
            with self.subTest(text):
                (self.bin / "worker.sha256").write_text(text)
                self.assert_gives_up("holds no SHA-256", DAGC_WORKER_WAIT="0")

    def test_missing_binary_is_reported(self) -> None:
        self.worker.unlink()
        self.assert_gives_up(f"{self.worker} is missing")

    def test_missing_plan_is_reported(self) -> None:
        self.plan.unlink()
        self.assert_gives_up("plan.json is missing")

    def test_plan_may_be_named_in_one_word(self) -> None:
        self.plan_argument = f"--plan={self.plan}"
        process = self.start()
        out, _ = process.communicate(timeout=30)
        self.assertEqual(out, f"one {process.pid} exec --plan={self.plan}\n")
        self.plan.unlink()
        self.assert_gives_up("plan.json is missing")

    def test_killed_while_it_copies_it_leaves_no_copy(self) -> None:
        # Tests that a shell has put into its background ignore interrupts, and so would
        # what they start.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        self.addCleanup(signal.signal, signal.SIGINT, before)
        tools, started, go_on = (self.folder / name for name in ("tools", "at", "on"))
        tools.mkdir()
        (tools / "cp").write_text(SLOW_COPY.format(started=started, go_on=go_on))
        (tools / "cp").chmod(0o755)
        for number, status in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
            with self.subTest(number):
                process = self.start(PATH=f"{tools}:{os.environ['PATH']}")
                end = time.monotonic() + 20
                while not started.exists():
                    self.assertLess(time.monotonic(), end)
                    time.sleep(0.02)
                self.assertTrue(list(self.unpacked.glob("*/.copy.*")))
                process.send_signal(number)
                # The shell hears of it when the copying has ended.
                go_on.touch()
                process.communicate(timeout=30)
                self.assertEqual(process.returncode, status)
                self.assertEqual(self.unpacked_files(), [])
                started.unlink()
                go_on.unlink()

    def test_files_may_arrive_late_and_in_any_order(self) -> None:
        later = self.folder / "later"
        shutil.move(self.bin / "worker.sha256", later)
        self.worker.write_text(WORKER[:-4])
        self.plan.unlink()
        process = self.start(DAGC_WORKER_WAIT="20")
        time.sleep(0.3)
        self.plan.write_text("{}")
        shutil.move(later, self.bin / "worker.sha256")
        time.sleep(1.2)
        self.worker.write_text(WORKER)
        out, err = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 7, err)
        self.assertTrue(out.startswith("one "))
        self.assertIn("waiting up to 20 seconds", err)

    def test_pointer_may_be_newer_than_the_binary(self) -> None:
        digest = hashlib.sha256(OTHER_WORKER.encode()).hexdigest()
        (self.bin / "worker.sha256").write_text(digest)
        self.assert_gives_up(f"dagc-worker-{digest} is missing")

    def test_corrupt_binary_is_never_run(self) -> None:
        self.worker.write_text(OTHER_WORKER)
        self.assert_gives_up("does not have the SHA-256 in its name")
        self.assertEqual(self.unpacked_files(), [])

    def test_parallel_launches_are_safe(self) -> None:
        # Large enough for the copies to overlap.
        script = WORKER + "#" * 4_000_000
        worker = project.write_worker(self.bin, script)
        processes = [self.start() for _ in range(8)]
        ends = [process.communicate(timeout=60) for process in processes]
        self.assertEqual({process.returncode for process in processes}, {7}, ends)
        self.assertEqual(self.unpacked_files(), ["dagc-worker"])
        [binary] = self.unpacked.glob("*/dagc-worker")
        self.assertEqual(binary.read_bytes(), worker.read_bytes())

    def test_disk_that_is_full_is_reported(self) -> None:
        # No file may be longer than nothing, as on a disk that is full.
        limited = ("sh", "-c", 'ulimit -f 0; exec "$0" "$@"')
        self.assert_gives_up("is the disk full?", *limited, DAGC_WORKER_WAIT="0")
        self.assertEqual(self.unpacked_files(), [])

    def test_folder_that_cannot_be_made_is_reported(self) -> None:
        place = str(self.plan / "below a file")
        words = f"cannot make {place}: is the disk full or read-only?"
        self.assert_gives_up(words, DAGC_WORKER_DIR=place, DAGC_WORKER_WAIT="0")

    def test_folder_that_others_may_enter_is_refused(self) -> None:
        self.unpacked.mkdir()
        self.unpacked.chmod(0o777)
        self.assert_gives_up("must be a folder that only user", DAGC_WORKER_WAIT="0")

    def test_planted_binary_in_an_open_folder_is_refused(self) -> None:
        self.launch()
        self.unpacked.chmod(0o755)
        self.assert_gives_up("must be a folder that only user", DAGC_WORKER_WAIT="0")

    def test_symbolic_link_is_refused(self) -> None:
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir(mode=0o700)
        self.unpacked.symlink_to(elsewhere)
        self.assert_gives_up("must be a folder that only user", DAGC_WORKER_WAIT="0")

    def test_folder_of_another_user_is_refused(self) -> None:
        place = self.unpacked
        if os.geteuid() == 0:
            place.mkdir(mode=0o700)
            os.chown(place, 65534, 65534)
        else:
            # Only root can give a folder away. This one is root's, and closed.
            place = Path("/proc/1/fd")
        self.assertNotEqual(place.stat().st_uid, os.geteuid())
        self.assertEqual(stat.S_IMODE(place.stat().st_mode) & 0o077, 0)
        words = "must be a folder that only user"
        self.assert_gives_up(words, DAGC_WORKER_DIR=str(place), DAGC_WORKER_WAIT="0")

    def test_binaries_of_long_ago_are_removed(self) -> None:
        ages = {"old": 9, "recent": 3}
        for name, days in ages.items():
            folder = self.unpacked / name
            folder.mkdir(mode=0o700, parents=True)
            (folder / "dagc-worker").write_text("")
            moment = time.time() - days * 86_400
            os.utime(folder, (moment, moment))
        self.unpacked.chmod(0o700)
        self.launch()
        left = {path.name for path in self.unpacked.iterdir()}
        self.assertEqual(left, {"recent", self.worker.name.split("-")[-1]})

    def test_wait_that_is_no_number_is_reported(self) -> None:
        self.assert_gives_up("no number of seconds", DAGC_WORKER_WAIT="soon")


class Sh(LauncherCases, unittest.TestCase):
    """Whatever this machine calls sh; Debian's is dash."""

    shell = "sh"


@unittest.skipUnless(shutil.which("bash"), "no bash here")
class Bash(LauncherCases, unittest.TestCase):
    """Amazon Linux 2023's /bin/sh is bash."""

    shell = "bash"


if __name__ == "__main__":
    unittest.main()
