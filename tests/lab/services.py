"""The table of what the lab serves: our own services, and those that moto serves alone."""

from __future__ import annotations

from lab.service import Service

#: Our own services.
OWN: list[type[Service]] = []

#: botocore's names of the services that moto serves as it is.
MOTO = ["s3", "glue", "logs", "secretsmanager", "kms", "sts", "iam", "sns"]
