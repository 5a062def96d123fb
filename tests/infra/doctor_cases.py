"""An account in which everything is in order, as doctor asks it, changes to it, and what is found then."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

from botocore.exceptions import NoCredentialsError

from commands.trust import AUDIENCE, ISSUER, JOBS, policy
from tests.pipeline.conftest import Script, refusal
from tests.pipeline.hub import NUMBERED, PREFIX
from tests.pipeline.whole_cloud import GROUP, SERVICE, TRUST, Change, Iam, answer, clients, nothing, role
from tests.pipeline.whole_cloud import served as serving

PROVIDER = f"arn:aws:iam::471112588210:oidc-provider/{ISSUER}"
SECRET = "arn:aws:secretsmanager:ap-northeast-2:471112588210:secret:lms-ecs/app-AbCdEf"
REPOSITORY: dict[str, Any] = {
    "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
    "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "latest"}],
    "imageScanningConfiguration": {"scanOnPush": True},
}
IN_ORDER = SERVICE | {"healthCheckGracePeriodSeconds": 60}
VALUE = json.dumps({"DATABASE_URL": "postgresql://x", "SECRET_KEY": "hush"})


SUBNETS = [{"VpcId": "vpc-1", "CidrBlock": f"10.20.{at}.0/24"} for at in (0, 1)]
BALANCER: dict[str, Any] = {
    "LoadBalancerArn": "arn:aws:elasticloadbalancing:ap-northeast-2:471112588210:loadbalancer/app/lms-ecs/12",
    "SecurityGroups": ["sg-1"],
    "AvailabilityZones": [{"SubnetId": "subnet-a"}, {"SubnetId": "subnet-b"}],
}
TARGETS: dict[str, Any] = {"TargetGroupName": "lms-ecs", "TargetGroupArn": GROUP, "TargetType": "ip", "Port": 8000}
TARGETS |= {"LoadBalancerArns": [BALANCER["LoadBalancerArn"]]}


def walls(into: Any = (), out: Any = ()) -> dict[str, Any]:
    """The one security group of load balancer and tasks: these rules instead of letting everything through."""
    free = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    group = {"GroupId": "sg-1", "VpcId": "vpc-1", "IpPermissions": list(into) or free, "IpPermissionsEgress": list(out) or free}
    return {"SecurityGroups": [group]}


class Account(Iam):
    """IAM that knows GitHub too, and whether a role may do what it needs."""

    audiences: tuple[str, ...] = (AUDIENCE,)
    denied: dict[str, str] = {}
    """By action, what is not allowed."""

    def get_open_id_connect_provider(self, *, OpenIDConnectProviderArn: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
        """The provider, or AWS's refusal."""
        if OpenIDConnectProviderArn != PROVIDER or not self.audiences:
            raise refusal("NoSuchEntity", "OpenIDConnect Provider not found")
        return {"ClientIDList": list(self.audiences)}

    def simulate_principal_policy(self, **asked: Any) -> dict[str, Any]:
        """Of reading that very secret, and of what the app does with its bucket; as at AWS only where there is such a role."""
        (action,), (arn,) = asked["ActionNames"], asked["ResourceArns"]
        assert arn == SECRET if action == "secretsmanager:GetSecretValue" else arn.startswith("arn:aws:s3:::lms-ecs-471112588210")
        self.get_role(RoleName=asked["PolicySourceArn"].rpartition("/")[2])
        return {"EvaluationResults": [{"EvalDecision": self.denied.get(action, "allowed")}]}


def account(folder: Path) -> dict[str, Any]:
    """The clients, by service."""
    found = clients(folder)
    trusted = {job: role(f"lms-ecs-{job}", {"AssumeRolePolicyDocument": policy(PROVIDER, [NUMBERED], job)}) for job in JOBS}
    tasks = (role(name, {"AssumeRolePolicyDocument": TRUST}) for name in ("ecsTaskExecutionRole", "ecsTaskRole"))
    found["iam"] = Account(*trusted.values(), *tasks)
    found["sts"] = Script("sts", get_caller_identity=[{"Account": "471112588210"}])
    found["s3"] = Script("s3", head_bucket=[{}], get_bucket_policy=[refusal("NoSuchBucketPolicy")])
    found["cloudformation"] = Script("cloudformation", describe_stacks=[refusal("ValidationError", "Stack does not exist")])
    found["ec2"].answers |= {"describe_subnets": [{"Subnets": SUBNETS}]}
    found["ec2"].answers["describe_security_groups"] = [walls()]
    found["elbv2"].answers |= {
        "describe_target_groups": [{"TargetGroups": [deepcopy(TARGETS)]}],
        "describe_load_balancers": [{"LoadBalancers": [deepcopy(BALANCER)]}],
        "describe_listeners": [{"Listeners": [{"Port": 80}]}],
    }
    found["ecs"].answers["list_task_definitions"] = [{"taskDefinitionArns": []}]
    found["ecr"].answers["describe_repositories"] = [{"repositories": [deepcopy(REPOSITORY)]}]
    found["ecs"].answers["describe_services"] = [{"services": [deepcopy(IN_ORDER)]}]
    found["ecs"].answers["describe_clusters"] = [{"clusters": [{"status": "ACTIVE"}]}]
    found["logs"].answers["describe_log_groups"] = [{"logGroups": [{"logGroupName": "/ecs/lms-ecs", "retentionInDays": 30}]}]
    found["secretsmanager"].answers |= {"describe_secret": [{"ARN": SECRET}], "get_secret_value": [{"SecretString": VALUE}]}
    return found


def repository(**members: Any) -> Change:
    """The registry's repository is another one."""
    found = {name: value for name, value in (REPOSITORY | members).items() if value}
    return answer("ecr", "describe_repositories", {"repositories": [found]})


def scanned(how: str) -> Change:
    """The registry as a whole scans so, the repository by itself does not."""

    def change(on: Any) -> None:
        repository(imageScanningConfiguration={"scanOnPush": False})(on)
        found = {"scanningConfigurations": [{"scanFrequency": how}]}
        answer("ecr", "batch_get_repository_scanning_configuration", found)(on)

    return change


def trusting(job: str, *prefixes: str, like: str = "", **known: list[str]) -> Change:
    """That job's role trusts these; `known` are the prefixes that GitHub's answers leave."""

    def change(on: Any) -> None:
        document = policy(PROVIDER, prefixes or [NUMBERED], like or job)
        on.client("iam").roles[f"lms-ecs-{job}"] = role(f"lms-ecs-{job}", {"AssumeRolePolicyDocument": document})
        on.prefixes = known.get("known", on.prefixes)

    return change


def put(**members: Any) -> Change:
    """IAM says something else."""
    return lambda on: vars(on.client("iam")).update(members)


def value(text: str) -> Change:
    """The secret holds something else."""
    return answer("secretsmanager", "get_secret_value", {"SecretString": text})


BOTH = [PREFIX, NUMBERED]
TABLE: list[tuple[str, Change, str, str]] = [
    ("account/credentials", nothing, "OK", "471112588210"),
    ("account/credentials", answer("sts", "get_caller_identity", {"Account": "1" * 12}), "NG", "are of 111111111111, the deploy goes to"),
    ("account/credentials", answer("sts", "get_caller_identity", NoCredentialsError()), "SKIP", "Unable to locate credentials"),
    ("account/credentials", answer("sts", "get_caller_identity", refusal("ExpiredToken")), "SKIP", "ExpiredToken"),
    ("account/OIDC provider", nothing, "OK", ISSUER),
    ("account/OIDC provider", put(audiences=()), "NG", "NoSuchEntity"),
    ("account/OIDC provider", put(audiences=("https://github.com/o",)), "NG", "takes tokens for https://github.com/o, not for sts"),
    ("roles/build", nothing, "OK", f"lms-ecs-build trusts {NUMBERED}:ref:refs/heads/main"),
    ("roles/build", trusting("build", PREFIX), "NG", f"lms-ecs-build does not trust {NUMBERED}:ref:refs/heads/main on refs/heads/main"),
    ("roles/build", trusting("build", "repo:o*"), "NG", "does not trust"),
    ("roles/deploy", nothing, "OK", f"lms-ecs-deploy trusts {NUMBERED}:environment:production"),
    ("roles/deploy", trusting("deploy", known=BOTH), "OK", f"{NUMBERED}:environment:production (which form GitHub gives cannot be seen)"),
    ("roles/deploy", trusting("deploy", PREFIX, known=[]), "OK", f"{PREFIX}:environment:production (which form"),
    ("roles/deploy", trusting("deploy", *BOTH, known=BOTH), "OK", f"lms-ecs-deploy trusts {PREFIX}:environment:production"),
    ("roles/deploy", trusting("deploy", known=[]), "OK", f"{NUMBERED}:environment:production (which form GitHub gives cannot be seen)"),
    ("roles/deploy", trusting("deploy", "repo:nationslab@1/other@2", known=[]), "NG", f"does not trust {PREFIX}:environment:production"),
    ("roles/deploy", trusting("deploy", like="build"), "NG", "on refs/heads/main and refs/tags/v*"),
    ("roles/deploy", lambda on: on.client("iam").roles.pop("lms-ecs-deploy"), "NG", "NoSuchEntity"),
    ("roles/release", nothing, "OK", "environment:release"),
    ("roles/release", trusting("release", like="deploy"), "NG", "environment:release on refs/tags/v*"),
    ("roles/read", nothing, "OK", "lms-ecs-read"),
    ("roles/read", trusting("read", PREFIX), "NG", "does not trust"),
    ("roles/infra", nothing, "OK", "environment:infrastructure"),
    ("roles/infra", trusting("infra", like="deploy"), "NG", "environment:infrastructure on refs/heads/main"),
    ("registry/tags", nothing, "OK", "lms-ecs, immutable but latest, scanned"),
    ("registry/tags", repository(imageTagMutability="MUTABLE", imageTagMutabilityExclusionFilters=[]), "NG", "its tags are MUTABLE, not"),
    ("registry/tags", repository(imageTagMutability="IMMUTABLE", imageTagMutabilityExclusionFilters=[]), "NG", "are IMMUTABLE, not"),
    ("registry/tags", repository(imageTagMutabilityExclusionFilters=[{"filterType": "WILDCARD", "filter": "*"}]), "NG", "but ['*'], not"),
    ("registry/tags", scanned("MANUAL"), "NG", "what is pushed is not scanned"),
    ("registry/tags", scanned("CONTINUOUS_SCAN"), "OK", "scanned"),
    ("registry/tags", answer("ecr", "describe_repositories", refusal("RepositoryNotFoundException")), "NG", "RepositoryNotFoundException"),
    ("service/cluster", nothing, "OK", "lms-ecs"),
    ("service/cluster", answer("ecs", "describe_clusters", {"clusters": [{"status": "INACTIVE"}]}), "NG", "there is no active cluster"),
    ("service/settings", nothing, "OK", "100 to 200 percent, 60 s of grace"),
    ("service/settings", serving(deploymentConfiguration={"minimumHealthyPercent": 50}), "NG", "50 to 200 percent, 60 s of grace, not 100"),
    ("service/settings", serving(deploymentConfiguration={"maximumPercent": 150}), "NG", "100 to 150 percent"),
    ("service/settings", serving(healthCheckGracePeriodSeconds=5), "NG", "5 s of grace, not"),
    ("service/settings", lambda on: on.service.clear(), "SKIP", "nothing says 'deploymentConfiguration'"),
    ("task/log retention", nothing, "OK", "30 days"),
    ("task/log retention", answer("logs", "describe_log_groups", {"logGroups": [{"logGroupName": "/ecs/lms-ecs"}]}), "NG", "for ever"),
    ("task/log retention", answer("logs", "describe_log_groups", {"logGroups": []}), "SKIP", "nothing says '/ecs/lms-ecs'"),
    ("task/secret keys", nothing, "OK", "DATABASE_URL, SECRET_KEY"),
    ("task/secret keys", value('{"DATABASE_URL": "hush", "SECRET_KEY": ""}'), "NG", "lms-ecs/app lacks SECRET_KEY"),
    ("task/secret keys", value('["hush"]'), "NG", "lms-ecs/app lacks DATABASE_URL, SECRET_KEY"),
    ("task/secret keys", value("hush: hush"), "NG", "its value is not JSON"),
    ("task/secret keys", answer("secretsmanager", "get_secret_value", refusal("AccessDeniedException")), "SKIP", "names cannot be seen"),
    ("task/secret reader", nothing, "OK", "ecsTaskExecutionRole reads it"),
    ("task/secret reader", put(denied={"secretsmanager:GetSecretValue": "implicitDeny"}), "NG", f"Role may not read {SECRET}"),
    ("task/secret reader", answer("secretsmanager", "describe_secret", refusal("ResourceNotFoundException")), "SKIP", "secret cannot be"),
    ("task/secret reader", lambda on: on.client("iam").roles.pop("ecsTaskExecutionRole"), "SKIP", "there is no role ecsTask"),
    ("task/bucket", nothing, "OK", "lms-ecs-471112588210"),
    ("task/bucket", answer("s3", "head_bucket", refusal("404", "Not Found")), "NG", "404"),
]  # fmt: skip
