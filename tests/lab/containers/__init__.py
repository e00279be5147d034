"""ECS: tasks whose containers are Python files.

- `service`: the API
- `task`: one task, its containers each a process of its own
"""
