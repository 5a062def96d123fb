"""What our parts ask of MiniStack: roles, OIDC providers, sessions, and the settings of target groups."""

from collections.abc import Mapping
from typing import Any

import boto3
import botocore.config
import botocore.exceptions

from tests.rehearsal.aws.health import HealthCheck


class Lookups:
    """Thin clients of MiniStack, as the account's root. Safe to use from several threads."""

    def __init__(self, *, account: str, region: str, endpoint_url: str) -> None:
        session = boto3.session.Session(aws_access_key_id=account, aws_secret_access_key="rehearsal", region_name=region)
        config = botocore.config.Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30)
        self._iam, self._sts, self._elb = (
            session.client(name, endpoint_url=endpoint_url, config=config) for name in ("iam", "sts", "elbv2")
        )
        self._roles: dict[str, str] = {}  # the name of a session's role, by its access key

    def role_of(self, key: str) -> str:
        """The name of the role whose session has that access key; empty if it is none."""
        return self._roles.get(key, "")

    def _kept(self, answer: dict[str, Any]) -> dict[str, Any]:
        self._roles[answer["Credentials"]["AccessKeyId"]] = answer["AssumedRoleUser"]["Arn"].split("/")[-2]
        return answer

    def trust_policy(self, role_arn: str) -> Mapping[str, Any] | None:
        """The trust policy of a role; None if there is no such role."""
        try:
            role = self._iam.get_role(RoleName=role_arn.rpartition("/")[2])["Role"]
        except botocore.exceptions.ClientError:
            return None
        document: Mapping[str, Any] = role["AssumeRolePolicyDocument"]
        return document if role["Arn"] == role_arn else None

    def policies(self, role: str) -> list[Mapping[str, Any]]:
        """The policies written into a role; those that are attached to it are not asked for."""
        names = self._iam.list_role_policies(RoleName=role)["PolicyNames"]
        return [self._iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]

    def audiences(self, provider_arn: str) -> list[str] | None:
        """The client ids of an OIDC provider; None if there is no such provider."""
        try:
            return list(self._iam.get_open_id_connect_provider(OpenIDConnectProviderArn=provider_arn)["ClientIDList"])
        except botocore.exceptions.ClientError:
            return None

    def session(self, role_arn: str, name: str, seconds: int = 3600) -> dict[str, Any]:
        """What AssumeRole answers, to the account's root."""
        return self._kept(dict(self._sts.assume_role(RoleArn=role_arn, RoleSessionName=name, DurationSeconds=seconds)))

    def web_session(self, form: Mapping[str, str]) -> dict[str, Any]:
        """What AssumeRoleWithWebIdentity answers to a call that was decided."""
        known = {name: form[name] for name in ("RoleArn", "RoleSessionName", "WebIdentityToken") if name in form}
        seconds = int(form.get("DurationSeconds", "3600"))
        return self._kept(dict(self._sts.assume_role_with_web_identity(**known, DurationSeconds=seconds)))

    def health_check(self, target_group_arn: str) -> HealthCheck:
        """The settings of a target group; those of AWS for one that does not exist."""
        try:
            group = self._elb.describe_target_groups(TargetGroupArns=[target_group_arn])["TargetGroups"][0]
            attributes = self._elb.describe_target_group_attributes(TargetGroupArn=target_group_arn)["Attributes"]
        except (botocore.exceptions.ClientError, IndexError):
            group, attributes = {}, []
        return settings(group, {each["Key"]: each["Value"] for each in attributes})


def settings(group: Mapping[str, Any], attributes: Mapping[str, str]) -> HealthCheck:
    """A target group as elbv2 describes it, with AWS's defaults for what is missing."""
    return HealthCheck(
        path=group.get("HealthCheckPath") or "/",
        interval=group.get("HealthCheckIntervalSeconds") or 30,
        timeout=group.get("HealthCheckTimeoutSeconds") or 5,
        healthy=group.get("HealthyThresholdCount") or 5,
        unhealthy=group.get("UnhealthyThresholdCount") or 2,
        matcher=(group.get("Matcher") or {}).get("HttpCode") or "200",
        deregistration_delay=float(attributes.get("deregistration_delay.timeout_seconds", "300")),
    )
