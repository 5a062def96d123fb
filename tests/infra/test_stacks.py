"""Where a stack's parameters come from, and what may not be changed."""

from typing import Any

import pytest

from commands.names import Names, read_definition, resolve
from commands.report import Failure
from infra.stacks import (
    STACKS,
    camel,
    check_connections,
    chosen,
    default,
    literal,
    named,
    repository_of,
    revision,
    stack_name,
    taken,
    template,
)
from tests.infra.templates import FOLDER

NAMES: Names = resolve(read_definition(FOLDER.parent / "task-definition.json"), {"BASE_URL": "https://x.example", "ECS_CLUSTER": "mine"})
PARAMETER = {"ParameterKey": "MaxTasks", "DefaultValue": "10"}
OURS, THEIRS = "arn:aws:ecs:r:1:task-definition/lms-ecs-task:7", "arn:aws:ecs:r:1:task-definition/lms-bootstrap:1"


def test_a_name_of_the_pipeline_is_a_parameter() -> None:
    found = named(NAMES)
    assert (found["EcsCluster"], found["SecretName"], found["InfraRole"]) == ("mine", "lms-ecs/app", "lms-ecs-infra")
    assert camel({"MAX_TASKS": "4", "bucket": "b"}) == {"MaxTasks": "4", "Bucket": "b"}


@pytest.mark.parametrize(
    ("url", "bucket", "prefix"),
    [("s3://files", "files", "uploads/"), ("s3://files/", "files", "uploads/"), ("s3://a/b/c", "a", "b/c/uploads/")],
)
def test_the_bucket_and_where_uploads_begin_are_what_the_app_is_told(url: str, bucket: str, prefix: str) -> None:
    names = resolve(read_definition(FOLDER.parent / "task-definition.json"), {"BASE_URL": "https://x.example", "STORAGE_URL": url})
    assert (named(names)["Bucket"], named(names)["UploadsPrefix"]) == (bucket, prefix)


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("Name: !Ref Bucket", 'Name: "files"'),
        ("Name: !Ref Other # why", "Name: !Ref Other # why"),
        ("Name: !Ref BucketPolicy", "Name: !Ref BucketPolicy"),
        ("Name: !Sub ${Bucket}-x", "Name: files-x"),
        ("Name: !Sub ${Bucket}-${AWS::Region}", "Name: !Sub files-${AWS::Region}"),
        ('[!Sub "arn:${Bucket}", !Sub "${AWS::Region}"]', '[!Sub "arn:files", !Sub "${AWS::Region}"]'),
    ],
)
def test_names_are_written_out_so_that_what_has_them_is_adopted(line: str, written: str) -> None:
    assert literal(line, {"Bucket": "files"}) == written


def test_every_stack_has_a_template_and_a_name() -> None:
    assert stack_name(STACKS[0]) == "lms-ecs-foundation"
    assert all("!Ref EcsCluster" not in template(stack, named(NAMES)) for stack in STACKS)
    assert 'ClusterName: "mine"' in template("service", named(NAMES))


@pytest.mark.parametrize(
    ("before", "given", "found", "value"),
    [
        (set(), {}, {}, []),
        (set(), {}, {"MaxTasks": "3"}, [{"ParameterKey": "MaxTasks", "ParameterValue": "3"}]),
        (set(), {}, {"MaxTasks": ""}, []),
        ({"MaxTasks"}, {}, {"MaxTasks": "3"}, [{"ParameterKey": "MaxTasks", "UsePreviousValue": True}]),
        ({"MaxTasks"}, {"MaxTasks": "4"}, {"MaxTasks": "3"}, [{"ParameterKey": "MaxTasks", "ParameterValue": "4"}]),
        ({"MaxTasks"}, {"MaxTasks": ""}, {}, [{"ParameterKey": "MaxTasks", "ParameterValue": ""}]),
        (set(), {"Unknown": "4"}, {}, []),
    ],
)
def test_what_was_found_counts_for_a_new_stack_and_what_is_set_for_every_one(
    before: set[str], given: dict[str, str], found: dict[str, str], value: list[dict[str, Any]]
) -> None:
    assert chosen([PARAMETER], before, given, found) == value


def test_a_parameter_without_a_value_is_named() -> None:
    with pytest.raises(Failure, match="nothing says Owner: The GitHub owner"):
        chosen([{"ParameterKey": "Owner", "Description": "The GitHub owner"}], set(), {}, {})


@pytest.mark.parametrize(
    ("tasks", "connections", "fits"), [("10", "225", True), ("10", "201", True), ("10", "200", False), ("12", "225", False)]
)
def test_more_tasks_than_the_database_serves_are_refused(tasks: str, connections: str, fits: bool) -> None:
    values = {"MaxTasks": tasks, "DatabaseConnections": connections, "WebConcurrency": "1"}
    if fits:
        check_connections(values)
    else:
        with pytest.raises(Failure, match=f"MAX_TASKS={tasks} may open {int(tasks) * 20} connections in a roll"):
            check_connections(values)


def test_a_default_is_the_templates() -> None:
    assert (default("service", "MaxTasks"), default("data", "DatabaseConnections"), default("data", "DatabaseZones")) == (
        "10",
        "225",
        "one",
    )


@pytest.mark.parametrize(
    ("remote", "found"),
    [
        ("git@github.com:nationslab/lms.git\n", {"Owner": "nationslab", "Repository": "lms"}),
        ("https://github.com/nationslab/lms.x/", {"Owner": "nationslab", "Repository": "lms.x"}),
        ("github.com/o/r", {"Owner": "o", "Repository": "r"}),
        ("https://example.com/o/r", {}),
        ("", {}),
    ],
)
def test_a_remote_says_whom_the_roles_trust(remote: str, found: dict[str, str]) -> None:
    assert repository_of(remote) == found


def test_a_service_that_is_there_is_taken_with_its_network() -> None:
    group = {"TargetGroupArn": "arn:tg", "LoadBalancerArns": ["arn:aws:elasticloadbalancing:r:1:loadbalancer/app/lms/12"]}
    subnets = [{"SubnetId": "a", "VpcId": "vpc"}, {"SubnetId": "b", "VpcId": "vpc"}]
    found = taken({"serviceName": "s"}, group, subnets, "10.0.0.0/16")
    assert found == {"TargetGroup": "arn:tg", "Balancer": "app/lms/12", "Vpc": "vpc", "VpcCidr": "10.0.0.0/16", "PublicSubnets": "a,b"}
    with pytest.raises(Failure, match="the service s is there without a load balancer"):
        taken({"serviceName": "s"}, {}, subnets, "10.0.0.0/16")


def service(definition: str, *states: str) -> dict[str, Any]:
    return {"serviceName": "lms", "taskDefinition": definition, "deployments": [{"rolloutState": state} for state in states]}


@pytest.mark.parametrize(
    ("there", "runs"),
    [(None, ""), (service(THEIRS, "COMPLETED"), ""), (service(OURS, "COMPLETED"), OURS), (service(OURS, "COMPLETED", "FAILED"), OURS)],
)
def test_the_revision_that_runs_is_passed_back(there: dict[str, Any] | None, runs: str) -> None:
    assert revision(there, "lms-bootstrap") == runs


def test_no_stack_is_touched_while_a_deployment_is_under_way() -> None:
    with pytest.raises(Failure, match="a deployment of lms is under way"):
        revision(service(OURS, "COMPLETED", "IN_PROGRESS"), "lms-bootstrap")
