"""The thin edge to the account: what is there, a change set made and shown, applied and followed."""

import time
from collections.abc import Callable
from typing import Any

from commands.aws import named
from commands.names import Names
from commands.report import Failure, say
from infra import words
from infra.stacks import STACKS, Parameters, chosen, revision, stack_name, taken

EVERY = 3.0
"""Seconds between two looks at a stack."""
PATIENCE = 3600.0
"""Seconds until a stack counts as stuck; a database takes ten minutes."""
ISSUER = "token.actions.githubusercontent.com"
NOTHING = ("didn't contain changes", "No updates are to be performed")
Clients = Callable[[str], Any]


def _missing(call: Callable[..., Any], *codes: str, **request: Any) -> Any:
    """What the call answers; None if AWS says that there is no such thing."""
    from botocore.exceptions import ClientError

    try:
        return call(**request)
    except ClientError as refusal:
        if refusal.response["Error"]["Code"] in codes:
            return None
        raise


def service_of(cloud: Clients, names: Names) -> dict[str, Any] | None:
    """The service, if it is there."""
    with named(f"describe the service {names.ecs_service}"):
        answer = _missing(
            cloud("ecs").describe_services, "ClusterNotFoundException", cluster=names.ecs_cluster, services=[names.ecs_service]
        )
    services: list[dict[str, Any]] = [one for one in (answer or {"services": []})["services"] if one["status"] == "ACTIVE"]
    return services[0] if services else None


def found(cloud: Clients, names: Names) -> Parameters:
    """What of an LMS is in the account already and has no name that CloudFormation could adopt it by: it is taken by parameter."""
    with named("look what the account holds"):
        providers = cloud("iam").list_open_id_connect_providers()["OpenIDConnectProviderList"]
        secret = _missing(cloud("secretsmanager").describe_secret, "ResourceNotFoundException", SecretId=names.secret_name)
        role = _missing(cloud("iam").get_role, "NoSuchEntity", RoleName=names.execution_role)
        there: Parameters = {
            "OidcProvider": next((one["Arn"] for one in providers if one["Arn"].endswith(f"/{ISSUER}")), ""),
            "SecretArn": secret["ARN"] if secret else "",
            "RolesAreThere": "yes" if role else "no",
        }
        if (service := service_of(cloud, names)) is None:
            return there
        ec2, config = cloud("ec2"), service["networkConfiguration"]["awsvpcConfiguration"]
        subnets = ec2.describe_subnets(SubnetIds=config["subnets"])["Subnets"]
        cidr = ec2.describe_vpcs(VpcIds=[subnets[0]["VpcId"]])["Vpcs"][0]["CidrBlock"]
        arns = [one["targetGroupArn"] for one in service["loadBalancers"] if "targetGroupArn" in one]
        group = cloud("elbv2").describe_target_groups(TargetGroupArns=arns[:1])["TargetGroups"][0] if arns else {}
    return there | taken(service, group, subnets, cidr)


def running(cloud: Clients, names: Names) -> str:
    """The revision that runs, to be passed back."""
    return revision(service_of(cloud, names), f"{names.ecs_service}-bootstrap")


def stack_of(cloudformation: Any, stack: str) -> dict[str, Any] | None:
    """The stack, if there was ever anything of it."""
    from botocore.exceptions import ClientError

    with named(f"describe the stack {stack}"):
        try:
            found: dict[str, Any] = cloudformation.describe_stacks(StackName=stack_name(stack))["Stacks"][0]
        except ClientError as refusal:
            if "does not exist" in refusal.response["Error"].get("Message", ""):
                return None
            raise
    return None if found["StackStatus"] == "REVIEW_IN_PROGRESS" else found


def lives(found: dict[str, Any] | None) -> bool:
    """Whether that stack was ever made; a first attempt that failed does not count."""
    return found is not None and found["StackStatus"] != "ROLLBACK_COMPLETE"


def _cleared(cloudformation: Any, stack: str) -> dict[str, Any] | None:
    """The stack, if it was ever made; what is left of a first attempt that failed is removed."""
    found = stack_of(cloudformation, stack)
    if found is None or lives(found):
        return found
    say(f"{stack}: its first attempt failed and is removed")
    cloudformation.delete_stack(StackName=found["StackId"])
    if (status := _rest(cloudformation, found["StackId"])) != "DELETE_COMPLETE":
        raise Failure(f"{stack}: what its first attempt left cannot be removed: {status}")
    return None


def _rest(cloudformation: Any, identifier: str) -> str:
    """The status in which a stack comes to rest."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        status: str = cloudformation.describe_stacks(StackName=identifier)["Stacks"][0]["StackStatus"]
        if words.ended(status):
            return status
        time.sleep(EVERY)
    raise Failure(f"{identifier.rpartition(':')[2]} did not come to rest in {PATIENCE / 60:.0f} minutes")


def outputs(stack: dict[str, Any] | None) -> Parameters:
    """What a stack hands on."""
    return {one["OutputKey"]: one["OutputValue"] for one in (stack or {}).get("Outputs", [])}


def values(stack: dict[str, Any] | None) -> Parameters:
    """A stack's parameters as they are."""
    return {one["ParameterKey"]: one.get("ParameterValue", "") for one in (stack or {}).get("Parameters", [])}


def propose(cloudformation: Any, stack: str, body: str, given: Parameters, there: Parameters) -> tuple[Parameters, words.Changes]:
    """Make a change set; what AWS calls it and what it would do. Both are empty if that is nothing."""
    # By name and stack, never by its ARN: AWS would look for rights on that ARN, and roles have them by stack.
    made = {"StackName": stack_name(stack), "ChangeSetName": f"infra-{int(time.time() * 1000)}"}
    with named(f"look at the stack {stack}"):
        before = _cleared(cloudformation, stack)
        declared = cloudformation.get_template_summary(TemplateBody=body)["Parameters"]
        cloudformation.create_change_set(
            **made,
            ChangeSetType="UPDATE" if before else "CREATE",
            TemplateBody=body,
            Parameters=chosen(declared, set(values(before)), given, there),
            Capabilities=["CAPABILITY_NAMED_IAM"],
            ImportExistingResources=True,
        )
        changes: words.Changes = []
        while True:
            page = cloudformation.describe_change_set(**made)
            if page["Status"] in {"CREATE_COMPLETE", "FAILED"}:
                break
            time.sleep(EVERY / 3)
        if page["Status"] == "FAILED":
            cloudformation.delete_change_set(**made)
            if any(text in page.get("StatusReason", "") for text in NOTHING):
                return {}, []
            raise Failure(f"{stack}: {page.get('StatusReason', 'AWS refuses this change set and does not say why')}")
        changes += [change["ResourceChange"] for change in page["Changes"]]
        while "NextToken" in page:
            page = cloudformation.describe_change_set(**made, NextToken=page["NextToken"])
            changes += [change["ResourceChange"] for change in page["Changes"]]
    return made, changes


def apply(cloudformation: Any, stack: str, change_set: Parameters) -> None:
    """Do what a change set says and tell what is being made. Raises Failure with the first real error."""
    with named(f"change the stack {stack}"):
        identifier = cloudformation.describe_change_set(**change_set)["StackId"]
        old = {event["EventId"] for event in _events(cloudformation, identifier)}
        began, told = time.monotonic(), set(old)
        cloudformation.execute_change_set(**change_set)
        while True:
            events = [event for event in _events(cloudformation, identifier) if event["EventId"] not in old]
            for event in events:
                if event["EventId"] not in told:
                    say(f"  {words.progress(event, time.monotonic() - began)}")
                    told.add(event["EventId"])
            # After its first event: before that its state is the one of last time.
            if events and words.ended(status := cloudformation.describe_stacks(StackName=identifier)["Stacks"][0]["StackStatus"]):
                break
            if time.monotonic() - began > PATIENCE:
                raise Failure(f"{stack} did not come to rest in {PATIENCE / 60:.0f} minutes; it goes on by itself: run this again later")
            time.sleep(EVERY)
        if not words.succeeded(status):
            more = cloudformation.describe_events(StackName=identifier)["OperationEvents"]  # what was found before anything was made
            raise Failure(f"{stack}: {status}: {words.first_error([*more, *events])}")
    say(f"{stack}: {status} after {time.monotonic() - began:.0f} s")


def _events(cloudformation: Any, identifier: str) -> list[dict[str, Any]]:
    """A stack's newest events in the order of time."""
    pages = cloudformation.describe_stack_events(StackName=identifier)["StackEvents"]
    return list(reversed(pages))


def handed_on(cloudformation: Any, upto: str) -> Parameters:
    """What the stacks before that one hand on."""
    before = STACKS[: STACKS.index(upto)]
    return {name: value for stack in before for name, value in outputs(stack_of(cloudformation, stack)).items()}
