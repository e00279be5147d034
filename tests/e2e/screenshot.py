"""`make screenshot`: the example's graph in Airflow's own web interface, for the README.

Starts the lab and a whole Airflow 3, opens the web interface in headless Chromium, unpauses the DAG by a
click as a person would, waits until the scheduler's run is green, and writes a picture of its graph.

Runs in the environment `lab` of tests/env; the browser is driven by `browser.py` in the environment
`browser`. Needs Chromium, which no package of Python's brings: `apt install chromium`, or `--chromium FILE`.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from scheduled import DAG_ID, Scheduled  # noqa: E402
from world import HERE, ROOT  # noqa: E402

from ensure import ensure  # noqa: E402  isort: skip

PICTURE = ROOT / "docs" / "images" / "flights_daily.png"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=Path, required=True, help="folder of dagc")
    parser.add_argument("--chromium", default="chromium", help="the browser's program")
    args = parser.parse_args()
    chromium = shutil.which(args.chromium)
    if chromium is None:
        print(
            f"error: there is no {args.chromium}: apt install chromium",
            file=sys.stderr,
        )
        return 1
    browser = [ensure("browser") / "bin" / "python", HERE / "browser.py", chromium]
    with Scheduled(args.bin.resolve()) as scene:
        url, client = scene.services.url, scene.client
        client.unpause("reference")
        scene.first_run("reference")
        subprocess.run([*browser, "unpause", url, DAG_ID], check=True)
        run = scene.first_run(DAG_ID)
        if run["state"] != "success":
            print(f"error: the run has ended as {run['state']}", file=sys.stderr)
            return 1
        PICTURE.parent.mkdir(exist_ok=True)
        run_id = run["dag_run_id"]
        subprocess.run([*browser, "picture", url, DAG_ID, run_id, PICTURE], check=True)
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size // 1000} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
