"""Trust policies: whether one lets a caller take its role, and what that of each role of GitHub's jobs must say. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"
MAIN, TAGS = "refs/heads/main", "refs/tags/v*"
JOBS: dict[str, tuple[str, list[str]]] = {
    "build": (f"ref:{MAIN}", [MAIN]),
    "deploy": ("environment:production", [MAIN, TAGS]),  # an environment's subject says nothing of the ref
    "release": ("environment:release", [TAGS]),
    "read": (f"ref:{MAIN}", [MAIN]),
    "infra": ("environment:infrastructure", [MAIN]),
}
"""By role: how the subject of its jobs ends, and the refs they run on."""


class Unknown(Exception):
    """It cannot be said whether it is in order."""


def listed(value: Any) -> list[Any]:
    """That value as a list; policies leave the brackets out around a single one."""
    return value if isinstance(value, list) else [value]


def fits(text: str, pattern: str) -> bool:
    """Whether a text matches a pattern with * and ?, which match slashes and colons, too."""
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), text) is not None


def trusts(policy: Mapping[str, Any], kind: str, principal: str, action: str, claims: Mapping[str, str] | None = None) -> bool:
    """Whether that trust policy lets a principal (of kind Service or Federated) take the role; without `claims` as if conditions allowed.

    Raises Unknown if it hangs on a condition that is not known here.
    """
    effects = set()
    for one in listed(policy["Statement"]):
        by = one["Principal"] if isinstance(one.get("Principal"), dict) else {}
        taken = any(fits(action.lower(), each.lower()) for each in listed(one.get("Action", [])))
        if taken and principal in listed(by.get(kind, [])):
            conditions = one.get("Condition", {})
            if (one["Effect"] == "Allow" or not conditions) if claims is None else holds(conditions, claims):
                effects.add(one["Effect"])
    return effects == {"Allow"}


def holds(conditions: Mapping[str, Any], claims: Mapping[str, str]) -> bool:
    """Whether conditions on those claims of GitHub's hold, all of them."""
    for operator, keys in conditions.items():
        every, _, name = operator.rpartition(":")
        if name.removesuffix("IfExists") not in ("StringEquals", "StringLike"):
            raise Unknown(f"its condition {operator} is not understood here")
        for key, wanted in keys.items():
            given = claims.get(key.rpartition(":")[2].lower())
            if given is None:
                met = every == "ForAllValues" or name.endswith("IfExists")
            else:
                met = any(fits(given, one) if name.startswith("StringLike") else given == one for one in listed(wanted))
            if not met:
                return False
    return True


def intruders(repository: str, prefix: str, job: str) -> list[tuple[str, dict[str, str]]]:
    """Tokens of GitHub's that must not take that job's role: whose they are, and their claims."""
    (owner, _, name), (context, refs) = repository.partition("/"), JOBS[job]
    right = {"aud": AUDIENCE, "sub": f"{prefix}:{context}", "ref": refs[0]}
    tokens = [
        ("pull requests", {"sub": f"{prefix}:pull_request", "ref": "refs/pull/1/merge"}),
        ("any branch", {"sub": f"{prefix}:ref:refs/heads/other", "ref": "refs/heads/other"}),
        ("any environment", {"sub": f"{prefix}:environment:other"}),
        ("other repositories of the owner", {"sub": f"repo:{owner}/other:{context}"}),
        ("repositories of others", {"sub": f"repo:other/{name}:{context}"}),
        ("repositories with a longer name", {"sub": f"repo:{owner}x/{name}x:{context}"}),
        ("tokens for another audience", {"aud": f"https://github.com/{owner}"}),
    ]
    wanted = {"deploy": [("any branch in its environment", {"ref": "refs/heads/other"}), ("any tag", {"ref": "refs/tags/other"})]}
    return [(who, right | claims) for who, claims in [*tokens, *wanted.get(job, [])]]


def policy(provider: str, prefixes: Sequence[str], job: str) -> dict[str, Any]:
    """The whole trust policy of that job's role."""
    context, refs = JOBS[job]
    subjects = [f"{prefix}:{context}" for prefix in prefixes]
    conditions = {
        "StringEquals": {f"{ISSUER}:aud": AUDIENCE, f"{ISSUER}:sub": subjects if len(subjects) > 1 else subjects[0]},
        "StringLike": {f"{ISSUER}:ref": refs},
    }
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": conditions,
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
