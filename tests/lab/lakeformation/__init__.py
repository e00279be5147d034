"""Lake Formation: grants on the Data Catalog.

- `service`: the API
"""
