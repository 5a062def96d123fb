"""What the workflows may do: what each job is granted, who takes a role and how, and that there are no secrets."""

import re
from collections.abc import Callable

import pytest

from tests.pipeline.workflows import (
    ACCOUNT,
    CI,
    DEPLOY,
    IMAGE,
    INFRA,
    PUSH,
    RELEASE,
    ROLLBACK,
    SHIP,
    TAKES_A_ROLE,
    WATCH,
    Texts,
    action_of,
    is_action,
    jobs,
    load,
    read,
    steps,
)

TEXTS = read()
GRANTED = {
    (IMAGE, "image"): {"attestations": "write"},
    (SHIP, "ship"): {"attestations": "read"},
    (RELEASE, "pin"): {"contents": "write", "actions": "read"},
    (WATCH, "drift"): {"issues": "write"},
}
"""What some jobs, and those that call them, may do that others may not."""


def nothing_is_granted_by_default(texts: Texts) -> list[str]:
    """Each job says what it may do: read the code and ask for a token, and what stands in GRANTED."""
    problems = [
        f"{path} grants something to every job" for path in texts if not is_action(path) and load(texts, path).get("permissions") != {}
    ]
    for job in [job for job in jobs(texts) if not is_action(job.path)]:
        most = {"contents": "read", "id-token": "write"} | GRANTED.get((job.path, job.name), {}) | GRANTED.get((job.calls, job.name), {})
        if "permissions" not in job.tree or not job.permissions.items() <= most.items():
            problems.append(f"{job.where} is granted {job.tree.get('permissions')}")
    return problems


def only_roles_need_tokens(texts: Texts) -> list[str]:
    """A job may ask for a token if and only if it takes a role; nobody leaves the code's token in the work tree."""
    taking = {job.path for job in jobs(texts) if any(action_of(step) in TAKES_A_ROLE for step in job.steps)}
    problems = []
    for job in [job for job in jobs(texts) if not is_action(job.path)]:
        takes = job.calls in taking or any(action_of(step) in TAKES_A_ROLE for step in job.steps)
        problems += [] if takes == ("id-token" in job.permissions) else [f"{job.where}: a token, a role: one without the other"]
    for job, step in steps(texts):
        if action_of(step) == "actions/checkout" and step.get("with", {}).get("persist-credentials") is not False:
            problems.append(f"{job.where} leaves credentials behind")
    return problems


def callers_grant_what_is_asked(texts: Texts) -> list[str]:
    """GitHub refuses a called workflow that asks for more than its caller was granted."""
    problems = []
    for caller in jobs(texts):
        for job in jobs({caller.calls: texts[caller.calls]}) if caller.calls else []:
            more = job.permissions.items() - caller.permissions.items()
            problems += [f"{job.where} asks {caller.where} for {more}"] if more else []
    return problems


def there_are_no_secrets(texts: Texts) -> list[str]:
    """A role is taken by who one is."""
    return [f"{path} uses a secret" for path, text in texts.items() if re.search(r"(?<!outputs\.)\bsecrets\.|secrets: *inherit", text)]


def a_role_is_taken_in_one_way(texts: Texts) -> list[str]:
    """By who the job is, in the account that the names say, for as long as one run; a refused one is not asked for two minutes on end."""
    names = "${{ steps.names.outputs.%s }}"
    same = {"aws-region": names % "aws_region", "allowed-account-ids": names % "aws_account_id", "retry-max-attempts": 3}
    problems = []
    for job, step in steps(texts):
        if action_of(step) == TAKES_A_ROLE[0]:
            given = dict(step["with"])
            role, session = given.pop("role-to-assume", ""), given.pop("role-session-name", "")
            asked = re.fullmatch(r"\$\{\{ steps\.names\.outputs\.(\w+_)?role_arn \}\}", role)
            problems += (
                [] if asked and given == same and session.endswith("-${{ github.run_id }}") else [f"{job.where} takes {step['with']}"]
            )
    return problems


def an_action_has_what_its_steps_need(texts: Texts) -> list[str]:
    """The variables of the repository, which only a job is given; each shell is said, for an action has no default."""
    problems = [
        f"{job.where}: {step['name']} says no shell"
        for job, step in steps(texts)
        if is_action(job.path) and "run" in step and step.get("shell") != "bash"
    ]
    for job, step in steps(texts):
        if action_of(step) == TAKES_A_ROLE[1] and job.environment({}).get("VARIABLES") != "${{ toJSON(vars) }}":
            problems.append(f"{job.where} does not hand the repository variables on")
    return problems


Check = Callable[[Texts], list[str]]
CHANGES: list[tuple[Check, str, str, str]] = [  # a check, and in which file what instead of what it must find
    (nothing_is_granted_by_default, CI, "permissions: {}\n\nconcurrency", "permissions: read-all\n\nconcurrency"),
    (nothing_is_granted_by_default, SHIP, "contents: read", "contents: write"),
    (nothing_is_granted_by_default, CI, "    permissions: {}\n", ""),
    (nothing_is_granted_by_default, ROLLBACK, "contents: read", "issues: write"),
    (only_roles_need_tokens, CI, "contents: read # check the commit out", "id-token: write"),
    (only_roles_need_tokens, IMAGE, "      id-token: write", "      # id-token: write"),
    (only_roles_need_tokens, WATCH, "      id-token: write # take the read role\n", ""),
    (only_roles_need_tokens, SHIP, "persist-credentials: false", "persist-credentials: true"),
    (callers_grant_what_is_asked, DEPLOY, "      id-token: write # take the build role, sign attestations\n", ""),
    (there_are_no_secrets, SHIP, "${{ inputs.digest }}", "${{ secrets.DIGEST }}"),
    (there_are_no_secrets, DEPLOY, "    needs: [ci, image]", "    secrets: inherit\n    needs: [ci, image]"),
    (callers_grant_what_is_asked, PUSH, "      attestations: write # store them\n", ""),
    (nothing_is_granted_by_default, SHIP, "attestations: read", "attestations: write"),
    (only_roles_need_tokens, INFRA, ", id-token: write", ""),
    (nothing_is_granted_by_default, INFRA, "contents: read", "contents: write"),
    (a_role_is_taken_in_one_way, ACCOUNT, "aws_account_id", "aws_region"),
    (a_role_is_taken_in_one_way, ACCOUNT, "        retry-max-attempts: 3\n", ""),
    (a_role_is_taken_in_one_way, SHIP, "ship-${{ github.run_id }}", "ship"),
    (a_role_is_taken_in_one_way, IMAGE, "${{ steps.names.outputs.build_role_arn }}", "arn:aws:iam::471112588210:role/lms-ecs-build"),
    (
        a_role_is_taken_in_one_way,
        IMAGE,
        "          retry-max-attempts: 3\n",
        "          retry-max-attempts: 3\n          aws-access-key-id: mine\n",
    ),
    (an_action_has_what_its_steps_need, ACCOUNT, "      shell: bash\n", ""),
    (an_action_has_what_its_steps_need, INFRA, "toJSON(vars)", "toJSON(inputs)"),
    (an_action_has_what_its_steps_need, WATCH, "    env: { VARIABLES:", "    env: { VALUES:"),
]


@pytest.mark.parametrize("check", dict.fromkeys(check for check, *_ in CHANGES), ids=lambda check: check.__name__)
def test_the_workflows_may_do_no_more_than_they_must(check: Check) -> None:
    assert check(TEXTS) == []


@pytest.mark.parametrize(("check", "path", "old", "new"), CHANGES, ids=[f"{at}-{it[0].__name__}" for at, it in enumerate(CHANGES)])
def test_a_right_too_many_is_found(check: Check, path: str, old: str, new: str) -> None:
    assert old in TEXTS[path]
    assert check({**TEXTS, path: TEXTS[path].replace(old, new)}) != []
