"""Cleans the departures of one day and writes them as Parquet, a folder a day.

Takes `--from_flights` (the CSV files of the day), `--write_path` and `--ds`. Running a day again replaces
its folder.
"""

import sys

from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql import functions as F

args = getResolvedOptions(sys.argv, ["JOB_NAME", "from_flights", "write_path", "ds"])
glue = GlueContext(SparkContext.getOrCreate())
spark = glue.spark_session
spark.conf.set("spark.sql.sources.partitionOverwriteMode", "dynamic")
job = Job(glue)
job.init(args["JOB_NAME"], args)

raw = (
    spark.read.option("header", True)
    .option("nullValue", "NA")
    .csv(args["from_flights"])
)

flights = (
    raw.dropna(subset=["carrier", "flight", "origin", "dest", "time_hour"])
    .withColumn(
        "flight_date",
        F.to_date(F.concat_ws("-", "year", "month", "day"), "y-M-d"),
    )
    .withColumn(
        "flight_id",
        F.concat_ws(
            "-", "flight_date", "carrier", "flight", "origin", "sched_dep_time"
        ),
    )
    .dropDuplicates(["flight_id"])
    .select(
        "flight_id",
        "flight_date",
        "carrier",
        F.col("flight").cast("int"),
        "tailnum",
        "origin",
        "dest",
        F.col("sched_dep_time").cast("int"),
        F.col("dep_delay").cast("int"),
        F.col("arr_delay").cast("int"),
        F.col("air_time").cast("int"),
        F.col("distance").cast("int"),
        F.to_timestamp("time_hour").alias("time_hour"),
        F.lit(args["ds"]).alias("dt"),
    )
)

print(f"clean_flights: {raw.count()} rows read, {flights.count()} kept")
flights.repartition(1).write.mode("overwrite").partitionBy("dt").parquet(
    args["write_path"]
)
job.commit()
