"""DataSync: tasks that copy within the lab's S3, and their executions.

- `service`: the API
- `transfer`: executions, each run by a thread of its own
"""
