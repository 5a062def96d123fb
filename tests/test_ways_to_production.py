"""Who may change what runs: a push, a version, a rollback; each as whom, and with what it found out before."""

from collections.abc import Callable

import pytest

from tests.pipeline.workflows import (
    DEPLOY,
    IMAGE,
    PUSH,
    RELEASE,
    ROLLBACK,
    SHIP,
    TAKES_A_ROLE,
    WATCH,
    Texts,
    action_of,
    jobs,
    load,
    read,
    steps,
    verb_of,
)

TEXTS = read()


def there_are_three_ways(texts: Texts) -> list[str]:
    """A push, a version and a rollback ship what the job before them found, and say which of the three they are."""
    ways = {DEPLOY: ("image", "push"), RELEASE: ("pin", "release"), ROLLBACK: ("plan", "rollback")}
    callers = {job.path: job for job in jobs(texts) if job.calls == SHIP and job.path != PUSH}
    problems = [] if set(callers) == set(ways) else [f"{set(callers)} ship"]
    for path, (source, kind) in ways.items():
        found = {name: f"${{{{ needs.{source}.outputs.{name} }}}}" for name in ("tag", "digest", "commit")}
        given = found | {"kind": kind} | ({"commit": "${{ github.sha }}"} if path == DEPLOY else {})
        if path in callers and (callers[path].tree["with"] != given or source not in callers[path].tree["needs"]):
            problems.append(f"{path} ships {callers[path].tree['with']}")
    return problems


def each_starts_as_it_must(texts: Texts) -> list[str]:
    """A version by a tag v*, a rollback by hand; what looks every day looks at main."""
    triggers = {RELEASE: {"push": {"tags": ["v*"]}}, DEPLOY: {"push": {"branches": ["main"]}}}
    problems = [f"{path} starts by {load(texts, path)['on']}" for path, on in triggers.items() if load(texts, path)["on"] != on]
    problems += [] if set(load(texts, ROLLBACK)["on"]) == {"workflow_dispatch"} else [f"{ROLLBACK} starts by itself"]
    problems += [] if set(load(texts, WATCH)["on"]) == {"schedule", "workflow_dispatch"} else [f"{WATCH} is not daily and by hand"]
    return problems + (
        [] if load(texts, WATCH)["jobs"]["drift"].get("if") == "github.ref == 'refs/heads/main'" else [f"{WATCH}: main only"]
    )


def each_role_is_taken_where_it_is_trusted(texts: Texts) -> list[str]:
    """By the one job and in the environment that the role's trust policy names."""
    roles = {
        (IMAGE, "image"): ("build", None),
        (SHIP, "ship"): ("deploy", "production"),
        (RELEASE, "pin"): ("release", "release"),
        (ROLLBACK, "plan"): ("deploy", "production"),
        (WATCH, "drift"): ("read", None),
    }
    found = {}
    for job, step in steps(texts):
        if action_of(step) == TAKES_A_ROLE:
            stated = job.tree.get("environment")
            environment = stated.get("name") if isinstance(stated, dict) else stated
            found[job.path, job.name] = (step["with"]["role-to-assume"], environment)
    wanted = {where: (f"${{{{ steps.names.outputs.{role}_role_arn }}}}", environment) for where, (role, environment) in roles.items()}
    return [f"{where}: {found.get(where)}" for where in found.keys() | wanted if found.get(where) != wanted.get(where)]


def a_rollback_holds_before_it_waits(texts: Texts) -> list[str]:
    """The hold is set and what is under way is stopped outside the lock: a deploy that hangs holds it."""
    plan = load(texts, ROLLBACK)["jobs"]["plan"]
    problems = [f"{ROLLBACK}: plan waits for a lock"] if "concurrency" in plan or "needs" in plan else []
    verbs = [verb_of(step) for step in plan["steps"]]
    problems += [] if verbs.count("rollback") == 2 else [f"{ROLLBACK}: it neither sets nor clears the hold"]
    shipped = load(texts, ROLLBACK)["jobs"]["ship"].get("if")
    return problems + ([] if shipped == "needs.plan.outputs.tag != ''" else [f"{ROLLBACK} ships if {shipped}"])


def a_version_is_never_built(texts: Texts) -> list[str]:
    """Its image is the one that was deployed under another name."""
    release = [job for job in jobs(texts) if job.path == RELEASE]
    problems = [f"{job.where} builds" for job in release if job.calls == IMAGE or any("docker" in str(step) for step in job.steps)]
    shipped = load(texts, RELEASE)["jobs"]["ship"].get("if")
    return problems + ([] if shipped == "needs.pin.outputs.ship == 'true'" else [f"{RELEASE}: ships if {shipped}"])


Check = Callable[[Texts], list[str]]
CHANGES: list[tuple[Check, str, str, str]] = [  # a check, and in which file what instead of what it must find
    (there_are_three_ways, RELEASE, "kind: release", "kind: push"),
    (there_are_three_ways, ROLLBACK, "digest: ${{ needs.plan.outputs.digest }}", "digest: ${{ needs.plan.outputs.tag }}"),
    (there_are_three_ways, WATCH, "    runs-on: ubuntu-24.04", "    uses: ./.github/workflows/ship.yml"),
    (each_starts_as_it_must, RELEASE, 'tags: ["v*"]', 'tags: ["*"]'),
    (each_starts_as_it_must, ROLLBACK, "  workflow_dispatch:", "  push:\n  workflow_dispatch:"),
    (each_starts_as_it_must, WATCH, "  schedule:\n", "  push:\n"),
    (each_starts_as_it_must, WATCH, "    if: github.ref == 'refs/heads/main'\n", ""),
    (each_role_is_taken_where_it_is_trusted, RELEASE, "release_role_arn", "deploy_role_arn"),
    (each_role_is_taken_where_it_is_trusted, RELEASE, "    environment: release\n", ""),
    (each_role_is_taken_where_it_is_trusted, ROLLBACK, "environment: production", "environment: release"),
    (each_role_is_taken_where_it_is_trusted, SHIP, "name: production", "name: release"),
    (each_role_is_taken_where_it_is_trusted, WATCH, "read_role_arn", "deploy_role_arn"),
    (a_rollback_holds_before_it_waits, ROLLBACK, "  plan:\n", "  plan:\n    concurrency: production\n"),
    (a_rollback_holds_before_it_waits, ROLLBACK, "pipeline rollback --clear-hold", "pipeline names"),
    (a_rollback_holds_before_it_waits, ROLLBACK, "needs.plan.outputs.tag != ''", "always()"),
    (a_version_is_never_built, RELEASE, "run: python3 -m pipeline names", "run: docker build ."),
    (a_version_is_never_built, RELEASE, "needs.pin.outputs.ship == 'true'", "always()"),
]
CHECKS = list(dict.fromkeys(check for check, *_ in CHANGES))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_ways_to_production_are_as_they_must_be(check: Check) -> None:
    assert check(TEXTS) == []


@pytest.mark.parametrize(("check", "path", "old", "new"), CHANGES, ids=[f"{at}-{it[0].__name__}" for at, it in enumerate(CHANGES)])
def test_a_way_that_is_changed_is_found(check: Check, path: str, old: str, new: str) -> None:
    assert old in TEXTS[path]
    assert check({**TEXTS, path: TEXTS[path].replace(old, new)}) != []
