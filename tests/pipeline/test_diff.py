"""What changes: the task definition by paths, and the SQL of migrations."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from commands.report import Failure, markdown
from pipeline import diff, git, prepare, schema
from tests.pipeline.conftest import DEFINITION, Script, refusal

IT = "containerDefinitions.lms-ecs."


def changed(path: str, value: Any) -> dict[str, Any]:
    """The task definition with something else at that path of its container, or of itself; None removes it."""
    definition: dict[str, Any] = deepcopy(DEFINITION)
    *folders, last = path.split(".")
    place: Any = definition
    for folder in folders:
        place = place[int(folder) if folder.isdigit() else folder]
    at = int(last) if last.isdigit() else last
    if value is None:
        del place[at]
    elif last == "0":
        place.insert(0, value)
    else:
        place[at] = value
    return definition


OURS = "containerDefinitions.0."


@pytest.mark.parametrize(
    ("after", "shown"),
    [
        (deepcopy(DEFINITION), "nothing differs"),
        (changed("memory", "1024"), '- memory: "512"\n+ memory: "1024"'),
        (changed("cpu", None), '- cpu: "256"'),
        (changed("ephemeralStorage", {"sizeInGiB": 30}), "+ ephemeralStorage.sizeInGiB: 30"),
        (changed(f"{OURS}stopTimeout", 31), f"- {IT}stopTimeout: 30\n+ {IT}stopTimeout: 31"),
        (changed(f"{OURS}readonlyRootFilesystem", False), f"- {IT}readonlyRootFilesystem: true\n+ {IT}readonlyRootFilesystem: false"),
        (changed(f"{OURS}environment.0", {"name": "JOBS", "value": "off"}), f'+ {IT}environment.JOBS: "off"'),
        (changed(f"{OURS}environment.0", {"name": "JOBS", "value": ""}), f'+ {IT}environment.JOBS: ""'),
        (changed(f"{OURS}environment.3", None), f'- {IT}environment.LOG_LEVEL: "INFO"'),
        (changed(f"{OURS}portMappings.0", {"containerPort": 9000}), f'+ {IT}portMappings.9000: "there"'),
        (changed(f"{OURS}dependsOn", [{"containerName": "x", "condition": "START"}]), None),
        (changed(f"{OURS}command", ["a", "b"]), f'+ {IT}command: ["a", "b"]'),
        (changed("volumes.0", {"name": "more"}), '+ volumes.more: "there"'),
        (changed("volumes.0", {"name": "efs", "efsVolumeConfiguration": {"fileSystemId": "f"}}), None),
    ],
)
def test_only_what_differs_is_shown(after: dict[str, Any], shown: str | None) -> None:
    changes = diff.compare(DEFINITION, after)
    assert diff.text(changes) == shown if shown else len(changes) in (1, 2)
    assert [(path, new, old) for path, old, new in changes] == diff.compare(after, DEFINITION)


def test_paths_are_sorted_and_the_order_of_lists_of_names_is_nothing() -> None:
    after = changed("memory", "1024") | {"cpu": "512"}
    for name in ("environment", "secrets"):
        after["containerDefinitions"][0][name].reverse()
    assert [change[0] for change in diff.compare(DEFINITION, after)] == ["cpu", "memory"]


def test_what_aws_adds_is_no_difference() -> None:
    running = deepcopy(DEFINITION) | {
        "taskDefinitionArn": "arn",
        "revision": 7,
        "status": "ACTIVE",
        "requiresAttributes": [{"name": "com.amazonaws.ecs.capability.ecr-auth"}],
        "compatibilities": ["EC2", "FARGATE"],
        "registeredAt": 1.0,
        "registeredBy": "arn",
        "placementConstraints": [],
        "volumes": [{"name": "tmp", "host": {}}],
    }
    container = running["containerDefinitions"][0]
    container |= {"cpu": 0, "volumesFrom": [], "systemControls": [], "enableFaultInjection": False}
    container["portMappings"][0]["hostPort"] = 8000
    container["logConfiguration"]["secretOptions"] = []
    assert diff.compare(running, DEFINITION) == []
    assert diff.compare(DEFINITION, running) == []


def test_limits_of_the_container_are_no_additions_of_aws() -> None:
    running = changed(f"{OURS}cpu", 128)
    assert diff.text(diff.compare(running, DEFINITION)) == f"- {IT}cpu: 128"


@pytest.mark.parametrize("name", ["SMTP_PASSWORD", "API_TOKEN", "SECRET_KEY", "DATABASE_URL", "aws_credentials"])
def test_what_is_called_a_secret_is_never_shown(name: str) -> None:
    before = changed(f"{OURS}environment.0", {"name": name, "value": "hunter2"})
    after = changed(f"{OURS}environment.0", {"name": name, "value": "hunter3"})
    assert diff.text(diff.compare(before, after)) == f"- {IT}environment.{name}: (hidden)\n+ {IT}environment.{name}: (hidden)"


def test_a_password_in_an_address_is_never_shown() -> None:
    after = changed(f"{OURS}command", ["serve", "postgresql://lms:hunter2@db/lms"])
    shown = diff.text(diff.compare(DEFINITION, after))
    assert "hunter2" not in shown
    assert "postgresql://(hidden)@db/lms" in shown


def test_of_a_secret_the_place_is_shown() -> None:
    after = deepcopy(DEFINITION)
    after["containerDefinitions"][0]["secrets"][1]["valueFrom"] = "arn:aws:secretsmanager:r:1:secret:x-AbCdEf:SECRET_KEY::"
    assert f'+ {IT}secrets.SECRET_KEY: "arn:aws:secretsmanager:r:1:secret:x-AbCdEf:SECRET_KEY::"' in diff.text(
        diff.compare(DEFINITION, after)
    )


def test_markdown_folds_it() -> None:
    shown = markdown("Task definition", "diff", '- cpu: "256"')
    assert shown == '<details><summary>Task definition</summary>\n\n````diff\n- cpu: "256"\n````\n</details>'


def test_the_running_task_definition_is_looked_up() -> None:
    ecs = Script("ecs", describe_task_definition=[{"taskDefinition": {"family": "f"}}, refusal("AccessDenied")])
    assert prepare.current(ecs, {"taskDefinition": "arn:7"}) == {"family": "f"}
    assert ecs.asked == [("describe_task_definition", {"taskDefinition": "arn:7"})]
    with pytest.raises(Failure, match=r"^describe the running task definition: AccessDenied: no$"):
        prepare.current(ecs, {"taskDefinition": "arn:7"})


def test_every_migration_of_ours_can_be_shown_as_sql_without_a_database() -> None:
    ours = schema.history([schema.read(path) for path in sorted(Path(git.MIGRATIONS).glob("[0-9]*.py"))])
    shown = diff.sql(ours)
    assert shown.startswith("BEGIN;")
    assert [ours[0].revision, ours[-1].revision] == [name for name in (ours[0].revision, ours[-1].revision) if f"-> {name}" in shown]
    last = diff.sql(ours[-1:])
    assert f"Running upgrade {ours[-1].down_revision} -> {ours[-1].revision}" in last
    assert last.count("Running upgrade") == 1


def test_sql_that_cannot_be_shown_says_why() -> None:
    shown = diff.sql([schema.Migration("9999_none", "0001_users", False)])
    assert shown.startswith("-- 0001_users:9999_none cannot be shown: ")
    assert "9999_none" in shown.partition(": ")[2]
