"""Trust policies and the decision of AssumeRoleWithWebIdentity."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.rehearsal.aws.claims import ISSUER
from tests.rehearsal.aws.identity import TO, Identities, Refused, decide, form_of, granted
from tests.rehearsal.aws.trust import allows, like, trusts
from tests.rehearsal.ecs.errors import ApiError

HOST = "token.actions.githubusercontent.com"
ROLE = "arn:aws:iam::471112588210:role/lms-ecs-deploy"
PROVIDER = f"arn:aws:iam::471112588210:oidc-provider/{HOST}"
PRODUCTION = {"iss": ISSUER, "aud": "sts.amazonaws.com", "sub": "repo:o/r:environment:production", "ref": "refs/heads/main", "exp": 1000}


def policy(condition: Any = None, **changes: Any) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition or {},
    }
    return {"Version": "2012-10-17", "Statement": [statement | changes]}


def allowed(document: dict[str, Any], **context: str | list[str]) -> bool:
    keys = {f"{HOST}:{name}": value for name, value in context.items()}
    return trusts(document, kind="Federated", principal=PROVIDER, action="sts:AssumeRoleWithWebIdentity", context=keys)


@pytest.mark.parametrize(
    ("text", "pattern", "matches"),
    [
        ("repo:o/r:ref:refs/heads/main", "repo:o/r:*", True),
        ("repo:o/r:ref:refs/heads/main", "repo:o/*:ref:refs/heads/mai?", True),
        ("repo:o/r2:ref", "repo:o/r:*", False),
        ("a[b]", "a[b]", True),
        ("ab", "a[b]", False),
        ("Repo", "repo", False),
    ],
)
def test_a_pattern_knows_stars_and_question_marks_only(text: str, pattern: str, matches: bool) -> None:
    assert like(text, pattern) is matches


@pytest.mark.parametrize(
    ("condition", "grants"),
    [
        ({}, True),
        ({"StringEquals": {f"{HOST}:sub": "repo:o/r:environment:production"}}, True),
        ({"StringEquals": {f"{HOST}:SUB": ["x", "repo:o/r:environment:production"]}}, True),
        ({"StringEquals": {f"{HOST}:sub": "repo:o/r:*"}}, False),
        ({"StringLike": {f"{HOST}:sub": "repo:o/r:*", f"{HOST}:ref": ["refs/heads/main", "refs/tags/v*"]}}, True),
        ({"StringLike": {f"{HOST}:sub": "repo:o/r:*", f"{HOST}:ref": ["refs/tags/v*"]}}, False),
        ({"StringEquals": {f"{HOST}:environment": "production"}}, False),
        ({"StringEqualsIfExists": {f"{HOST}:environment": "production"}}, True),
        ({"StringNotEquals": {f"{HOST}:ref": "refs/heads/evil"}}, True),
        ({"StringNotLike": {f"{HOST}:ref": ["refs/tags/*", "refs/heads/*"]}}, False),
        ({"StringEqualsIgnoreCase": {f"{HOST}:ref": "REFS/heads/main"}}, True),
        ({"ForAnyValue:StringEquals": {f"{HOST}:groups": ["b", "c"]}}, True),
        ({"ForAllValues:StringEquals": {f"{HOST}:groups": ["b", "c"]}}, False),
        ({"ForAllValues:StringEquals": {f"{HOST}:nothing": "x"}}, True),
        ({"ForAnyValue:StringEquals": {f"{HOST}:nothing": "x"}}, False),
        ({"Null": {f"{HOST}:environment": "true"}}, True),
        ({"Null": {f"{HOST}:ref": True}}, False),
        ({"NumericEquals": {f"{HOST}:exp": "1"}}, False),
    ],
)
def test_a_role_is_granted_only_if_every_condition_holds(condition: Any, grants: bool) -> None:
    context: dict[str, Any] = {"sub": "repo:o/r:environment:production", "ref": "refs/heads/main", "groups": ["a", "b"]}
    assert allowed(policy(condition), **context) is grants


@pytest.mark.parametrize(
    ("document", "grants"),
    [
        (policy(Principal={"Federated": [PROVIDER, "other"]}), True),
        (policy(Principal={"Federated": "arn:aws:iam::1:oidc-provider/other"}), False),
        (policy(Principal={"Service": PROVIDER}), False),
        (policy(Principal="*"), True),
        (policy(Action=["sts:TagSession", "sts:assumerolewithwebidentity"]), True),
        (policy(Action="sts:*"), True),
        (policy(Action="sts:AssumeRole"), False),
        ({"Statement": policy()["Statement"][0]}, True),
        ({"Statement": [*policy()["Statement"], *policy(Effect="Deny")["Statement"]]}, False),
        ({"Statement": [*policy()["Statement"], *policy({"StringLike": {f"{HOST}:sub": "x"}}, Effect="Deny")["Statement"]]}, True),
        ({"Statement": [*policy()["Statement"], *policy({"Unheard": {"a": "x"}}, Effect="Deny")["Statement"]]}, False),
        ({}, False),
    ],
)
def test_principal_action_and_effect_decide_with_the_conditions(document: dict[str, Any], grants: bool) -> None:
    assert allowed(document, sub="repo:o/r:environment:production") is grants


class Iam:
    """One role, and one provider that knows one audience."""

    def __init__(self, document: dict[str, Any] | None = None, known: list[str] | None = None) -> None:
        self.document, self.known = document, known

    def trust_policy(self, role_arn: str) -> dict[str, Any] | None:
        return self.document if role_arn == ROLE else None

    def audiences(self, provider_arn: str) -> list[str] | None:
        return self.known if provider_arn == PROVIDER else None

    def policies(self, role: str) -> list[dict[str, Any]]:
        raise NotImplementedError

    def web_session(self, form: Mapping[str, str]) -> dict[str, Any]:
        raise NotImplementedError


def decided(claims: dict[str, Any], *, iam: Iam | None = None, role: str = ROLE, now: float = 900) -> str:
    """The code of the refusal, or nothing."""
    known = iam or Iam(policy({"StringEquals": {f"{HOST}:sub": PRODUCTION["sub"]}}), ["sts.amazonaws.com"])
    try:
        decide({"RoleArn": role, "WebIdentityToken": "token"}, read=lambda token: claims, iam=known, now=now)
    except Refused as error:
        return f"{error.status} {error.code}"
    return ""


@pytest.mark.parametrize(
    ("code", "claims", "others"),
    [
        ("", {}, {}),
        ("403 AccessDenied", {"sub": "repo:o/r:ref:refs/heads/main"}, {}),
        ("403 AccessDenied", {}, {"role": ROLE + "2"}),
        ("400 InvalidIdentityToken", {"aud": "https://github.com/o"}, {}),
        ("400 InvalidIdentityToken", {"iss": "https://elsewhere"}, {}),
        ("400 InvalidIdentityToken", {}, {"iam": Iam(policy(), None)}),
        ("400 InvalidIdentityToken", {}, {"role": "nonsense"}),
        ("400 ExpiredTokenException", {}, {"now": 1000}),
    ],
)
def test_a_token_is_refused_with_the_error_of_sts(code: str, claims: dict[str, Any], others: dict[str, Any]) -> None:
    assert decided(PRODUCTION | claims, **others) == code


def test_a_token_of_another_issuer_is_no_token() -> None:
    def read(token: str) -> dict[str, Any]:
        raise ValueError(token)

    with pytest.raises(Refused, match="InvalidIdentityToken") as refused:
        decide({"RoleArn": ROLE, "WebIdentityToken": "x"}, read=read, iam=Iam())
    assert b"<Code>InvalidIdentityToken</Code>" in refused.value.xml()


def test_the_answer_names_the_subject_of_the_token_and_the_session() -> None:
    session = {
        "Credentials": {"AccessKeyId": "ASIA", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": datetime(2026, 1, 1, tzinfo=UTC)},
        "AssumedRoleUser": {"AssumedRoleId": "AROA:x", "Arn": "arn:x"},
    }
    answer = granted(PRODUCTION | {"sub": "a<b"}, session).decode()
    assert "<SubjectFromWebIdentityToken>a&lt;b</SubjectFromWebIdentityToken><Audience>sts.amazonaws.com</Audience>" in answer
    assert "<SessionToken>t</SessionToken><Expiration>2026-01-01T00:00:00Z</Expiration></Credentials>" in answer
    assert "<AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId><Arn>arn:x</Arn></AssumedRoleUser>" in answer


def test_a_form_is_read_with_its_escapes() -> None:
    assert form_of(b"Action=X&RoleArn=arn%3Aaws%3A%3A&Empty=") == {"Action": "X", "RoleArn": "arn:aws::", "Empty": ""}


PASS = {"Effect": "Allow", "Action": ["iam:PassRole"], "Resource": "arn:aws:iam::1:role/ecsTask*"}


@pytest.mark.parametrize(
    ("statements", "may"),
    [
        ([PASS], True),
        ([PASS | {"Action": "IAM:Pass*", "Resource": "*"}], True),
        ([PASS | {"Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}}], True),
        ([PASS | {"Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}}], False),
        ([PASS | {"Resource": "arn:aws:iam::1:role/other"}], False),
        ([PASS | {"Action": "iam:GetRole"}], False),
        ([PASS, PASS | {"Effect": "Deny"}], False),
        ([], False),
    ],
)
def test_an_act_needs_a_policy_that_allows_it_and_none_that_denies_it(statements: list[dict[str, Any]], may: bool) -> None:
    documents = [{"Statement": statement} for statement in statements]
    assert allows(documents, action="iam:PassRole", resource="arn:aws:iam::1:role/ecsTaskRole", context=TO) is may


class Account(Iam):
    """A deploy role that trusts production, with these statements as its policy."""

    def __init__(self, *statements: dict[str, Any]) -> None:
        super().__init__(policy(), ["sts.amazonaws.com"])
        self.statements = list(statements)

    def policies(self, role: str) -> list[dict[str, Any]]:
        assert role == "lms-ecs-deploy"
        return [{"Statement": self.statements}]

    def web_session(self, _: Mapping[str, str]) -> dict[str, Any]:
        user = {"AssumedRoleId": "A:s", "Arn": "arn:aws:sts::1:assumed-role/lms-ecs-deploy/ship-1"}
        return {"Credentials": {"AccessKeyId": "ASIA1", "Expiration": datetime(2026, 1, 1, tzinfo=UTC)}, "AssumedRoleUser": user}


def test_who_registers_a_task_definition_must_be_allowed_to_pass_its_roles_but_the_owner() -> None:
    iam = Account()
    identities = Identities(read=lambda _: PRODUCTION | {"exp": 10**10}, iam=iam)
    identities.answer({"RoleArn": ROLE, "WebIdentityToken": "t"})
    roles = {"executionRoleArn": "arn:aws:iam::1:role/ecsTaskExecutionRole", "taskRoleArn": "arn:aws:iam::1:role/ecsTaskRole"}
    session, owner = (f"AWS4-HMAC-SHA256 Credential={key}/20261101/r/ecs/aws4_request, x" for key in ("ASIA1", "471112588210"))
    identities.check_passing(owner, roles)
    with pytest.raises(ApiError, match=r"lms-ecs-deploy/ship-1 is not authorized to perform: iam:PassRole on resource: \S+ExecutionRole "):
        identities.check_passing(session, roles)
    iam.statements = [PASS]
    identities.check_passing(session, roles)
