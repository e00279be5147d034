"""The table of what the lab serves: our own services, and moto's."""

from __future__ import annotations

from lab.athena.service import Athena
from lab.containers.service import Containers
from lab.datasync.service import DataSync
from lab.dms.service import Dms
from lab.emr.clusters import Clusters
from lab.emr.serverless import Serverless
from lab.functions.service import Functions
from lab.glue.service import Glue
from lab.lakeformation.service import LakeFormation
from lab.logs import Logs
from lab.metrics import Metrics
from lab.mwaa import Mwaa
from lab.redshift.service import RedshiftData
from lab.redshift_clusters.service import Clusters as RedshiftClusters
from lab.roles import Sts
from lab.service import Service
from lab.states.service import StepFunctions

#: Our own services.
OWN: list[type[Service]] = [
    Athena,
    DataSync,
    Dms,
    Containers,
    Functions,
    LakeFormation,
    Logs,
    Metrics,
    Glue,
    Mwaa,
    RedshiftData,
    RedshiftClusters,
    Serverless,
    Clusters,
    StepFunctions,
    Sts,
]

#: botocore's names of the services that moto serves as it is.
MOTO = ["s3", "glue", "logs", "secretsmanager", "kms", "iam", "sns"]
