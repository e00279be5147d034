"""EMR Serverless: runs whose entry points are Python files in S3.

- `serverless`: the API
- `run`: one run, its driver a process of its own
"""
