"""What an AWS account holds before the first push: registry, roles, network, log group, secret, bucket, load balancer, an idle service."""

import json
import secrets
from typing import Any

import boto3

from commands.names import Names, container_of
from tests.github import REPOSITORY
from tests.rehearsal import policies

ISSUER = "https://token.actions.githubusercontent.com"


ALARM: dict[str, Any] = {
    "Namespace": "AWS/ApplicationELB",
    "MetricName": "HTTPCode_Target_5XX_Count",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 5,
    "Threshold": 10,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "notBreaching",
}
"""The alarm of the service's deployments; no metric reaches it here, so it fires when a test says so."""


def alarm_of(names: Names) -> str:
    """That alarm's name."""
    return f"{names.ecs_service}-5xx"


def clients(endpoint: str, names: Names) -> Any:
    """A maker of clients for the account's owner: an access key id of twelve digits names the account."""
    session = boto3.Session(aws_access_key_id=names.aws_account_id, aws_secret_access_key="owner", region_name=names.aws_region)
    return lambda service: session.client(service, endpoint_url=endpoint)


def create(endpoint: str, names: Names, definition: dict[str, Any], database_url: str) -> None:
    """Create all of it in an empty account."""
    client = clients(endpoint, names)
    _registry(client("ecr"), names)
    _roles(client("iam"), names)
    client("logs").create_log_group(logGroupName=names.log_group)
    client("logs").put_retention_policy(logGroupName=names.log_group, retentionInDays=30)
    bucket = names.storage_url.removeprefix("s3://").partition("/")[0]
    client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": names.aws_region})
    value = {"DATABASE_URL": database_url, "SECRET_KEY": secrets.token_hex(32)}
    client("secretsmanager").create_secret(Name=names.secret_name, SecretString=json.dumps(value))
    client("cloudwatch").put_metric_alarm(AlarmName=alarm_of(names), **ALARM)
    network, front = _network(client("ec2"), container_of(definition)["portMappings"][0]["containerPort"])
    _service(client("ecs"), names, definition, network, _target_group(client("elbv2"), client("ec2"), definition, front))


def _registry(ecr: Any, names: Names) -> None:
    ecr.create_repository(
        repositoryName=names.ecr_repository,
        imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters=[{"filterType": "WILDCARD", "filter": "latest"}],
        imageScanningConfiguration={"scanOnPush": True},
    )


def _roles(iam: Any, names: Names) -> None:
    provider = iam.create_open_id_connect_provider(Url=ISSUER, ClientIDList=["sts.amazonaws.com"], ThumbprintList=["0" * 40])
    for role, (trust, policy) in policies.roles(names, provider["OpenIDConnectProviderArn"], REPOSITORY).items():
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(trust))
        iam.put_role_policy(RoleName=role, PolicyName=role, PolicyDocument=json.dumps(policy))


def _network(ec2: Any, port: int) -> tuple[dict[str, Any], str]:
    """Where tasks run, and the load balancer's security group."""
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]][:2]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    for table in ec2.describe_route_tables()["RouteTables"]:  # the embedded AWS makes a VPC without a way out
        ec2.create_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    front, tasks = _groups(ec2, port)
    return {"awsvpcConfiguration": {"subnets": subnets, "securityGroups": [tasks], "assignPublicIp": "ENABLED"}}, front


def _groups(ec2: Any, port: int) -> tuple[str, str]:
    """The security groups of the load balancer and of the tasks, with the rules that the network's template gives them."""
    vpc = ec2.describe_subnets()["Subnets"][0]["VpcId"]
    front, tasks = (
        ec2.create_security_group(GroupName=f"lms-ecs-{who}", Description=who, VpcId=vpc)["GroupId"] for who in ("front", "tasks")
    )
    for group in (front, tasks):  # AWS makes each with a way out to everywhere
        for rule in ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissionsEgress"]:
            ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[rule])
    everybody = {"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=front, IpPermissions=[_rule(each) | everybody for each in (80, 443)])
    ec2.authorize_security_group_egress(GroupId=front, IpPermissions=[_rule(port) | {"UserIdGroupPairs": [{"GroupId": tasks}]}])
    ec2.authorize_security_group_ingress(GroupId=tasks, IpPermissions=[_rule(port) | {"UserIdGroupPairs": [{"GroupId": front}]}])
    ec2.authorize_security_group_egress(GroupId=tasks, IpPermissions=[_rule(each) | everybody for each in (443, 5432)])
    return front, tasks


def _rule(port: int) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}


def _target_group(elbv2: Any, ec2: Any, definition: dict[str, Any], front: str) -> str:
    """A load balancer with one listener and one target group, set as pipeline and documents say: quick checks, quick draining."""
    subnets = ec2.describe_subnets()["Subnets"][:2]
    places = [subnet["SubnetId"] for subnet in subnets]
    balancer = elbv2.create_load_balancer(Name="lms-ecs", Subnets=places, SecurityGroups=[front])["LoadBalancers"][0]
    group: str = elbv2.create_target_group(
        Name="lms-ecs",
        Protocol="HTTP",
        Port=container_of(definition)["portMappings"][0]["containerPort"],
        VpcId=subnets[0]["VpcId"],
        TargetType="ip",
        HealthCheckPath="/health",
        HealthCheckIntervalSeconds=5,
        HealthCheckTimeoutSeconds=4,
        HealthyThresholdCount=2,
        UnhealthyThresholdCount=5,
    )["TargetGroups"][0]["TargetGroupArn"]
    delay = {"Key": "deregistration_delay.timeout_seconds", "Value": "10"}
    elbv2.modify_target_group_attributes(TargetGroupArn=group, Attributes=[delay])
    action = {"Type": "forward", "TargetGroupArn": group}
    elbv2.create_listener(LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=80, DefaultActions=[action])
    return group


def _service(ecs: Any, names: Names, definition: dict[str, Any], network: dict[str, Any], target_group: str) -> None:
    """A service that runs nothing yet: its image does not exist before the first push, so it wants no task until then."""
    ecs.create_cluster(clusterName=names.ecs_cluster)
    first = ecs.register_task_definition(**definition)["taskDefinition"]["taskDefinitionArn"]
    container = container_of(definition)
    ecs.create_service(
        cluster=names.ecs_cluster,
        serviceName=names.ecs_service,
        taskDefinition=first,
        desiredCount=0,
        launchType="FARGATE",
        networkConfiguration=network,
        healthCheckGracePeriodSeconds=60,
        loadBalancers=[
            {
                "targetGroupArn": target_group,
                "containerName": container["name"],
                "containerPort": container["portMappings"][0]["containerPort"],
            }
        ],
        deploymentConfiguration={
            "minimumHealthyPercent": 100,
            "maximumPercent": 200,
            "deploymentCircuitBreaker": {
                "enable": True,
                "rollback": True,
                "thresholdConfiguration": {"type": "COUNT", "value": 2},
                "resetOnHealthyTask": False,  # a task that is healthy for a moment and then ends has failed all the same
            },
            "alarms": {"alarmNames": [alarm_of(names)], "enable": True, "rollback": True},
        },
    )
