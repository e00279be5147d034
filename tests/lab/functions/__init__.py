"""Lambda: functions that run a Python file.

- `service`: the API
- `process`: one run of a function, in a process of its own
"""
