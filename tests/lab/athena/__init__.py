"""Athena: real SQL, by DuckDB over the lab's S3 and Data Catalog, Iceberg by pyiceberg.

`service` is the API, `queries` one query with its states, `engine` what a statement does
(`ddl` what only changes the catalog, `result` what it gives), `tables` the tables of the catalog, `iceberg` those that are Iceberg's, `types` Hive's and
Athena's types.
"""
