"""Who may change what runs: a push, a version, a rollback; each as whom, and with what it found out before."""

import re
from collections.abc import Callable

import pytest

from tests.pipeline.workflows import (
    CI,
    DEPLOY,
    IMAGE,
    INFRA,
    PUSH,
    RELEASE,
    ROLLBACK,
    ROOT,
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
        (INFRA, "plan"): ("infra", "infrastructure"),
        (INFRA, "apply"): ("infra", "infrastructure"),
    }
    found = {}
    for job, step in [(job, step) for job, step in steps(texts) if action_of(step) in TAKES_A_ROLE and not is_action(job.path)]:
        stated = job.tree.get("environment")
        environment = stated.get("name") if isinstance(stated, dict) else stated
        asked = step["with"].get("role") or re.sub(r"\W+steps\.names\.outputs\.(\w+)_role_arn\W+", r"\1", step["with"]["role-to-assume"])
        found[job.path, job.name] = (asked, environment)
    return [f"{where}: {found.get(where)}" for where in found.keys() | roles if found.get(where) != roles.get(where)]


def what_is_applied_was_shown(texts: Texts) -> list[str]:
    """From main, one run at a time; first without a change, then only if there is one; never what an administrator applies."""
    tree = load(texts, INFRA)
    plan, apply = (tree["jobs"].get(name, {"steps": [{}]}) for name in ("plan", "apply"))
    paths = ["infra/**", "commands/**", INFRA, ".github/actions/account/**"]
    facts: dict[str, tuple[object, object]] = {
        "triggers": (tree["on"], {"push": {"branches": ["main"], "paths": paths}, "workflow_dispatch": None}),
        "jobs": (set(tree["jobs"]), {"plan", "apply"}),
        "lock": (tree.get("concurrency"), {"group": "infra", "cancel-in-progress": False}),
        "plan's branch": (plan.get("if"), "github.ref == 'refs/heads/main'"),
        "plan": (plan["steps"][-1].get("run"), "python3 -m infra apply --ci --dry-run"),
        "plan's answer": (plan.get("outputs"), {"changes": "${{ steps.plan.outputs.changes }}"}),
        "apply waits": (apply.get("needs"), ["plan"]),
        "apply's condition": (apply.get("if"), "needs.plan.outputs.changes == 'true'"),
        "apply": (apply["steps"][-1].get("run"), "python3 -m infra apply --ci --yes"),
        "steps": ([len(job["steps"]) for job in (plan, apply)], [3, 3]),
    }
    return [f"{INFRA}: {name}: {found}" for name, (found, wanted) in facts.items() if found != wanted]


def what_is_applied_was_linted(texts: Texts) -> list[str]:
    """Not by infra.yml: the checks of every pull request, which branches are protected by, lint the templates and test them."""
    makefile = (ROOT / "Makefile").read_text()
    check, test = (load(texts, CI)["jobs"].get(name, {"steps": []}) for name in ("check", "test"))
    linted = "$(BIN)/cfn-lint infra/*.yaml" in makefile and "pull_request" in load(texts, CI)["on"]
    runs = [[step.get("run") for step in job["steps"]] for job in (check, test)]
    return [] if linted and "make lint" in runs[0] and "make test" in runs[1] else [f"{CI} does not lint the templates"]


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
    (each_role_is_taken_where_it_is_trusted, RELEASE, "role: release", "role: deploy"),
    (each_role_is_taken_where_it_is_trusted, SHIP, "deploy_role_arn", "infra_role_arn"),
    (each_role_is_taken_where_it_is_trusted, INFRA, "environment: infrastructure # the", "environment: production # the"),
    (each_role_is_taken_where_it_is_trusted, INFRA, "    environment: infrastructure # asks", "    # asks"),
    (each_role_is_taken_where_it_is_trusted, INFRA, "role: infra", "role: deploy"),
    (what_is_applied_was_shown, INFRA, "branches: [main]", "branches: [main, next]"),
    (what_is_applied_was_shown, INFRA, "commands/**, ", ""),
    (what_is_applied_was_shown, INFRA, "cancel-in-progress: false", "cancel-in-progress: true"),
    (what_is_applied_was_shown, INFRA, "    if: github.ref == 'refs/heads/main'\n", ""),
    (what_is_applied_was_shown, INFRA, "--ci --dry-run", "--ci --yes"),
    (what_is_applied_was_shown, INFRA, "--ci --yes", "--yes"),
    (what_is_applied_was_shown, INFRA, "    needs: [plan]\n", ""),
    (what_is_applied_was_shown, INFRA, "changes == 'true'", "changes != 'false'"),
    (what_is_applied_was_shown, INFRA, "steps.plan.outputs.changes", "steps.plan.outcome"),
    (what_is_applied_was_linted, CI, "run: make lint", "run: make format"),
    (what_is_applied_was_linted, CI, "  pull_request:\n", ""),
    (what_is_applied_was_linted, CI, "run: make test", "run: make compat"),
    (each_role_is_taken_where_it_is_trusted, RELEASE, "    environment: release\n", ""),
    (each_role_is_taken_where_it_is_trusted, ROLLBACK, "environment: production", "environment: release"),
    (each_role_is_taken_where_it_is_trusted, SHIP, "name: production", "name: release"),
    (each_role_is_taken_where_it_is_trusted, WATCH, "role: read", "role: deploy"),
    (a_rollback_holds_before_it_waits, ROLLBACK, "  plan:\n", "  plan:\n    concurrency: production\n"),
    (a_rollback_holds_before_it_waits, ROLLBACK, "pipeline rollback --clear-hold", "pipeline names"),
    (a_rollback_holds_before_it_waits, ROLLBACK, "needs.plan.outputs.tag != ''", "always()"),
    (a_version_is_never_built, RELEASE, "run: python3 -m pipeline verdict", "run: docker build . #"),
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
