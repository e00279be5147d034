"""Who may do what: the permissions that `docs/permissions.md` lists, and no more.

A caller is known by its access key. `WORKER` and `PUBLISHER` have what the page lists
for them, where a word in capitals is any one name; `PUT /_lab/rights` with
`{key, allow: {ACTION: [ARN, ...]}}` gives another key these actions on these resources
and no others (`allow: null`: all). A key that nobody has spoken of may do all: that is
the tests' own hand.

Which actions a call needs, and on what, is AWS's ("Actions, resources, and condition keys for AWS
services"), written down here and not taken from dagc.
"""

from __future__ import annotations

import re
import threading
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lab.s3 import split_path
from lab.service import ApiError, Call

if TYPE_CHECKING:
    from lab.lab import Lab

PAGE = Path(__file__).resolve().parents[2] / "docs" / "permissions.md"

#: The execution role of the workers, and the role of who publishes.
WORKER = "AKIAWORKERWORKERWORK"
PUBLISHER = "AKIAPUBLISHERPUBLISH"
_HEADINGS = {"The workers": WORKER, "The publisher": PUBLISHER}

#: Calls whose action is called otherwise.
_S3 = {
    "ListObjectsV2": ["s3:ListBucket"],
    "ListObjects": ["s3:ListBucket"],
    "HeadBucket": ["s3:ListBucket"],
    "ListMultipartUploads": ["s3:ListBucketMultipartUploads"],
    "HeadObject": ["s3:GetObject"],
    "DeleteObjects": ["s3:DeleteObject"],
    "CopyObject": ["s3:GetObject", "s3:PutObject"],
    "CreateMultipartUpload": ["s3:PutObject"],
    "UploadPart": ["s3:PutObject"],
    "UploadPartCopy": ["s3:GetObject", "s3:PutObject"],
    "CompleteMultipartUpload": ["s3:PutObject"],
    "AbortMultipartUpload": ["s3:AbortMultipartUpload"],
}
#: Calls that are given on all resources only, or of which AWS does not say that they
#: can be given on one.
_WHOLE = {"CreateJob", "CreateCrawler", "ListCrawls"}
#: Calls that have a bucket's key of KMS encrypt or decrypt.
_WRITES = {
    "PutObject",
    "CopyObject",
    "CreateMultipartUpload",
    "UploadPart",
    "UploadPartCopy",
}
_READS = {"GetObject", "CopyObject", "UploadPartCopy"}
#: Calls that read an object that a header names.
_COPIES = {"CopyObject", "UploadPartCopy"}
_KMS_KEY = "x-amz-server-side-encryption-aws-kms-key-id"
#: Calls that hand a role on.
_PASSING = {"CreateJob", "UpdateJob", "CreateCrawler", "UpdateCrawler"}
#: Calls of the Data API that log in to a database.
_LOGIN = {"ExecuteStatement", "BatchExecuteStatement"}
_ENCRYPTION = "x-amz-server-side-encryption"
#: Calls that nobody needs a permission for.
_FREE = {"sts:GetCallerIdentity"}


#: A permission: an action, and patterns of the resources on which it is given.
Allowed = dict[str, list[re.Pattern[str]]]


class Rights:
    """The permissions of each key; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._allowed: dict[str, Allowed | None] = {}
        self.reset()

    def reset(self) -> None:
        """Gives each role what the page lists."""
        with self._lock:
            self._allowed = dict(_listed(PAGE.read_text(encoding="utf-8")))

    def control_rights(self, method: str, body: Any) -> Any:
        """The control request of the module's doc."""
        if (
            method != "PUT"
            or not isinstance(body, dict)
            or set(body) != {"key", "allow"}
        ):
            raise ValueError(
                "PUT {key: ACCESS_KEY, allow: {ACTION: [ARN, ...]} or null}"
            )
        self.allow(body["key"], body["allow"])
        return body

    def allow(self, key: str, actions: dict[str, list[str]] | None) -> None:
        """Gives a key these actions on these resources and no others; None: all."""
        given = None
        if actions is not None:
            given = {name: list(map(_policy, arns)) for name, arns in actions.items()}
        with self._lock:
            self._allowed[key] = given

    def may(self, key: str, action: str, resource: str) -> bool:
        """Says whether a key may do an action on a resource: for what a service does as its caller."""
        with self._lock:
            allowed = self._allowed.get(key)
        return allowed is None or any(
            arn.fullmatch(resource) for arn in allowed.get(action, [])
        )

    def check(self, call: Call, request: Any, lab: Lab) -> None:
        """Raises what AWS says to a caller that lacks a permission."""
        with self._lock:
            allowed = self._allowed.get(call.access_key)
        if allowed is None:
            return
        for action, resource in needed(call, request, lab):
            given = allowed.get(action, [])
            if action in _FREE or any(arn.fullmatch(resource) for arn in given):
                continue
            raise _refusal(call, action, resource)


def needed(call: Call, request: Any, lab: Lab) -> list[tuple[str, str]]:
    """The actions of IAM that a call needs, and the resource of each."""
    members = request if isinstance(request, dict) else {}
    match call.service:
        case "s3":
            return _of_s3(call, members, lab)
        case "redshift-data":
            return _of_redshift(call, members)
        case "athena":
            return [
                (f"athena:{call.operation}", one)
                for one in _workgroups(call, members, lab)
            ]
        case "glue":
            return _of_glue(call, members)
        case "cloudwatch":
            return [(f"cloudwatch:{call.operation}", "*")]
        case "logs":
            return [(f"logs:{call.operation}", _log_group(call, members))]
        case "mwaa":
            name = _arn(call, "airflow", f"environment/{members.get('Name', '')}")
            return [(f"airflow:{call.operation}", name)]
        case "ecs":
            return _of_ecs(call, members, lab)
        case "emr":
            return _of_emr(call, members)
        case "emr-serverless":
            return _of_emr_serverless(call, members)
        case "lambda":
            return [("lambda:InvokeFunction", _function(call, members))]
        case "stepfunctions":
            return [(f"states:{call.operation}", _machine(call, members))]
        case "datasync":
            return _of_datasync(call, members)
        case "dms":
            named = ("ReplicationTaskArn", "ReplicationConfigArn", "ResourceArn")
            arns = [members[name] for name in named if name in members]
            return [(f"dms:{call.operation}", arns[0] if arns else "*")]
        case "sts":
            return [(f"sts:{call.operation}", str(members.get("RoleArn", "*")))]
        case "redshift" if call.operation != "DescribeClusters":
            name = members.get("ClusterIdentifier", "*")
            return [
                (
                    f"redshift:{call.operation}",
                    _arn(call, "redshift", f"cluster:{name}"),
                )
            ]
        case "secretsmanager":
            secret = _secret(call, members, lab)
            return [(f"secretsmanager:{call.operation}", secret)]
        case "sns":
            return [(f"sns:{call.operation}", str(members.get("TopicArn", "*")))]
    return [(f"{call.service}:{call.operation}", "*")]


def _arn(call: Call, service: str, rest: str) -> str:
    return f"arn:aws:{service}:{call.region}:{call.account}:{rest}"


def _of_s3(call: Call, members: dict[str, Any], lab: Lab) -> list[tuple[str, str]]:
    actions = _S3.get(call.operation, [f"s3:{call.operation}"])
    bucket, key = members.get("bucket", ""), members.get("key", "")
    needed = []
    if call.operation in _COPIES:
        source = members.get("headers", {}).get("x-amz-copy-source", "")
        of_bucket, of_key = split_path(source)
        needed.append(("s3:GetObject", f"arn:aws:s3:::{of_bucket}/{of_key}"))
        actions = [action for action in actions if action != "s3:GetObject"]
    else:
        of_bucket, of_key = bucket, key
    for action in actions:
        of_object = action.endswith(("Object", "Upload"))
        keys = members.get("keys") or [key]
        for one in keys if of_object else [""]:
            arn = f"arn:aws:s3:::{bucket}" + (f"/{one}" if of_object else "")
            needed.append((action, arn))
    if call.operation in _WRITES:
        headers = members.get("headers", {})
        kms = headers.get(_KMS_KEY) or lab.s3.kms_key(bucket)
        if "kms" in str(headers.get(_ENCRYPTION, "")) or kms:
            needed.append(("kms:GenerateDataKey", _key(call, kms, lab)))
    if call.operation in _READS and (kms := lab.s3.kms_key_of(of_bucket, of_key)):
        needed.append(("kms:Decrypt", _key(call, kms, lab)))
    return needed


def _key(call: Call, key: str | None, lab: Lab) -> str:
    """The ARN of a key by its ARN, its id or an alias."""
    try:
        found = lab.client("kms", call.region).describe_key(KeyId=key or "alias/aws/s3")
        return found["KeyMetadata"]["Arn"]
    except ClientError:
        key = key or ""
        return key if key.startswith("arn:") else _arn(call, "kms", f"key/{key}")


def _of_glue(call: Call, members: dict[str, Any]) -> list[tuple[str, str]]:
    action = f"glue:{call.operation}"
    if call.operation in _WHOLE:
        resource = "*"
    elif "DataQuality" in call.operation:
        return _of_quality(call, members)
    elif "Crawl" in call.operation:
        name = members.get("Name", members.get("CrawlerName", ""))
        resource = _arn(call, "glue", f"crawler/{name}")
    elif "Job" in call.operation:
        name = members.get("JobName", members.get("Name", ""))
        resource = _arn(call, "glue", f"job/{name}")
    elif "Table" in call.operation or "Partition" in call.operation:
        return [(action, one) for one in _of_table(call, members)]
    else:
        resource = "*"
    needed = [(action, resource)]
    if call.operation in _PASSING:
        role = members.get("Role", members.get("JobUpdate", {}).get("Role", ""))
        whole = (
            role
            if role.startswith("arn:")
            else f"arn:aws:iam::{call.account}:role/{role}"
        )
        # A crawler that is changed without its role keeps it.
        if role:
            needed.append(("iam:PassRole", whole))
    return needed


def _of_quality(call: Call, members: dict[str, Any]) -> list[tuple[str, str]]:
    """A ruleset by its name; runs and results have no ARNs, and are allowed on all rulesets."""
    # Results are read under the name of another call.
    verb = call.operation.removeprefix("Batch")
    of_ruleset = verb.removesuffix("DataQualityRuleset") in ("Create", "Get", "Update")
    name = members.get("Name", "") if of_ruleset else "*"
    needed = [(f"glue:{verb}", _arn(call, "glue", f"dataQualityRuleset/{name}"))]
    if role := members.get("Role"):
        whole = (
            role
            if role.startswith("arn:")
            else f"arn:aws:iam::{call.account}:role/{role}"
        )
        needed.append(("iam:PassRole", whole))
    return needed


def _of_table(call: Call, members: dict[str, Any]) -> list[str]:
    """The catalog, the database and the table that a call names."""
    database = members.get("DatabaseName", "")
    table = members.get("TableName") or members.get("Name")
    table = table or members.get("TableInput", {}).get("Name", "*")
    names = ["catalog", f"database/{database}", f"table/{database}/{table}"]
    return [_arn(call, "glue", name) for name in names]


def _workgroups(call: Call, members: dict[str, Any], lab: Lab) -> list[str]:
    """The workgroups that a call of Athena's is about: that of each query that it names."""
    from lab.athena.service import Athena

    athena = lab.service(Athena, call.region)
    ids = members.get("QueryExecutionIds") or [members.get("QueryExecutionId")]
    names = {athena.workgroup_of(id_) for id_ in ids if id_} or {
        members.get("WorkGroup", "primary")
    }
    return [_arn(call, "athena", f"workgroup/{name}") for name in sorted(names)]


def _of_ecs(call: Call, members: dict[str, Any], lab: Lab) -> list[tuple[str, str]]:
    """A task of a cluster, or the revision of a task definition, with the roles that are handed on."""
    from lab.containers.service import Containers

    action = f"ecs:{call.operation}"
    cluster = str(members.get("cluster", "default")).rpartition("/")[2]
    match call.operation:
        case "RunTask":
            try:
                named = members.get("taskDefinition", "")
                definition = lab.service(Containers, call.region).definition(named)
            except ApiError:
                return [(action, _arn(call, "ecs", "task-definition/none:1"))]
            own = members.get("overrides", {}).get("taskRoleArn")
            roles = [
                own or definition.get("task_role"),
                definition.get("execution_role"),
            ]
            passed = [("iam:PassRole", role) for role in roles if role]
            return [(action, definition["arn"]), *passed]
        case "DescribeTasks":
            tasks = [str(task).rpartition("/")[2] for task in members.get("tasks", [])]
            return [
                (action, _arn(call, "ecs", f"task/{cluster}/{task}")) for task in tasks
            ]
        case "StopTask":
            task = str(members.get("task", "")).rpartition("/")[2]
            return [(action, _arn(call, "ecs", f"task/{cluster}/{task}"))]
    return [(action, "*")]


def _of_emr(call: Call, members: dict[str, Any]) -> list[tuple[str, str]]:
    """A cluster, with its steps."""
    action = f"elasticmapreduce:{call.operation}"
    id_ = members.get("ClusterId") or members.get("JobFlowId")
    return [(action, _arn(call, "elasticmapreduce", f"cluster/{id_}") if id_ else "*")]


def _of_emr_serverless(call: Call, members: dict[str, Any]) -> list[tuple[str, str]]:
    """An application, or a run on it, with the role that is handed on."""
    action = f"emr-serverless:{call.operation}"
    if call.operation == "ListApplications":
        return [(action, "*")]
    place = f"/applications/{members.get('applicationId', '')}"
    if run := members.get("jobRunId"):
        place += f"/jobruns/{run}"
    needed = [(action, _arn(call, "emr-serverless", place))]
    if role := members.get("executionRoleArn"):
        needed.append(("iam:PassRole", role))
    return needed


def _function(call: Call, members: dict[str, Any]) -> str:
    name, qualifier = members.get("FunctionName", ""), members.get("Qualifier")
    whole = (
        name if name.startswith("arn:") else _arn(call, "lambda", f"function:{name}")
    )
    return f"{whole}:{qualifier}" if qualifier else whole


def _machine(call: Call, members: dict[str, Any]) -> str:
    """The state machine, with its version or alias, or the execution that a call of Step Functions' names."""
    named = members.get("stateMachineArn") or members.get("executionArn")
    return named or "*"


def _secret(call: Call, members: dict[str, Any], lab: Lab) -> str:
    """The ARN of a secret, of whose end its name tells nothing."""
    named = str(members.get("SecretId", ""))
    try:
        client = lab.client("secretsmanager", call.region)
        return client.describe_secret(SecretId=named)["ARN"]
    except ClientError:
        whole = named if named.startswith("arn:") else ""
        return whole or _arn(call, "secretsmanager", f"secret:{named}-AAAAAA")


def _of_datasync(call: Call, members: dict[str, Any]) -> list[tuple[str, str]]:
    """The task or the execution that a call names; tags are asked for on executions whose ids nobody knows yet."""
    named = (
        members.get("TaskExecutionArn")
        or members.get("ResourceArn")
        or members.get("TaskArn")
        or "*"
    )
    needed = [(f"datasync:{call.operation}", named)]
    if members.get("Tags"):
        needed.append(("datasync:TagResource", f"{named}/execution/exec-0"))
    return needed


def _log_group(call: Call, members: dict[str, Any]) -> str:
    group = members.get("logGroupName", "")
    stream = members.get("logStreamName", "")
    named = f":log-stream:{stream}" if stream else ":*"
    return _arn(call, "logs", f"log-group:{group}{named}")


def workgroup_id(name: str) -> str:
    """The end of a workgroup's ARN, which AWS makes up."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def _of_redshift(call: Call, members: dict[str, Any]) -> list[tuple[str, str]]:
    action = f"redshift-data:{call.operation}"
    if call.operation not in _LOGIN:
        return [(action, "*")]
    cluster = members.get("ClusterIdentifier", "")
    database = members.get("Database", "")
    home = _arn(call, "redshift", f"cluster:{cluster}")
    if workgroup := members.get("WorkgroupName"):
        home = _arn(call, "redshift-serverless", f"workgroup/{workgroup_id(workgroup)}")
    needed = [(action, home)]
    if secret := members.get("SecretArn"):
        return [*needed, ("secretsmanager:GetSecretValue", secret)]
    if workgroup:
        return [*needed, ("redshift-serverless:GetCredentials", home)]
    dbname = _arn(call, "redshift", f"dbname:{cluster}/{database}")
    if user := members.get("DbUser"):
        login = "redshift:GetClusterCredentials"
        dbuser = _arn(call, "redshift", f"dbuser:{cluster}/{user}")
        return [*needed, (login, dbuser), (login, dbname)]
    return [*needed, ("redshift:GetClusterCredentialsWithIAM", dbname)]


def _refusal(call: Call, action: str, resource: str) -> ApiError:
    key = call.access_key
    role = {WORKER: "worker", PUBLISHER: "publisher"}.get(key, key)
    told = (
        f"User: arn:aws:sts::{call.account}:assumed-role/{role}/session is not authorized "
        f"to perform: {action} on resource: {resource} because no identity-based policy "
        f"allows the {action} action"
    )
    if call.service == "s3":
        return ApiError("AccessDenied", told, http=403)
    return ApiError("AccessDeniedException", told, http=400)


def _listed(page: str) -> dict[str, Allowed]:
    """The permissions in the tables below each role's heading."""
    found: dict[str, Allowed] = {key: {} for key in _HEADINGS.values()}
    key = None
    for line in page.splitlines():
        if match := re.fullmatch(r"## (.*)", line):
            key = _HEADINGS.get(match[1])
        elif key and (match := re.match(r"\| `([\w-]+:\w+)` \|[^|]*\|([^|]*)\|", line)):
            arns = re.findall(r"`([^`]+)`", match[2])
            found[key].setdefault(match[1], []).extend(map(_of_page, arns))
    if not all(found.values()):
        raise RuntimeError(f"{PAGE} does not list the permissions of each role")
    return found


def _policy(arn: str) -> re.Pattern[str]:
    """A resource of a policy: `*` is anything, also with slashes in it, `?` a character."""
    parts = re.split(r"([*?])", arn)
    wild = {"*": ".*", "?": "."}
    return re.compile("".join(wild.get(p) or re.escape(p) for p in parts), re.S)


def _of_page(arn: str) -> re.Pattern[str]:
    """A resource of the page: a word in capitals is any one name."""
    parts = re.split(r"([A-Z]{2,}|\*)", arn)
    wild = {
        "*": ".*",
        "SECRET": "[^:]+",
        "ROLE": "[^:]+",
        "FOLDER": ".*",
        "KEY": ".*",
        "STAGING": ".*",
    }
    return re.compile(
        "".join(
            wild.get(part, "[^/:]+") if n % 2 else re.escape(part)
            for n, part in enumerate(parts)
        ),
        re.S,
    )
