"""The lab's Glue: jobs that run on real Spark, crawlers, bookmarks, log streams.

`service.py` is the service that the lab registers; it is put together from the API of
job definitions (`jobs.py`), of job runs (`runs.py`) and of crawlers (`crawlers.py`).
`process.py` executes a run, `crawl.py` one crawl, `infer.py` finds formats and types,
`streams.py` writes log streams. Databases, tables, partitions, connections and tags are
moto's.
"""
