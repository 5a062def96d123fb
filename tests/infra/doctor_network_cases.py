"""Changes to an account in order: its service, its walls, its bucket's policy, its alarms; and what is found then."""

import json
from typing import Any

from tests.infra.doctor_cases import BALANCER, IN_ORDER, TARGETS, put, walls
from tests.pipeline.conftest import refusal
from tests.pipeline.whole_cloud import GROUP, Change, answer, network, nothing, table
from tests.pipeline.whole_cloud import served as serving
from tests.pipeline.whole_cloud import trusting as task_role_trusting


def rule(port: int, cidr: str = "", group: str = "", upto: int = 0, **more: Any) -> dict[str, Any]:
    """A rule of a security group for that port."""
    to = {"IpRanges": [{"CidrIp": cidr}]} if cidr else {"UserIdGroupPairs": [{"GroupId": group}]}
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": upto or port} | to | more


def let(into: Any = (), out: Any = (), balancer: dict[str, Any] | None = None) -> Change:
    """The security groups' rules are these; the load balancer is another one."""

    def change(on: Any) -> None:
        answer("ec2", "describe_security_groups", walls(into, out))(on)
        answer("elbv2", "describe_load_balancers", {"LoadBalancers": [BALANCER | (balancer or {})]})(on)

    return change


def targets(**members: Any) -> Change:
    """The target group is another one."""
    return answer("elbv2", "describe_target_groups", {"TargetGroups": [TARGETS | members]})


def denying(*statements: Any) -> Change:
    """The bucket has a policy."""
    return answer("s3", "get_bucket_policy", {"Policy": json.dumps({"Version": "2012-10-17", "Statement": list(statements)})})


def deny(condition: Any = None, **members: Any) -> dict[str, Any]:
    """A statement that denies everybody everything."""
    statement = {"Sid": "No", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"} | members
    return {name: value for name, value in statement.items() if value} | ({"Condition": condition} if condition else {})


def gone(on: Any) -> None:
    """There is no service."""
    on.service = {}
    answer("ecs", "describe_services", {"services": []})(on)


def no_cluster(on: Any) -> None:
    """Not even a cluster."""
    on.service = {}
    answer("ecs", "describe_services", refusal("ClusterNotFoundException"))(on)


def alarm(**states: str) -> Change:
    """The service has these alarms; the state MISSING is none."""

    def change(on: Any) -> None:
        on.service["deploymentConfiguration"]["alarms"] = {"alarmNames": [*states], "enable": True, "rollback": True}
        there = [{"AlarmName": name, "StateValue": state, "StateReason": "why"} for name, state in states.items() if state != "MISSING"]
        answer("cloudwatch", "describe_alarms", {"MetricAlarms": there})(on)

    return change


SHUT_OUT = (
    "User: arn:aws:iam::471112588210:user/me is not authorized to perform: s3:GetBucketPolicy on resource: "
    '"arn:aws:s3:::lms-ecs-471112588210" with an explicit deny in a resource-based policy'
)
"""What S3 says where the bucket's own policy denies, by its user guide."""
TABLE: list[tuple[str, Change, str, str]] = [
    ("service/state", nothing, "OK", "active, 2 tasks wanted"),
    ("service/state", gone, "NG", "there is no active service lms-ecs-service in lms-ecs"),
    ("service/state", no_cluster, "NG", "there is no active service lms-ecs-service in lms-ecs"),
    ("service/state", answer("ecs", "describe_services", refusal("AccessDeniedException")), "SKIP", "AccessDenied"),
    ("service/state", answer("ecs", "describe_services", {"services": [IN_ORDER | {"deploymentConfiguration": {}}]}), "NG", "not go back"),
    ("task/execution role", nothing, "OK", "ecsTaskExecutionRole"),
    ("task/execution role", lambda on: on.client("iam").roles.pop("ecsTaskExecutionRole"), "NG", "there is no role ecsTaskExecutionRole"),
    ("task/task role", nothing, "OK", "ecsTaskRole"),
    ("task/task role", task_role_trusting(Principal={"Service": "ec2.amazonaws.com"}), "NG", "does not trust ecs-tasks.amazonaws.com"),
    ("task/secret", nothing, "OK", "lms-ecs/app"),
    ("task/secret", answer("secretsmanager", "describe_secret", {"DeletedDate": 1.0}), "NG", "is marked for deletion"),
    ("task/secret", answer("secretsmanager", "describe_secret", refusal("ResourceNotFoundException")), "NG", "there is no secret"),
    ("task/secret", answer("secretsmanager", "describe_secret", refusal("AccessDeniedException")), "SKIP", "AccessDenied"),
    ("task/log group", nothing, "OK", "/ecs/lms-ecs"),
    ("task/log group", answer("logs", "describe_log_groups", {"logGroups": []}), "NG", "there is no log group /ecs/lms-ecs"),
    ("task/bucket rights", nothing, "OK", "ecsTaskRole reads and writes lms-ecs-471112588210"),
    ("task/bucket rights", denying(deny({"Bool": {"aws:SecureTransport": "false"}})), "OK", "reads and writes"),
    ("task/bucket rights", denying(deny({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::471112588210:role/ecs*"}})), "OK", "reads"),
    ("task/bucket rights", denying(deny(Principal={"AWS": "arn:aws:iam::471112588210:role/other"})), "OK", "reads and writes"),
    ("task/bucket rights", denying(deny(Principal="", NotPrincipal={"AWS": "arn:aws:iam::471112588210:role/ecsTaskRole"})), "OK", "reads"),
    ("task/bucket rights", denying(deny(Action="s3:PutBucketPolicy")), "OK", "reads and writes"),
    ("task/bucket rights", denying(deny(Resource="arn:aws:s3:::other/*")), "OK", "reads and writes"),
    ("task/bucket rights", denying(deny()), "NG", "No denies ecsTaskRole s3:ListBucket, s3:GetObject, s3:PutObject, s3:Del"),
    ("task/bucket rights", denying(deny(Principal={"AWS": "471112588210"}, Action="s3:put*")), "NG", "denies ecsTaskRole s3:PutObject"),
    ("task/bucket rights", denying(deny(Action="", NotAction="s3:GetObject", Sid="")), "NG", "statement 1 denies ecsTaskRole s3:List"),
    ("task/bucket rights", denying(deny({"StringNotEquals": {"aws:PrincipalAccount": "1" * 12}})), "NG", "statement No denies"),
    ("task/bucket rights", denying(deny({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}})), "SKIP", "for a task cannot be seen"),
    ("task/bucket rights", put(denied={"s3:PutObject": "implicitDeny"}), "NG", "ecsTaskRole may not s3:PutObject in lms-ecs-471112588210"),
    ("task/bucket rights", put(denied={"s3:PutObject": "explicitDeny"}), "NG", "a policy of ecsTaskRole denies it s3:PutObject"),
    ("task/bucket rights", lambda on: on.client("iam").roles.pop("ecsTaskRole"), "SKIP", "there is no role ecsTaskRole to ask for"),
    ("task/bucket rights", answer("s3", "get_bucket_policy", refusal("AccessDenied", "no")), "SKIP", "AccessDenied"),
    ("task/bucket rights", answer("s3", "get_bucket_policy", refusal("AccessDenied", SHUT_OUT)), "NG", "denies even you to read it"),
    ("network/target group", nothing, "OK", "sends to lms-ecs:8000"),
    ("network/target group", targets(Port=80), "OK", "lms-ecs:8000 (lms-ecs's own port 80 is not used"),
    ("network/target group", targets(HealthCheckPort="9000"), "NG", "checks port 9000, the container lms-ecs listens on 8000"),
    ("network/target group", serving(loadBalancers=[{"targetGroupArn": GROUP, "containerName": "lms-ecs", "containerPort": 9000}]), "NG",
     "the service sends to lms-ecs:9000, the task has lms-ecs:8000"),
    ("network/target group", targets(TargetType="instance"), "NG", "its type is instance"),
    ("network/security groups", nothing, "OK", "the load balancer is let in, and goes to sg-1"),
    ("network/security groups", serving(loadBalancers=[]), "OK", "no load balancer"),
    ("network/security groups", let(into=[rule(80, "0.0.0.0/0", upto=9000)]), "OK", "is let in"),
    ("network/security groups", let(into=[rule(80, "0.0.0.0/0"), rule(8000, group="sg-1")]), "OK", "is let in"),
    ("network/security groups", let(into=[rule(80, "0.0.0.0/0"), rule(8000, "10.20.0.0/16")]), "OK", "is let in"),
    ("network/security groups", let(into=[rule(80, "1.2.3.4/32"), rule(8000, group="x", PrefixListIds=[{"PrefixListId": "p"}])]), "OK", ""),
    ("network/security groups", let(into=[rule(80, "0.0.0.0/0"), rule(8000, group="sg-2")]), "NG", "(the load balancer) in on port 8000"),
    ("network/security groups", let(into=[rule(80, "0.0.0.0/0"), rule(8000, "10.20.0.0/24")]), "NG", "(the tasks) does not let sg-1"),
    ("network/security groups", let(into=[rule(8000, group="sg-1")]), "NG", "sg-1 (the load balancer) lets nobody in on port 80"),
    ("network/security groups", let(out=[rule(443, "0.0.0.0/0")]), "NG", "(the load balancer) does not let port 8000 out to sg-1"),
    ("network/security groups", let(into=[rule(8000, "10.20.0.0/16")], balancer={"SecurityGroups": []}), "OK", "is let in"),
    ("network/security groups", let(into=[rule(8000, group="sg-1")], balancer={"SecurityGroups": []}), "NG", "10.20.0.0/24, 10.20.1"),
    ("network/security groups", lambda on: on.service.clear(), "SKIP", "nothing says 'networkConfiguration'"),
    ("network/way out", nothing, "OK", "a way out"),
    ("network/way out", let(out=[rule(8000, group="sg-1")]), "NG", "sg-1 (the tasks) does not let port 443 out"),
    ("network/way out", network({}, table(Main=True)), "NG", "subnet-a has no way out"),
    ("safety/alarms", nothing, "OK", "none"),
    ("safety/alarms", alarm(slow="OK"), "OK", "slow"),
    ("safety/alarms", alarm(slow="ALARM", other="OK"), "NG", "slow is ALARM (why)"),
    ("safety/alarms", alarm(slow="MISSING"), "NG", "slow is missing"),
    ("safety/alarms", alarm(**{"lms-ecs-service-5xx": "MISSING"}), "NG", "lms-ecs-service-5xx is missing"),
]  # fmt: skip
