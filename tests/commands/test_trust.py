"""Whom a trust policy lets in, and what that of each role must say."""

from typing import Any

import pytest

from commands.trust import AUDIENCE, ISSUER, JOBS, Unknown, fits, intruders, policy, trusts
from tests.rehearsal.aws import trust as rehearsed

PROVIDER = f"arn:aws:iam::471112588210:oidc-provider/{ISSUER}"
NAME, PREFIX, NUMBERED = "o/r", "repo:o/r", "repo:o@1/r@2"
ASSUME = "sts:AssumeRoleWithWebIdentity"
PRODUCTION = {"aud": AUDIENCE, "sub": "repo:o/r:environment:production", "ref": "refs/heads/main"}


def saying(**conditions: dict[str, Any]) -> dict[str, Any]:
    """A policy of one statement with these conditions; a colon of an operator is written __."""
    named = {
        operator.replace("__", ":"): {f"{ISSUER}:{claim}": value for claim, value in keys.items()} for operator, keys in conditions.items()
    }
    return {"Statement": {"Effect": "Allow", "Action": ASSUME, "Principal": {"Federated": PROVIDER}, "Condition": named}}


SUB = saying(StringEquals={"sub": PRODUCTION["sub"]})
POLICIES: list[tuple[dict[str, Any], bool]] = [
    (SUB, True),
    (saying(), True),
    (saying(StringEquals={"SUB": ["x", PRODUCTION["sub"]]}), True),
    (saying(StringEquals={"sub": "repo:o/r:*"}), False),
    (saying(StringLike={"sub": "repo:o/r:*", "ref": ["refs/tags/v*", "refs/heads/mai?"]}), True),
    (saying(StringLike={"sub": "repo:o/r:*", "ref": "refs/tags/v*"}), False),
    (saying(StringEquals={"aud": AUDIENCE}, StringLike={"sub": "repo:o/r2:*"}), False),
    (saying(StringEquals={"environment": "production"}), False),
    (saying(StringEqualsIfExists={"environment": "production"}), True),
    (saying(StringLikeIfExists={"ref": "refs/tags/*"}), False),
    (saying(ForAllValues__StringEquals={"groups": "x", "aud": AUDIENCE}), True),
    (saying(ForAnyValue__StringLike={"sub": "repo:o/*"}), True),
    ({"Statement": [SUB["Statement"] | {"Action": "sts:*", "Principal": {"Federated": [PROVIDER, "other"]}}]}, True),
    ({"Statement": [SUB["Statement"] | {"Action": ["sts:TagSession", ASSUME.lower()]}]}, True),
    ({"Statement": [SUB["Statement"] | {"Action": "sts:AssumeRole"}]}, False),
    ({"Statement": [SUB["Statement"] | {"Principal": {"Federated": PROVIDER.replace("4711", "9999")}}]}, False),
    ({"Statement": [SUB["Statement"] | {"Principal": {"AWS": PROVIDER}}]}, False),
    ({"Statement": [SUB["Statement"], SUB["Statement"] | {"Effect": "Deny"}]}, False),
    ({"Statement": []}, False),
]


@pytest.mark.parametrize(("document", "lets_in"), POLICIES)
def test_a_policy_lets_a_job_in_or_not_as_sts_would(document: dict[str, Any], lets_in: bool) -> None:
    assert trusts(document, "Federated", PROVIDER, ASSUME, PRODUCTION) is lets_in
    context = {f"{ISSUER}:{name}": value for name, value in PRODUCTION.items()}
    assert rehearsed.trusts(document, kind="Federated", principal=PROVIDER, action=ASSUME, context=context) is lets_in


def test_a_condition_that_is_not_known_here_is_said() -> None:
    with pytest.raises(Unknown, match="its condition StringNotLike is not understood"):
        trusts(saying(StringNotLike={"ref": "refs/heads/evil"}), "Federated", PROVIDER, ASSUME, PRODUCTION)


@pytest.mark.parametrize(
    ("effects", "lets_in"),
    [(["Allow"], True), (["Allow", "Deny if"], True), (["Allow if"], True), (["Allow", "Deny"], False), (["Deny"], False)],
)
def test_a_service_is_judged_as_if_conditions_allowed(effects: list[str], lets_in: bool) -> None:
    condition = {"ArnLike": {"aws:SourceArn": "arn:aws:ecs:*"}}
    one = {"Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}
    statements = [one | {"Effect": effect.split()[0]} | ({"Condition": condition} if " if" in effect else {}) for effect in effects]
    assert trusts({"Statement": statements}, "Service", "ecs-tasks.amazonaws.com", "sts:AssumeRole") is lets_in


@pytest.mark.parametrize(
    ("text", "pattern", "matches"),
    [("a/b:c", "a*", True), ("a[b]", "a[b]", True), ("ab", "a[b]", False), ("ab", "a?", True), ("a", "a?", False), ("xa", "a", False)],
)
def test_a_pattern_knows_stars_and_question_marks_only(text: str, pattern: str, matches: bool) -> None:
    assert fits(text, pattern) is matches


@pytest.mark.parametrize("prefixes", [[PREFIX], [NUMBERED], [PREFIX, NUMBERED]])
@pytest.mark.parametrize("job", JOBS)
def test_the_policy_of_a_role_lets_its_jobs_in_and_nobody_else(job: str, prefixes: list[str]) -> None:
    document, (context, refs) = policy(PROVIDER, prefixes, job), JOBS[job]
    for prefix in prefixes:
        for ref in refs:
            claims = {"aud": AUDIENCE, "sub": f"{prefix}:{context}", "ref": ref.replace("*", "1.2.3")}
            assert trusts(document, "Federated", PROVIDER, ASSUME, claims)
        assert [who for who, claims in intruders(NAME, prefix, job) if trusts(document, "Federated", PROVIDER, ASSUME, claims)] == []


def test_the_policy_of_the_deploy_role_names_subject_audience_and_refs() -> None:
    assert policy(PROVIDER, [NUMBERED], "deploy")["Statement"][0]["Condition"] == {
        "StringEquals": {f"{ISSUER}:aud": AUDIENCE, f"{ISSUER}:sub": "repo:o@1/r@2:environment:production"},
        "StringLike": {f"{ISSUER}:ref": ["refs/heads/main", "refs/tags/v*"]},
    }


WIDE: list[tuple[str, dict[str, Any], list[str]]] = [
    ("deploy", saying(), ["pull requests", "any branch", "any environment", "other repositories of the owner", "repositories of others",
     "repositories with a longer name", "tokens for another audience", "any branch in its environment", "any tag"]),
    ("build", saying(StringEquals={"aud": AUDIENCE}, StringLike={"sub": "repo:*"}), ["pull requests", "any branch", "any environment",
     "other repositories of the owner", "repositories of others", "repositories with a longer name"]),
    ("build", saying(StringEquals={"aud": AUDIENCE}, StringLike={"sub": f"{PREFIX}:*"}),
     ["pull requests", "any branch", "any environment"]),
    ("read", saying(StringEquals={"aud": AUDIENCE}, StringLike={"sub": "repo:o?/r*:ref:refs/heads/main"}),
     ["repositories with a longer name"]),
    ("read", saying(StringEquals={"aud": AUDIENCE}, StringLike={"sub": "repo:*/r:ref:refs/heads/main"}), ["repositories of others"]),
    ("release", saying(StringLike={"sub": f"{PREFIX}:environment:release"}), ["tokens for another audience"]),
    ("release", saying(StringEquals={"aud": AUDIENCE, "sub": f"{PREFIX}:environment:release"}), []),
    ("deploy", saying(StringEquals={"aud": AUDIENCE, "sub": PRODUCTION["sub"]}), ["any branch in its environment", "any tag"]),
    ("deploy", saying(StringEquals={"aud": AUDIENCE, "sub": PRODUCTION["sub"]}, StringLike={"ref": ["refs/heads/main", "refs/tags/*"]}),
     ["any tag"]),
]  # fmt: skip


@pytest.mark.parametrize(("job", "document", "who"), WIDE)
def test_a_policy_that_is_too_wide_says_to_whom(job: str, document: dict[str, Any], who: list[str]) -> None:
    assert [one for one, claims in intruders(NAME, PREFIX, job) if trusts(document, "Federated", PROVIDER, ASSUME, claims)] == who
