"""Step Functions: state machines, their executions, and an interpreter of their language.

- `service`: the API
- `executions`: executions and their histories, each run by a thread of its own
- `language`: the part of the Amazon States Language that the lab runs
"""
