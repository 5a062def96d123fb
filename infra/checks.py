"""What preflight looks at, too, for doctor: each with its line to paste, and so that what is gone hides nothing else."""

from dataclasses import replace
from typing import Any

from commands.names import container_of
from commands.report import Failure
from commands.trust import Unknown
from infra import account, paste
from infra.repository import Subject
from pipeline import preflight
from pipeline.preflight import FIX, Wrong


class Gone(dict[str, Any]):
    """What is known of a service that is not there: where it should be."""

    def __missing__(self, key: str) -> Any:
        raise Unknown("there is no service that would say it")


def refused(problem: Exception) -> str:
    """The code of AWS's refusal that is behind a failure."""
    cause = problem.__cause__ if isinstance(problem, Failure) else problem
    return str(getattr(cause, "response", {}).get("Error", {}).get("Code", ""))


def wanted(on: Subject) -> dict[str, Any]:
    """Where `make infra` put the service; empty if it did not."""
    cloudformation, names = on.client("cloudformation"), on.names
    try:
        outputs = account.outputs(account.stack_of(cloudformation, "network"))
        group = on.client("elbv2").describe_target_groups(Names=["lms-ecs"])["TargetGroups"][0]["TargetGroupArn"]
        network = {"subnets": outputs["TaskSubnets"].split(","), "securityGroups": [outputs["TaskGroup"]], "assignPublicIp": "ENABLED"}
    except Exception:  # whatever keeps it from being known: then make infra is the line
        return {}
    port = container_of(on.definition)["portMappings"][0]["containerPort"]
    entry = {"targetGroupArn": group, "containerName": names.ecs_container, "containerPort": port}
    return {"loadBalancers": [entry], "networkConfiguration": {"awsvpcConfiguration": network}}


def service(on: Subject) -> str:
    """Active, with a circuit breaker that goes back. Other checks do without it, as far as the account says where it should be."""
    try:
        return preflight.state(on)
    except Failure as problem:
        if on.service:
            breaker = {"enable": True, "rollback": True}
            given = {"deploymentCircuitBreaker": breaker, "minimumHealthyPercent": 100, "maximumPercent": 200}
            call = {"cluster": on.names.ecs_cluster, "service": on.names.ecs_service, "deployment_configuration": given}
            raise Wrong(str(problem), paste.aws("ecs update-service", **call)) from problem.__cause__
        if refused(problem) not in ("", "ClusterNotFoundException"):
            raise
        on.service = Gone(wanted(on))
        fix = paste.service(on.names, on.service, family(on)) if on.service else "make infra"
        if on.service and refused(problem):
            fix = f"{paste.aws('ecs create-cluster', cluster_name=on.names.ecs_cluster)} && {fix}"
        raise Wrong(f"there is no active service {on.names.ecs_service} in {on.names.ecs_cluster}", fix) from problem.__cause__


def family(on: Subject) -> str:
    """What the service is made with: the newest of what was shipped, else what never runs."""
    name: str = on.definition["family"]
    try:
        found = on.client("ecs").list_task_definitions(familyPrefix=name, status="ACTIVE")["taskDefinitionArns"]
    except Exception:  # who may not ask is told the name that it has after the first deploy
        return name
    return name if any(arn.rpartition("/")[2].rpartition(":")[0] == name for arn in found) else f"{on.names.ecs_service}-bootstrap"


def role(on: Subject, kind: str) -> str:
    """There, under that very ARN, and trusting ECS."""
    name: str = getattr(on.names, f"{kind}_role")
    trust = paste.properties(*paste.TEMPLATES[kind], on.names)["AssumeRolePolicyDocument"]
    try:
        return preflight.role(on, f"{kind}RoleArn")
    except Failure as problem:
        raise Wrong(str(problem), paste.trust(name, trust)) from problem.__cause__
    except Exception as problem:
        if refused(problem) != "NoSuchEntity":
            raise
        raise Wrong(f"there is no role {name}", paste.role(kind, on.names)) from problem


def decided(on: Subject, role: str, action: str, arn: str) -> str:
    """What the policies of a role say: allowed, implicitDeny, explicitDeny."""
    asked = {"ActionNames": [action], "ResourceArns": [arn]}
    try:
        on.client("iam").get_role(RoleName=role)
        found = on.client("iam").simulate_principal_policy(PolicySourceArn=on.names.role_arn(role), **asked)
    except Exception as problem:
        if refused(problem) != "NoSuchEntity":
            raise
        raise Unknown(f"there is no role {role} to ask for") from problem
    return str(found["EvaluationResults"][0]["EvalDecision"])


def secret(on: Subject) -> str:
    """There, and not about to be deleted."""
    try:
        return preflight.secret(on)
    except Failure as problem:
        raise Wrong(str(problem), paste.aws("secretsmanager restore-secret", secret_id=on.names.secret_name)) from problem.__cause__
    except Exception as problem:
        if refused(problem) != "ResourceNotFoundException":
            raise
        line = paste.secret(on.names, keys(on), "nothing")
        raise Wrong(f"there is no secret {on.names.secret_name} (ResourceNotFoundException)", line) from problem


def keys(on: Subject) -> list[str]:
    """The keys that a task asks for."""
    return [entry["valueFrom"].split(":")[7] for entry in container_of(on.definition)["secrets"]]


def target_group(on: Subject) -> str:
    """Takes addresses, has a load balancer, and asks the port that the container listens on."""
    try:
        said = preflight.target_group(on)
    except Failure as problem:
        raise mended(on, problem) from problem.__cause__
    port = container_of(on.definition)["portMappings"][0]["containerPort"]
    own = {group["TargetGroupName"]: group["Port"] for group in groups(on) if group.get("Port", port) != port}
    return said + "".join(f" ({name}'s own port {other} is not used: ECS gives each task's)" for name, other in own.items())


def groups(on: Subject) -> list[dict[str, Any]]:
    """The service's target groups."""
    arns = [entry["targetGroupArn"] for entry in on.service["loadBalancers"]]
    return [on.client("elbv2").describe_target_groups(TargetGroupArns=[arn])["TargetGroups"][0] for arn in arns]


def mended(on: Subject, problem: Failure) -> Exception:
    """What is wrong with the target group, and its line."""
    container = container_of(on.definition)
    name, port, arns = container["name"], container["portMappings"][0]["containerPort"], []
    entries = [{**entry, "containerName": name, "containerPort": port} for entry in on.service["loadBalancers"]]
    if entries != on.service["loadBalancers"]:
        call = {"cluster": on.names.ecs_cluster, "service": on.names.ecs_service, "load_balancers": entries}
        return Wrong(str(problem), paste.aws("ecs update-service", **call))
    for group in groups(on):
        asked = group.get("HealthCheckPort", "traffic-port")
        if group["TargetType"] == "ip" and group["LoadBalancerArns"] and asked not in ("traffic-port", str(port)):
            arns.append(group["TargetGroupArn"])
            said = f"the target group {group['TargetGroupName']} checks port {asked}, the container {name} listens on {port}"
    if arns:
        return Wrong(said, paste.aws("elbv2 modify-target-group", target_group_arn=arns[0], health_check_port="traffic-port"))
    return problem


def alarms(on: Subject) -> str:
    """There and quiet. One that fires says why; a service that is gone had the one that is made with it."""
    if isinstance(on.service, Gone):
        expected = {"alarmNames": [f"{on.names.ecs_service}-5xx"], "enable": True}
        on = replace(on, service=dict(on.service) | {"deploymentConfiguration": {"alarms": expected}})
    try:
        return preflight.alarms(on)
    except Failure as problem:
        names = on.service["deploymentConfiguration"]["alarms"]["alarmNames"]
        found = on.client("cloudwatch").describe_alarms(AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        known = {one["AlarmName"]: one for kind in ("MetricAlarms", "CompositeAlarms") for one in found.get(kind, [])}
        firing = {name: one.get("StateReason", "") for name, one in known.items() if one["StateValue"] == "ALARM"}
        if missing := [name for name in names if name not in known]:
            raise Wrong(str(problem), remade(on, missing[0])) from problem
        # What fails, and the way back if the last deploy brought it.
        pattern = '{ ($.status >= 500) || ($.level = "error") }'
        log = paste.aws("logs tail", since="1h", filter_pattern=pattern).replace("tail", f"tail {on.names.log_group}", 1)
        back = f"gh workflow run rollback.yml --repo {on.repository} -f reason={next(iter(firing), '')}"
        said = f"{problem}{''.join(f' ({why})' for why in firing.values() if why)}"
        raise Wrong(said, f"{log}{FIX}{back}") from problem


def remade(on: Subject, name: str) -> str:
    """The line for an alarm that is missing."""
    known = on.service.get("loadBalancers") and groups(on)
    if name != f"{on.names.ecs_service}-5xx" or not known or not known[0]["LoadBalancerArns"]:
        return "make it again, or take it out of the service's deploymentConfiguration"
    return paste.alarm(on.names, known[0]["TargetGroupArn"], known[0]["LoadBalancerArns"][0])
