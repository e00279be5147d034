"""DMS: replication tasks and serverless replications that read the warehouse and write into the lab's S3.

- `service`: the API
- `replication`: replications and their runs, each run by a thread of its own
"""
