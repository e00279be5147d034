"""A stand-in for AWS's `awsglue`, for scripts that the lab runs.

AWS's own needs AWS's jars. This one keeps its interface over plain Spark for what
scripts commonly use; whatever it lacks fails by name.
"""
