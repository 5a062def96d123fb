"""What GitHub would say of a job: its claims, from the workflow files and the job's own environment. Pure functions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ISSUER = "https://token.actions.githubusercontent.com"
Workflows = Mapping[str, Mapping[str, Any]]  # by file name, parsed


class NoToken(Exception):
    """GitHub would give this job no token; the message says why."""


@dataclass(frozen=True)
class Identifiers:
    """The numbers of the owner and the repository; the subject of repositories created since July 2026 holds them."""

    owner: int
    repository: int


@dataclass(frozen=True)
class Job:
    """A job that has steps: the file it stands in, the file and name of the workflow that was triggered, its environment if any."""

    file: str
    entry: str
    workflow: str
    environment: str | None


def find_job(workflows: Workflows, name: str, workflow: str) -> Job:
    """The job of this id in the workflow of this name (or path, if it has none), if it may have a token.

    act names the workflow in which the job stands, never the caller of that one. A called workflow may not ask for more than its
    caller grants, so every caller there is must grant it; of several the first counts as the one that was triggered.

    Raises:
        NoToken: no such job, more than one, or it (or a caller) has no ``id-token: write``.

    """
    named = [file for file, content in workflows.items() if workflow in {content.get("name"), file, f".github/workflows/{file}"}]
    places = [file for file in named or workflows if "steps" in workflows[file].get("jobs", {}).get(name, {})]
    if len(places) != 1:
        raise NoToken(f"job {name!r} of workflow {workflow!r} stands in {places or 'no file'}: cannot tell its identity")
    content = workflows[places[0]]
    job = content["jobs"][name]
    runs = runs_of(workflows, places[0])
    for entry, inherited in runs:
        if not may(content, job, inherited=inherited):
            why = f"job {name!r} in {places[0]} has no `permissions: id-token: write`, or its caller has not (run of {entry})"
            raise NoToken(f"{why}: GitHub gives it no token")
    entry = runs[0][0]
    return Job(places[0], entry, str(workflows[entry].get("name", f".github/workflows/{entry}")), environment_of(job))


def runs_of(workflows: Workflows, file: str) -> list[tuple[str, bool | None]]:
    """The files whose trigger makes this one run, each with what its call grants (None: it is this file itself)."""
    if triggers(workflows[file]) != {"workflow_call"}:
        return [(file, None)]
    entries = [entry for entry, content in workflows.items() if triggers(content) != {"workflow_call"}]
    runs = [(entry, granted) for entry in entries for reach, granted in reached(workflows, entry) if reach == file]
    return runs or [(file, None)]


def triggers(content: Mapping[Any, Any]) -> set[str]:
    """The events that start a workflow. YAML reads the key ``on`` as true."""
    stated = content.get("on", content.get(True))
    return {stated} if isinstance(stated, str) else set(stated or ())


def reached(workflows: Workflows, entry: str, inherited: bool | None = None) -> list[tuple[str, bool | None]]:
    """The files that a run of `entry` reaches through ``uses:``, each with what its callers allow (None: nobody called it)."""
    content = workflows[entry]
    found = [(entry, inherited)]
    for job in content.get("jobs", {}).values():
        called = str(job.get("uses", "")).removeprefix("./.github/workflows/")
        if called in workflows and called != entry:
            found += reached(workflows, called, may(content, job, inherited=inherited))
    return found


def may(content: Mapping[str, Any], job: Mapping[str, Any], *, inherited: bool | None) -> bool:
    """Whether a job may ask for a token, given its file and what the caller of the file allows (None: it was triggered itself)."""
    stated = job.get("permissions", content.get("permissions"))
    own = (
        inherited is True
        if stated is None
        else stated == "write-all" or (isinstance(stated, Mapping) and stated.get("id-token") == "write")
    )
    return own and inherited is not False


def environment_of(job: Mapping[str, Any]) -> str | None:
    """The name of a job's environment.

    Raises:
        NoToken: it is an expression, which is not worked out here.

    """
    stated = job.get("environment")
    name = stated.get("name") if isinstance(stated, Mapping) else stated
    if name and "${{" in str(name):
        raise NoToken(f"the environment {name!r} is an expression, which the rehearsal does not work out")
    return str(name) if name else None


def subject(repository: str, ref: str, event: str, environment: str | None, identifiers: Identifiers | None) -> str:
    """The ``sub`` of a job: its environment if it has one, else that it is a pull request, else its ref."""
    owner, _, name = repository.partition("/")
    full = f"{owner}@{identifiers.owner}/{name}@{identifiers.repository}" if identifiers else repository
    if environment:
        return f"repo:{full}:environment:{environment}"
    return f"repo:{full}:pull_request" if event.startswith("pull_request") else f"repo:{full}:ref:{ref}"


def claims(job: Job, variables: Mapping[str, str], *, audience: str, identifiers: Identifiers | None) -> dict[str, str]:
    """The claims of a job but for times and token id; `variables` are the ``GITHUB_…`` ones of its process."""
    repository, ref = variables.get("GITHUB_REPOSITORY", ""), variables.get("GITHUB_REF", "")
    event = variables.get("GITHUB_EVENT_NAME", "")
    numbers = identifiers or Identifiers(1, 2)
    found = {
        "iss": ISSUER,
        "aud": audience,
        "sub": subject(repository, ref, event, job.environment, identifiers),
        "environment": job.environment,
        "repository": repository,
        "repository_owner": repository.partition("/")[0],
        "repository_id": str(numbers.repository),
        "repository_owner_id": str(numbers.owner),
        "job_workflow_ref": f"{repository}/.github/workflows/{job.file}@{ref}",
        "workflow": job.workflow,
        "workflow_ref": f"{repository}/.github/workflows/{job.entry}@{ref}",
        "ref": ref,
        "ref_type": "tag" if ref.startswith("refs/tags/") else "branch",
        "event_name": event,
        "runner_environment": "github-hosted",
    }
    passed = ["sha", "actor", "run_id", "run_number", "run_attempt", "head_ref", "base_ref"]
    return {name: value for name, value in found.items() if value is not None} | {
        name: variables.get(f"GITHUB_{name.upper()}", "") for name in passed
    }
