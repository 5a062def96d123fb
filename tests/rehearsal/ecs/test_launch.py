"""From a task definition to a container."""

from typing import Any

import pytest

from tests.rehearsal.ecs.launch import Check, Mount, environment_of, specify, split_image, stop_timeout
from tests.rehearsal.ecs.registration import complete
from tests.rehearsal.ecs.test_registration import GOOD


def definition(**container: Any) -> dict[str, Any]:
    return complete({**GOOD, "containerDefinitions": [{**GOOD["containerDefinitions"][0], **container}]})


def test_a_task_runs_under_its_own_cpu_and_memory() -> None:
    spec = specify("abc", definition(), {}, "image", {})
    assert (spec.nano_cpus, spec.memory) == (250_000_000, 512 * 1024 * 1024)
    assert specify("abc", definition(memory=256), {}, "image", {}).memory == 256 * 1024 * 1024


def test_the_container_is_named_after_its_task_and_labelled() -> None:
    spec = specify("abc", definition(dockerLabels={"a": "b"}), {}, "image", {})
    assert spec.name == "lms-ecs-abc"
    assert spec.labels == {"a": "b", "nations-lab-lms.rehearsal": "1", "nations-lab-lms.rehearsal.task": "abc"}


def test_what_the_definition_says_of_the_container_is_passed_on() -> None:
    spec = specify(
        "abc",
        definition(
            readonlyRootFilesystem=True,
            user="1000:1000",
            entryPoint=["/entry"],
            command=["serve"],
            workingDirectory="/app",
            linuxParameters={"initProcessEnabled": True, "capabilities": {"drop": ["ALL"]}},
            healthCheck={"command": ["CMD", "true"], "interval": 10, "timeout": 4, "retries": 2, "startPeriod": 30},
        ),
        {},
        "image",
        {},
    )
    assert (spec.read_only, spec.init, spec.user, spec.working_directory, spec.drop) == (True, True, "1000:1000", "/app", ("ALL",))
    assert (spec.entry_point, spec.command) == (("/entry",), ("serve",))
    assert spec.check == Check(("CMD", "true"), 10, 4, 2, 30)
    assert spec.mounts == (Mount("/tmp", read_only=False),)  # noqa: S108 -- a path in the container


def test_without_a_health_check_the_images_own_is_switched_off() -> None:
    bare = {key: value for key, value in GOOD["containerDefinitions"][0].items() if key != "healthCheck"}
    assert specify("abc", complete({**GOOD, "containerDefinitions": [bare]}), {}, "image", {}).check.command == ("NONE",)


def test_a_tasks_overrides_win_over_the_definition() -> None:
    overrides = {"containerOverrides": [{"name": "lms-ecs", "command": ["migrate"], "environment": [{"name": "A", "value": "mine"}]}]}
    own = definition(command=["serve"], environment=[{"name": "A", "value": "theirs"}, {"name": "B", "value": "b"}])
    assert specify("abc", own, overrides, "image", {}).command == ("migrate",)
    found = environment_of(own, overrides, common={"REGION": "r"}, secrets={"KEY": "k"}, credentials={"URI": "u"})
    assert found == {"REGION": "r", "A": "mine", "B": "b", "KEY": "k", "URI": "u"}


def test_patience_at_the_end_is_thirty_seconds_unless_said_otherwise() -> None:
    assert (stop_timeout(definition()), stop_timeout(definition(stopTimeout=5))) == (30, 5)


@pytest.mark.parametrize(
    ("image", "parts"),
    [
        ("127.0.0.1:5000/lms-ecs:v1", ("127.0.0.1:5000/lms-ecs", "v1", "")),
        ("127.0.0.1:5000/lms-ecs", ("127.0.0.1:5000/lms-ecs", "", "")),
        ("host/team/lms@sha256:ab", ("host/team/lms", "", "sha256:ab")),
        ("python:3.13@sha256:ab", ("python", "3.13", "sha256:ab")),
    ],
)
def test_an_images_name_is_taken_apart(image: str, parts: tuple[str, str, str]) -> None:
    assert split_image(image) == parts
