"""The Redshift Data API over a real PostgreSQL.

`service.py` is the API, `statements.py` its statements and their states, `session.py`
runs the SQL of one; `rewrite.py` and `merge.py` turn Redshift's SQL into PostgreSQL's,
the `copy_*` modules are COPY, `catalog.py` the system tables, `postgres.py` the server.
"""
