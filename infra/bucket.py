"""Whether the app may use its bucket: it is there, its role may, and the bucket's own policy does not deny it."""

import json
from collections.abc import Mapping
from typing import Any

from commands.report import Failure
from commands.trust import Unknown, fits, listed
from infra import paste
from infra.checks import decided, refused
from infra.repository import Subject
from infra.stacks import named
from pipeline.preflight import Wrong

FILES = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
"""What the app does with a file; it lists the bucket, too."""
Statement = Mapping[str, Any]


def bucket(on: Subject) -> str:
    """There."""
    name = named(on.names)["Bucket"]
    try:
        on.client("s3").head_bucket(Bucket=name)
    except Exception as problem:
        if refused(problem) not in ("404", "NoSuchBucket"):
            raise
        raise Wrong(f"there is no bucket {name} (404)", paste.bucket(on.names)) from problem
    return name


def asked(on: Subject) -> list[tuple[str, str]]:
    """What the app does, and to what."""
    arn = f"arn:aws:s3:::{named(on.names)['Bucket']}"
    return [("s3:ListBucket", arn), *((action, f"{arn}/uploads/a-file") for action in FILES)]


def policy(on: Subject) -> dict[str, Any]:
    """The bucket's policy; without statements if it has none. Raises Wrong if it keeps out even who asks."""
    name = named(on.names)["Bucket"]
    try:
        found: dict[str, Any] = json.loads(on.client("s3").get_bucket_policy(Bucket=name)["Policy"])
    except Exception as problem:
        if refused(problem) in ("NoSuchBucketPolicy", "NoSuchBucket"):
            return {"Statement": []}
        if "explicit deny in a resource-based policy" not in str(problem):
            raise
        line = paste.aws("s3api delete-bucket-policy", bucket=name)
        said = f"the policy of {name} denies even you to read it (an explicit deny in a resource-based policy)"
        raise Wrong(
            said, f"as the root user (aws sts get-caller-identity says arn:aws:iam::{on.names.aws_account_id}:root): {line}"
        ) from None
    return found


def rights(on: Subject) -> str:
    """The app's role may read, write, delete and list; no statement of the bucket's policy denies it."""
    role, document = on.names.role_arn(on.names.task_role), policy(on)
    statements, denied = listed(document["Statement"]), {}
    doubts = []
    for at, one in enumerate(statements):
        if one["Effect"] == "Deny" and (hit := [action for action, arn in asked(on) if hits(one, role, action, arn)]):
            met = holds(one.get("Condition", {}), role)
            if met:
                denied[at] = hit
            elif met is None:
                doubts.append(f"{title(one, at)} denies {hit[0]} where {json.dumps(one['Condition'])}")
    name = named(on.names)["Bucket"]
    if denied:
        kept = [one for at, one in enumerate(statements) if at not in denied]
        said = "; ".join(f"{title(statements[at], at)} denies {on.names.task_role} {', '.join(hit)}" for at, hit in denied.items())
        put = paste.aws("s3api put-bucket-policy", bucket=name, policy=document | {"Statement": kept})
        raise Wrong(f"the policy of {name}: {said}", put if kept else paste.aws("s3api delete-bucket-policy", bucket=name))
    if lacks := [action for action, arn in asked(on) if not own(on, action, arn) and not given(statements, role, action, arn)]:
        raise Wrong(f"{on.names.task_role} may not {', '.join(lacks)} in {name}", " && ".join(paste.rights("task", on.names)))
    if doubts:
        raise Unknown(f"the policy of {name}: {'; '.join(doubts)}: whether that is so for a task cannot be seen")
    return f"{on.names.task_role} reads and writes {name}"


def own(on: Subject, action: str, arn: str) -> bool:
    """Whether the role's policies allow it. AWS simulates a bucket's policy for users only, so that one is read here."""
    found = decided(on, on.names.task_role, action, arn)
    if found == "explicitDeny":
        raise Failure(f"a policy of {on.names.task_role} denies it {action} on {arn}")
    return found == "allowed"


def given(statements: list[Statement], role: str, action: str, arn: str) -> bool:
    """Whether the bucket's policy allows it."""
    allowing = (one for one in statements if one["Effect"] == "Allow" and hits(one, role, action, arn))
    return any(holds(one.get("Condition", {}), role) for one in allowing)


def title(statement: Statement, at: int) -> str:
    """What a statement is called."""
    return f"statement {statement.get('Sid') or at + 1}"


def hits(statement: Statement, role: str, action: str, arn: str) -> bool:
    """Whether a statement is about that role, action and resource; what its conditions say apart."""
    who = statement.get("Principal", statement.get("NotPrincipal"))
    principals = listed(who.get("AWS", [])) if isinstance(who, dict) else [who]
    account = role.split(":")[4]
    named = any(one in ("*", role, account, f"arn:aws:iam::{account}:root") for one in principals)
    acts = any(fits(action.lower(), each.lower()) for each in listed(statement.get("Action", statement.get("NotAction"))))
    places = any(fits(arn, each) for each in listed(statement.get("Resource", statement.get("NotResource"))))
    return (named == ("Principal" in statement)) and (acts == ("Action" in statement)) and (places == ("Resource" in statement))


def holds(conditions: Mapping[str, Any], role: str) -> bool | None:
    """Whether conditions are met by a task of that role that comes with TLS; None where that cannot be said from here."""
    context = {"aws:securetransport": "true", "aws:principalarn": role, "aws:principalaccount": role.split(":")[4]}
    context |= {"aws:principaltype": "AssumedRole", "aws:principalisawsservice": "false"}
    unknown = False
    for operator, about in conditions.items():
        kind = operator.removesuffix("IfExists")
        negated, plain = "Not" in kind, kind.replace("Not", "")
        for key, values in about.items():
            if key.lower() not in context or plain not in ("Bool", "StringEquals", "StringLike", "ArnEquals", "ArnLike"):
                unknown = True
                continue
            met = any(fits(context[key.lower()], str(each).lower() if plain == "Bool" else str(each)) for each in listed(values))
            if met == negated:
                return False
    return None if unknown else True
