"""doctor: for a deploy that does not work: what GitHub and the account must hold, looked at from a laptop. It changes nothing."""

import json
import re
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any

from commands.report import Failure, say
from commands.trust import AUDIENCE, ISSUER, JOBS, Unknown, intruders, policy, trusts
from commands.verbs import Found, Options, option, takes
from infra import bucket, checks, doors, paste, repository
from infra.checks import refused
from infra.repository import Subject
from pipeline import preflight
from pipeline.preflight import Finding, Wrong, judge

GROUPS = ("github", "account", "roles", "registry", "service", "task", "network", "safety")


def caller(on: Subject) -> str:
    """These credentials are of the account that is deployed to."""
    if (account := on.client("sts").get_caller_identity()["Account"]) != on.names.aws_account_id:
        raise Failure(f"these credentials are of {account}, the deploy goes to {on.names.aws_account_id}")
    return str(account)


def provider(on: Subject) -> str:
    """The account knows GitHub, for tokens that are meant for AWS."""
    known = on.client("iam").get_open_id_connect_provider(OpenIDConnectProviderArn=on.provider)["ClientIDList"]
    if AUDIENCE not in known:
        raise Failure(f"it takes tokens for {', '.join(known) or 'nobody'}, not for {AUDIENCE}")
    return ISSUER


def role(on: Subject, job: str) -> str:
    """There; its job may take it, and nobody else."""
    name: str = getattr(on.names, f"{job}_role")
    try:
        document = on.client("iam").get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    except Exception as gone:
        if refused(gone) != "NoSuchEntity":
            raise
        raise Wrong(f"there is no role {name} (NoSuchEntity)", paste.role(job, on.names, policy(on.provider, subjects(on), job))) from gone
    takes = partial(trusts, document, "Federated", on.provider, "sts:AssumeRoleWithWebIdentity")
    (context, refs), numbered = JOBS[job], r"repo:{}@\d+/{}@\d+(?=:)".format(*map(re.escape, on.repository.split("/")))
    prefixes = on.prefixes or [f"repo:{on.repository}", *sorted(set(re.findall(numbered, json.dumps(document))))]
    own = [{"aud": AUDIENCE, "ref": ref.replace("*", "1.2.3")} for ref in refs]
    good = [prefix for prefix in prefixes if all(takes(claims | {"sub": f"{prefix}:{context}"}) for claims in own)]
    others = [who for who, claims in intruders(on.repository, (good or prefixes)[0], job) if takes(claims)]
    if good and not others:
        return f"{name} trusts {good[0]}:{context}{'' if good == on.prefixes else ' (which form GitHub gives cannot be seen)'}"
    problem = f"also trusts {', '.join(others)}" if good else f"does not trust {prefixes[0]}:{context} on {' and '.join(refs)}"
    raise Wrong(f"{name} {problem}", paste.trust(name, policy(on.provider, prefixes, job)))


def subjects(on: Subject) -> list[str]:
    """How subjects of the repository's tokens may begin, where no role says it."""
    return on.prefixes or [f"repo:{on.repository}"]


def registry(on: Subject) -> str:
    """A tag stays where it is, but latest; what is pushed is scanned."""
    name = on.names.ecr_repository
    try:
        found = on.client("ecr").describe_repositories(repositoryNames=[name])["repositories"][0]
    except Exception as problem:
        if refused(problem) != "RepositoryNotFoundException":
            raise
        said = f"the registry has no repository {name} (RepositoryNotFoundException); the newest Deploy, run again, fills it"
        raise Wrong(said, paste.registry(on.names)) from problem
    free = [one["filter"] for one in found.get("imageTagMutabilityExclusionFilters", [])]
    if (found["imageTagMutability"], free) != ("IMMUTABLE_WITH_EXCLUSION", ["latest"]):
        raise Failure(f"its tags are {found['imageTagMutability']}{(free and f' but {free}') or ''}, not immutable but latest")
    if not found.get("imageScanningConfiguration", {}).get("scanOnPush"):
        scans = on.client("ecr").batch_get_repository_scanning_configuration(repositoryNames=[name])["scanningConfigurations"]
        if not scans or scans[0]["scanFrequency"] == "MANUAL":
            raise Failure("what is pushed is not scanned")
    return f"{name}, immutable but latest, scanned"


def cluster(on: Subject) -> str:
    """There and active."""
    if not [one for one in on.client("ecs").describe_clusters(clusters=[on.names.ecs_cluster])["clusters"] if one["status"] == "ACTIVE"]:
        raise Failure(f"there is no active cluster {on.names.ecs_cluster}")
    return on.names.ecs_cluster


def settings(on: Subject) -> str:
    """A roll never has less than all tasks, nor more than twice as many; a new one has time to start."""
    config = {"minimumHealthyPercent": 100, "maximumPercent": 200} | on.service["deploymentConfiguration"]
    low, high, grace = config["minimumHealthyPercent"], config["maximumPercent"], on.service.get("healthCheckGracePeriodSeconds", 0)
    said = f"{low} to {high} percent, {grace} s of grace"
    if (low, high) != (100, 200) or grace < 30:
        raise Failure(f"{said}, not 100 to 200 percent and 30 s or more")
    return said


def retention(on: Subject) -> str:
    """Logs end some day."""
    found = on.client("logs").describe_log_groups(logGroupNamePrefix=on.names.log_group)["logGroups"]
    if not (days := {one["logGroupName"]: one.get("retentionInDays") for one in found}[on.names.log_group]):
        raise Failure(f"{on.names.log_group} keeps everything for ever")
    return f"{days} days"


def keys(on: Subject) -> str:
    """The secret's keys by name, if its value may be read; no value is shown."""
    from botocore.exceptions import ClientError

    wanted = checks.keys(on)
    try:
        value = json.loads(on.client("secretsmanager").get_secret_value(SecretId=on.names.secret_name)["SecretString"])
    except ClientError as problem:
        raise Unknown(f"the key names cannot be seen: {refused(problem)}") from problem
    except ValueError:
        raise Wrong("its value is not JSON", paste.secret(on.names, wanted, "text")) from None  # whose message could show some of it
    if missing := [key for key in wanted if not (isinstance(value, dict) and value.get(key))]:
        there = "json" if isinstance(value, dict) else "text"
        raise Wrong(f"{on.names.secret_name} lacks {', '.join(missing)}", paste.secret(on.names, missing, there))
    return ", ".join(wanted)


def readable(on: Subject) -> str:
    """The execution role may read the secret: it hands it to the tasks."""
    from botocore.exceptions import ClientError

    try:
        arn = on.client("secretsmanager").describe_secret(SecretId=on.names.secret_name)["ARN"]
    except ClientError as problem:
        raise Unknown(f"the secret cannot be seen: {refused(problem)}") from problem
    if checks.decided(on, on.names.execution_role, "secretsmanager:GetSecretValue", arn) != "allowed":
        raise Wrong(f"{on.names.execution_role} may not read {arn}", " && ".join(paste.rights("execution", on.names)))
    return f"{on.names.execution_role} reads it"


CHECKS: list[tuple[str, Callable[[Any], str], str]] = [
    ("account/credentials", caller, "sign in to that account, or set AWS_ACCOUNT_ID to yours"),
    ("account/OIDC provider", provider, f"aws iam create-open-id-connect-provider --url https://{ISSUER} --client-id-list {AUDIENCE}"),
    *((f"roles/{job}", partial(role, job=job), f"set {job.upper()}_ROLE to a role of this account") for job in JOBS),
    ("registry/tags", registry, "aws ecr put-image-tag-mutability --repository-name {ecr_repository} --image-tag-mutability "
     "IMMUTABLE_WITH_EXCLUSION --image-tag-mutability-exclusion-filters filterType=WILDCARD,filter=latest; aws ecr "
     "put-image-scanning-configuration --repository-name {ecr_repository} --image-scanning-configuration scanOnPush=true"),
    ("service/state", checks.service, "make infra"),
    ("service/cluster", cluster, "aws ecs create-cluster --cluster-name {ecs_cluster}"),
    ("service/settings", settings, "aws ecs update-service --cluster {ecs_cluster} --service {ecs_service} --deployment-configuration "
     "'deploymentCircuitBreaker={{enable=true,rollback=true}},minimumHealthyPercent=100,maximumPercent=200' "
     "--health-check-grace-period-seconds 60"),
    ("task/execution role", partial(checks.role, kind="execution"), "set EXECUTION_ROLE to a role of this account"),
    ("task/task role", partial(checks.role, kind="task"), "set TASK_ROLE to a role of this account"),
    ("task/secret", checks.secret, "set SECRET_NAME to one of this account"),
    ("task/log group", preflight.log_group, "aws logs create-log-group --log-group-name {log_group} && "
     "aws logs put-retention-policy --log-group-name {log_group} --retention-in-days 90"),
    ("task/log retention", retention, "aws logs put-retention-policy --log-group-name {log_group} --retention-in-days 90"),
    ("task/secret keys", keys, "put both keys into the secret {secret_name}, whose value is one JSON object"),
    ("task/secret reader", readable, "allow {execution_role} secretsmanager:GetSecretValue on it"),
    ("task/bucket", bucket.bucket, "create it, or set STORAGE_URL"),
    ("task/bucket rights", bucket.rights, "take that statement out of the role's policies"),
    ("network/target group", checks.target_group, "let its type be ip, and a listener use it"),
    ("network/security groups", doors.doors, "make infra"),
    ("network/way out", doors.way_out, "assign public addresses, or give the subnets a NAT or these endpoints"),
    ("safety/alarms", checks.alarms, "make infra"),
]  # fmt: skip
"""Some look at what preflight does, and have a line to paste."""
SHARED = [one for one in preflight.CHECKS if one[0] in ("task/size", "safety/connections")]  # the rest is above, or about a deploy's image


PASTE = "Lines with aws are for a shell with: export AWS_REGION={}\nWhere none of it was ever made: make infra"


def run(on: Subject) -> list[Finding]:
    """Everything. What others look at comes first: the repository and its subjects, and the service."""
    every = sorted([*repository.CHECKS, *CHECKS, *SHARED], key=lambda check: GROUPS.index(check[0].partition("/")[0]))
    return [judge(on, name, check, fix.format(**on.names.outputs(), repository=on.repository)) for name, check, fix in every]


@takes(
    option("--repository", default="", help="OWNER/NAME, if not the one that this folder was cloned from"),
    option("--variables", default="", help="file with the repository variables as JSON, if not those on GitHub"),
    option("--policy", default="", choices=[*JOBS], help="only print the whole trust policy of that role"),
)
def main(options: Options, found: Found) -> None:
    """Say why deploys do not work: all that GitHub and the AWS account must hold, each as OK, NG with its fix, or SKIP."""
    if not find_spec("boto3"):
        raise Failure("boto3 is missing: `make doctor` brings it along")
    on = repository.place(options.repository, options.variables)
    if options.policy:
        seen = [judge(on, *check) for check in repository.CHECKS if check[1] in (repository.about, repository.subject)]
        if not on.prefixes:
            raise Failure(f"how its jobs are named cannot be seen: {seen[0].said}")
        say(json.dumps(policy(on.provider, on.prefixes, options.policy), indent=2))
        return
    findings = run(on)
    say(preflight.tree(findings))
    counts = ", ".join(f"{sum(one.state == state for one in findings)} {state}" for state in ("OK", "NG", "SKIP"))
    if any(one.state == "NG" for one in findings):
        say(PASTE.format(on.names.aws_region))
        raise Failure(counts)
    say(counts)
