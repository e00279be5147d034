"""EMR, and EMR Serverless: steps and runs of Python files in S3.

- `serverless`: the API of EMR Serverless
- `run`: one run, its driver a process of its own
- `clusters`: the API of clusters and their steps
- `step`: one step, a process of its own
"""
