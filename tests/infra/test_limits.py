"""What `make infra` counts before it begins, and the variables that it tells at its end."""

import json

import pytest

from commands import aws
from infra import apply
from tests.infra.test_main import GONE, NOT_THERE, cloud, cloudformation, quick, run, stack

__all__ = ["quick"]


@pytest.mark.parametrize(
    ("there", "given", "found"),
    [
        ({}, {}, ("10", "225", "1")),
        ({"MaxTasks": "4", "DatabaseConnections": "450"}, {}, ("4", "450", "1")),
        ({"MaxTasks": "4", "DatabaseConnections": "450"}, {"MAX_TASKS": "6", "WEB_CONCURRENCY": "2"}, ("6", "450", "2")),
        ({"MaxTasks": "4"}, {"DATABASE_CONNECTIONS": "90", "WEB_CONCURRENCY": ""}, ("4", "90", "1")),
    ],
)
def test_connections_are_counted_by_what_is_set_else_by_the_stacks_else_by_the_templates(
    there: dict[str, str], given: dict[str, str], found: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    parameters = [{"ParameterKey": name, "ParameterValue": value} for name, value in there.items()]
    answers = [stack("UPDATE_COMPLETE", Parameters=parameters)] if there else [GONE]
    clients = cloud(cloudformation(describe_stacks=answers), [NOT_THERE])
    monkeypatch.setattr(aws, "client", lambda name, region: clients[name])
    monkeypatch.setenv("VARIABLES", json.dumps(given))
    known = apply.limits(apply.Account())
    assert (known["MaxTasks"], known["DatabaseConnections"], known["WebConcurrency"]) == found


def test_more_processes_than_the_database_serves_are_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("VARIABLES", json.dumps({"WEB_CONCURRENCY": "2"}))
    formation = cloudformation()
    assert run(monkeypatch, cloud(formation, [NOT_THERE]), "--yes") == 1
    said = "MAX_TASKS=10 with WEB_CONCURRENCY=2 may open 400 connections in a roll, DATABASE_CONNECTIONS=225: fewer of both"
    assert said in capsys.readouterr().err
    assert formation.requests("create_change_set") == []


def test_a_newcomer_is_told_every_variable_and_a_workflow_what_github_has_not(monkeypatch: pytest.MonkeyPatch) -> None:
    clients = cloud(cloudformation(), [NOT_THERE])
    monkeypatch.setattr(aws, "client", lambda name, region: clients[name])
    clients["sts"].answers["get_caller_identity"] = [{"Account": "1" * 12}]
    given = {"AWS_ACCOUNT_ID": "1" * 12, "STORAGE_URL": "s3://mine", "OWNER_ID": "12", "REPOSITORY_ID": "34", "LOG_DAYS": "7"}
    monkeypatch.setenv("VARIABLES", json.dumps(given))
    handed = {"MaxConnections": "225", "Address": "http://lb"}
    every = given | {"DATABASE_CONNECTIONS": "225", "BASE_URL": "http://lb"}
    lines = apply.to_set(apply.Account(), handed)
    assert sorted(lines) == sorted(f"  gh variable set {name} --body {value} --repo nationslab/lms" for name, value in every.items())
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert [line.split()[3] for line in apply.to_set(apply.Account(), handed)] == ["DATABASE_CONNECTIONS", "BASE_URL"]
    monkeypatch.setenv("VARIABLES", json.dumps(given | every))
    assert apply.to_set(apply.Account(), handed) == []


def test_the_repository_is_a_workflows_own_or_the_remotes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_REPOSITORY_OWNER_ID", "12")
    assert apply.repository() == {"Owner": "nationslab", "Repository": "lms", "OwnerId": "12"}
