"""The lines to paste say what the templates say. That they work is shown on the embedded AWS (tests/rehearsal/aws)."""

import json
import shlex
from dataclasses import replace
from typing import Any

import pytest

from commands.names import Names
from commands.trust import JOBS
from infra import paste
from infra.stacks import named
from tests.infra.templates import Template, read


def calls(line: str) -> list[dict[str, Any]]:
    """The calls of a line of `aws` alone: what is called, and its options, JSON as values."""
    found = []
    for call in line.split(" && "):
        words = shlex.split(call)
        assert words[0] == "aws"
        values = [json.loads(word) if word[0] in "{[" else word for word in words[4::2]]
        found.append({"call": " ".join(words[1:3]), **dict(zip(words[3::2], values, strict=True))})
    return found


@pytest.mark.parametrize("job", paste.TEMPLATES)
def test_a_role_is_made_as_its_template_makes_it(job: str, names: Names) -> None:
    stack, resource = paste.TEMPLATES[job]
    template = Template(read()[stack], named(names), names.aws_account_id, names.aws_region)
    wanted = template.resources[resource]["Properties"]
    made, *gives = calls(paste.role(job, names, {"Version": "mine"} if job in JOBS else None))
    assert made["--role-name"] == wanted["RoleName"]
    assert made["--assume-role-policy-document"] == ({"Version": "mine"} if job in JOBS else wanted["AssumeRolePolicyDocument"])
    boundary = f"arn:aws:iam::{names.aws_account_id}:policy/lms-ecs-boundary"
    assert made.get("--permissions-boundary") == (boundary if "PermissionsBoundary" in wanted else None)
    policies = [one["--policy-document"] for one in gives if one["call"] == "iam put-role-policy"]
    assert policies == [one["PolicyDocument"] for one in wanted.get("Policies", [])]
    attached = [one["--policy-arn"] for one in gives if one["call"] == "iam attach-role-policy"]
    assert attached == [boundary for _ in wanted.get("ManagedPolicyArns", [])]


def test_the_registry_is_made_as_its_template_makes_it(names: Names) -> None:
    wanted = Template(read()["foundation"], named(names)).resources["Images"]["Properties"]
    made, cleans = calls(paste.registry(names))
    assert made["--image-tag-mutability"] == wanted["ImageTagMutability"]
    assert cleans["--lifecycle-policy-text"] == json.loads(wanted["LifecyclePolicy"]["LifecyclePolicyText"])


def test_the_service_is_made_as_its_template_makes_it_idle_and_where_it_was(names: Names) -> None:
    wanted = Template(read()["service"], named(names)).resources["Service"]["Properties"]
    where = {"loadBalancers": [{"containerPort": 8000}], "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["a"]}}}
    (made,) = calls(paste.service(names, where, "lms-ecs-task"))
    config, breaker = made["--deployment-configuration"], wanted["DeploymentConfiguration"]["DeploymentCircuitBreaker"]
    assert (made["--desired-count"], made["--health-check-grace-period-seconds"]) == ("0", str(wanted["HealthCheckGracePeriodSeconds"]))
    assert (made["--load-balancers"], made["--network-configuration"]) == (where["loadBalancers"], where["networkConfiguration"])
    assert (config["minimumHealthyPercent"], config["maximumPercent"]) == (100, 200)
    assert config["deploymentCircuitBreaker"]["thresholdConfiguration"]["value"] == breaker["ThresholdConfiguration"]["Value"]
    assert config["deploymentCircuitBreaker"]["resetOnHealthyTask"] == breaker["ResetOnHealthyTask"]
    assert config["alarms"]["alarmNames"] == [f"{names.ecs_service}-5xx"]


def test_the_alarm_is_made_as_its_template_makes_it(names: Names) -> None:
    wanted = Template(read()["service"], named(names)).resources["ErrorsAlarm"]["Properties"]
    group, balancer = "arn:aws:e:r:1:targetgroup/lms-ecs/12", "arn:aws:e:r:1:loadbalancer/app/lms-ecs/34"
    (made,) = calls(paste.alarm(names, group, balancer))
    found = made["--cli-input-json"]
    assert [one["Value"] for one in found.pop("Dimensions")] == ["targetgroup/lms-ecs/12", "app/lms-ecs/34"]
    assert found == {name: value for name, value in wanted.items() if name not in ("Dimensions", "AlarmActions")}


@pytest.mark.parametrize(("region", "place"), [("us-east-1", None), ("ap-northeast-2", {"LocationConstraint": "ap-northeast-2"})])
def test_a_bucket_is_told_its_region_where_that_is_not_the_first(region: str, place: Any, names: Names) -> None:
    made, versions = calls(paste.bucket(replace(names, aws_region=region)))
    assert made.get("--create-bucket-configuration") == place
    assert versions["--versioning-configuration"] == {"Status": "Enabled"}


@pytest.mark.parametrize(
    ("keys", "there", "begins", "has"),
    [
        (["SECRET_KEY"], "json", "aws secretsmanager get-secret-value", "put-secret-value --secret-id lms-ecs/app"),
        (["SECRET_KEY", "OTHER"], "text", "echo '{}' | python3", "put-secret-value --secret-id lms-ecs/app"),
        (["DATABASE_URL"], "nothing", "echo '{}' | python3", "create-secret --name lms-ecs/app"),
    ],
)
def test_a_secret_keeps_what_it_has_and_nothing_of_it_is_in_the_line(
    keys: list[str], there: str, begins: str, has: str, names: Names
) -> None:
    line = paste.secret(names, keys, there)
    assert line.startswith(begins)
    assert has in line
    assert ("lms-ecs/app-database" in line) == ("DATABASE_URL" in keys)
    program = shlex.split(line.partition("python3 -c ")[2])[0]
    compile(program, "line", "exec")
