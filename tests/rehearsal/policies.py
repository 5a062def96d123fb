"""The four roles' policies: whom they trust, and the least they need. `filled` puts the account's names in."""

import json
from typing import Any

from pipeline.names import Names

Policy = dict[str, Any]
GITHUB = "token.actions.githubusercontent.com"
OWNER_ID, REPOSITORY_ID = 4711, 1147
"""GitHub's numbers of the rehearsal's owner and repository."""


def allow(actions: str, resource: str, **condition: Any) -> Policy:
    """A statement that allows these actions, separated by spaces, on that resource."""
    return {"Effect": "Allow", "Action": actions.split(), "Resource": resource, **({"Condition": condition} if condition else {})}


def policy(*statements: Policy) -> Policy:
    """A policy of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


REPOSITORY = "arn:aws:ecr:{aws_region}:{aws_account_id}:repository/{ecr_repository}"
ECS = "arn:aws:ecs:{aws_region}:{aws_account_id}"
SERVICE = ECS + ":service/{ecs_cluster}/{ecs_service}"
LOGS = "arn:aws:logs:{aws_region}:{aws_account_id}:log-group:{log_group}:*"
SECRET = "arn:aws:secretsmanager:{aws_region}:{aws_account_id}:secret:{secret_name}-??????"
ROLE = "arn:aws:iam::{aws_account_id}:role/"
CLUSTER = {"ArnEquals": {"ecs:cluster": ECS + ":cluster/{ecs_cluster}"}}

PULL = allow("ecr:BatchCheckLayerAvailability ecr:BatchGetImage ecr:GetDownloadUrlForLayer", REPOSITORY)
SIGN_IN = allow("ecr:GetAuthorizationToken", "*")  # it takes no resource
BUILD = policy(SIGN_IN, PULL, allow("ecr:InitiateLayerUpload ecr:UploadLayerPart ecr:CompleteLayerUpload ecr:PutImage", REPOSITORY))
DEPLOY = policy(
    SIGN_IN,
    allow("ecr:BatchGetImage ecr:GetDownloadUrlForLayer ecr:DescribeRepositories", REPOSITORY),
    allow("ecs:RegisterTaskDefinition ecs:DescribeTaskDefinition", "*"),  # neither takes a resource
    allow("ecs:DescribeServices ecs:UpdateService ecs:ListServiceDeployments ecs:ListTagsForResource", SERVICE),
    allow("ecs:TagResource ecs:UntagResource", SERVICE, **{"ForAllValues:StringEquals": {"aws:TagKeys": "deploy-hold"}}),
    allow("ecs:DescribeServiceDeployments ecs:StopServiceDeployment", ECS + ":service-deployment/{ecs_cluster}/{ecs_service}/*"),
    allow("ecs:DescribeServiceRevisions", ECS + ":service-revision/{ecs_cluster}/{ecs_service}/*"),
    allow("ecs:ListTasks", "*", **CLUSTER),  # its resource is a container instance, which Fargate has not
    allow("ecs:RunTask", ECS + ":task-definition/*-migrate:*", **CLUSTER),
    allow("ecs:DescribeTasks ecs:StopTask", ECS + ":task/{ecs_cluster}/*"),
    allow("iam:PassRole", ROLE + "{execution_role}", StringEquals={"iam:PassedToService": "ecs-tasks.amazonaws.com"}),
    allow("iam:PassRole", ROLE + "{task_role}", StringEquals={"iam:PassedToService": "ecs-tasks.amazonaws.com"}),
    allow("logs:GetLogEvents", LOGS),
    allow("logs:GetLogEvents", LOGS.removesuffix(":*")),  # the embedded AWS asks for the group, where AWS asks for the stream
    # What preflight asks; none of them takes a resource, but for the roles.
    allow("logs:DescribeLogGroups elasticloadbalancing:DescribeTargetGroups cloudwatch:DescribeAlarms", "*"),
    allow("ec2:DescribeSubnets ec2:DescribeSecurityGroups ec2:DescribeRouteTables ec2:DescribeVpcEndpoints", "*"),
    allow("iam:GetRole", ROLE + "{execution_role}"),
    allow("iam:GetRole", ROLE + "{task_role}"),
    allow("secretsmanager:DescribeSecret", SECRET),  # never its value
)
RELEASE = policy(SIGN_IN, allow("ecr:BatchGetImage ecr:PutImage", REPOSITORY), allow("ecs:DescribeServices", SERVICE))
READ = policy(
    allow("ecr:BatchGetImage ecr:DescribeImageScanFindings", REPOSITORY),
    allow("ecs:DescribeTaskDefinition", "*"),  # it takes no resource
    allow("ecs:DescribeServices", SERVICE),
    allow("secretsmanager:DescribeSecret", SECRET),
)
EXECUTION = policy(
    SIGN_IN,
    PULL,
    allow("logs:CreateLogStream logs:PutLogEvents", LOGS),
    allow("secretsmanager:GetSecretValue", SECRET),
)
TASK = policy(allow("s3:GetObject s3:PutObject s3:DeleteObject", "{bucket}/*"), allow("s3:ListBucket", "{bucket}"))


def federated(provider: str, repository: str, subject: str, *refs: str) -> Policy:
    """Trust in jobs of that GitHub repository with that subject, on those refs: an environment's subject alone would not say them.

    Both forms of the subject: repositories made or renamed since July 2026 have the numbers of owner and repository in theirs.
    """
    owner, _, name = repository.partition("/")
    subjects = [f"repo:{repository}:{subject}", f"repo:{owner}@{OWNER_ID}/{name}@{REPOSITORY_ID}:{subject}"]
    exact = {f"{GITHUB}:aud": "sts.amazonaws.com", f"{GITHUB}:sub": subjects}
    statement = {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": {"Federated": provider}}
    return policy(statement | {"Condition": {"StringEquals": exact, "StringLike": {f"{GITHUB}:ref": list(refs)}}})


def of_service(service: str) -> Policy:
    """Trust in a service of AWS."""
    return policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}})


def filled(document: Policy, names: Names) -> Policy:
    """The policy with this account's names in it."""
    text = json.dumps(document)
    for name, value in (names.outputs() | {"bucket": "arn:aws:s3:::" + names.storage_url.removeprefix("s3://").partition("/")[0]}).items():
        text = text.replace("{" + name + "}", value)
    done: Policy = json.loads(text)
    return done
