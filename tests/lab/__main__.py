"""`python -m lab --port 0 --state DIR`: starts the lab, prints a JSON line when ready.

It ends on SIGTERM or SIGINT, and with `--until-eof` when its standard input ends, which
holds however the process that started it goes away.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path

from lab.lab import Lab


def main() -> int:
    parser = argparse.ArgumentParser(prog="lab", description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--state", type=Path, required=True, help="folder for files")
    parser.add_argument(
        "--until-eof", action="store_true", help="end when standard input ends"
    )
    arguments = parser.parse_args()

    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    lab = Lab(arguments.state, arguments.port)
    lab.start()
    ready = {
        "port": lab.port,
        "pid": os.getpid(),
        "endpoint": lab.endpoint,
        "env": lab.environment(),
    }
    print(json.dumps(ready), flush=True)
    if arguments.until_eof:
        threading.Thread(target=_wait_for_eof, args=(ended,), daemon=True).start()
    # A wait without a timeout would keep Python from running the signal handlers on
    # some systems.
    while not ended.wait(3600):
        pass
    lab.close()
    return 0


def _wait_for_eof(ended: threading.Event) -> None:
    # Not sys.stdin: a thread that reads it would hold its lock when Python ends.
    while os.read(0, 4096):
        pass
    ended.set()


if __name__ == "__main__":
    sys.exit(main())
