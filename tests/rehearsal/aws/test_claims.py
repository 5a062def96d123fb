"""What GitHub says of a job, worked out from workflow files."""

from typing import Any

import pytest
import yaml

from tests.rehearsal.aws.claims import Identifiers, Job, NoToken, claims, find_job, subject

WORKFLOWS: dict[str, dict[str, Any]] = yaml.safe_load("""
deploy.yml:
  name: Deploy
  on: {push: {branches: [main]}}
  permissions: {contents: read}
  jobs:
    image: {uses: ./.github/workflows/image.yml, permissions: {contents: read, id-token: write}}
    ship: {uses: ./.github/workflows/ship.yml, permissions: {id-token: write}}
    tests: {uses: ./.github/workflows/tests.yml}
release.yml:
  on: push
  jobs:
    ship: {uses: ./.github/workflows/ship.yml, permissions: {id-token: write}}
    tests: {uses: ./.github/workflows/tests.yml, permissions: {id-token: write}}
image.yml:
  name: Image
  on: workflow_call
  jobs:
    build: {steps: [], permissions: {id-token: write}}
    boot: {steps: [], permissions: {contents: read}}
    inherits: {steps: []}
ship.yml:
  name: Ship
  on: {workflow_call: {inputs: {tag: {type: string}}}}
  permissions: {id-token: write}
  jobs:
    ship: {steps: [], environment: {name: production, url: 'https://lms'}}
    release: {steps: [], environment: release}
tests.yml:
  name: Tests
  on: [workflow_call]
  jobs:
    test: {steps: [], permissions: {id-token: write}}
orphan.yml:
  on: workflow_call
  jobs:
    allowed: {steps: [], permissions: {id-token: write}}
alone.yml:
  on: [push, workflow_call]
  jobs:
    build: {steps: []}
    allowed: {steps: [], permissions: write-all}
    odd: {steps: [], environment: '${{ inputs.environment }}', permissions: write-all}
""")


@pytest.mark.parametrize(
    ("name", "workflow", "job"),
    [
        ("ship", "Ship", Job("ship.yml", "deploy.yml", "Deploy", "production")),
        ("release", "Ship", Job("ship.yml", "deploy.yml", "Deploy", "release")),
        ("build", "Image", Job("image.yml", "deploy.yml", "Deploy", None)),
        ("inherits", "Image", Job("image.yml", "deploy.yml", "Deploy", None)),
        ("allowed", "orphan.yml", Job("orphan.yml", "orphan.yml", ".github/workflows/orphan.yml", None)),
        ("allowed", ".github/workflows/alone.yml", Job("alone.yml", "alone.yml", ".github/workflows/alone.yml", None)),
    ],
)
def test_a_job_is_told_by_its_id_and_its_workflow(name: str, workflow: str, job: Job) -> None:
    assert find_job(WORKFLOWS, name, workflow) == job


@pytest.mark.parametrize(
    ("name", "workflow", "why"),
    [
        ("boot", "Image", "no `permissions: id-token: write`"),
        ("test", "Tests", "or its caller has not .run of deploy.yml."),
        ("build", "alone.yml", "no `permissions: id-token: write`"),
        ("image", "Deploy", "stands in no file"),
        ("build", "a name that no file has", "stands in .'image.yml', 'alone.yml'."),
        ("odd", "alone.yml", "is an expression"),
    ],
)
def test_a_job_that_github_would_give_no_token_gets_none_and_reads_why(name: str, workflow: str, why: str) -> None:
    with pytest.raises(NoToken, match=why):
        find_job(WORKFLOWS, name, workflow)


@pytest.mark.parametrize(
    ("event", "environment", "identifiers", "expected"),
    [
        ("push", None, None, "repo:o/r:ref:refs/heads/main"),
        ("push", "production", None, "repo:o/r:environment:production"),
        ("pull_request", None, None, "repo:o/r:pull_request"),
        ("pull_request", "production", None, "repo:o/r:environment:production"),
        ("push", "production", Identifiers(7, 9), "repo:o@7/r@9:environment:production"),
        ("push", None, Identifiers(7, 9), "repo:o@7/r@9:ref:refs/heads/main"),
    ],
)
def test_the_subject_says_environment_pull_request_or_ref(
    event: str, environment: str | None, identifiers: Identifiers | None, expected: str
) -> None:
    assert subject("o/r", "refs/heads/main", event, environment, identifiers) == expected


def test_the_claims_are_those_of_the_job_and_its_run() -> None:
    variables = {
        "GITHUB_REPOSITORY": "o/r",
        "GITHUB_REF": "refs/tags/v1",
        "GITHUB_EVENT_NAME": "push",
        "GITHUB_SHA": "abc",
        "GITHUB_RUN_ID": "7",
    }
    found = claims(Job("ship.yml", "release.yml", "Release", "production"), variables, audience="sts.amazonaws.com", identifiers=None)
    assert found["job_workflow_ref"] == "o/r/.github/workflows/ship.yml@refs/tags/v1"
    assert found["workflow_ref"] == "o/r/.github/workflows/release.yml@refs/tags/v1"
    assert (found["environment"], found["ref_type"], found["sha"], found["run_id"]) == ("production", "tag", "abc", "7")
    assert "environment" not in claims(Job("a.yml", "a.yml", "A", None), variables, audience="x", identifiers=None)
