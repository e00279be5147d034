"""Cleans the orders of one day and writes them as Parquet, a folder a day.

Takes `--from_orders` (the CSV files of the day), `--write_path` and `--ds`. Running a day
again replaces its folder.
"""

import sys

from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql import functions as F

args = getResolvedOptions(sys.argv, ["JOB_NAME", "from_orders", "write_path", "ds"])
glue = GlueContext(SparkContext.getOrCreate())
spark = glue.spark_session
spark.conf.set("spark.sql.sources.partitionOverwriteMode", "dynamic")
job = Job(glue)
job.init(args["JOB_NAME"], args)

orders = (
    spark.read.option("header", True)
    .csv(args["from_orders"])
    .dropna(subset=["order_id", "customer", "amount", "ordered_at"])
    .dropDuplicates(["order_id"])
    .select(
        F.col("order_id").cast("bigint"),
        "customer",
        F.col("amount").cast("decimal(12,2)"),
        F.to_timestamp("ordered_at").alias("ordered_at"),
        F.lit(args["ds"]).alias("dt"),
    )
)
orders.write.mode("overwrite").partitionBy("dt").parquet(args["write_path"])
job.commit()
