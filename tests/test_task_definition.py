"""What task-definition.json, the app, the Dockerfile and Fargate must agree on."""

import json
import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import fields
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from app.config import SettingError, Settings, address_or_exit, load

ROOT = Path(__file__).parents[1]
Definition = dict[str, Any]
DEFINITION: Definition = json.loads((ROOT / "task-definition.json").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPLETE = {
    "LMS_ENV": "production",
    "DATABASE_URL": "postgresql://lms:word@db.internal/lms",
    "STORAGE_URL": "s3://bucket",
    "SECRET_KEY": "x" * 32,
    "BASE_URL": "https://lms.example.org",
}
SECRETS = ("DATABASE_URL", "SECRET_KEY")
ACCOUNT, REGION = "471112588210", "ap-northeast-2"
GIBIBYTES = {256: (0.5, 1, 2), 512: range(1, 5), 1024: range(2, 9), 2048: range(4, 17), 4096: range(8, 31)}
"""What Fargate has, by CPU units."""
LONGEST_STOP = 120
"""Seconds that Fargate waits for a container's end, at most."""


def container(definition: Definition) -> Definition:
    """Its one container."""
    found: Definition = definition["containerDefinitions"][0]
    return found


def plain(definition: Definition) -> dict[str, str]:
    """The settings that everybody may read."""
    return {entry["name"]: entry["value"] for entry in container(definition)["environment"]}


def secret(definition: Definition) -> dict[str, str]:
    """Where each secret setting comes from."""
    return {entry["name"]: entry["valueFrom"] for entry in container(definition)["secrets"]}


def instruction(name: str) -> str:
    """The last instruction of that name in the Dockerfile, on one line."""
    found: str = re.findall(rf"^{name} (.*)$", DOCKERFILE.replace("\\\n", ""), re.MULTILINE)[-1]
    return found


def needed(complete: Mapping[str, str]) -> list[str]:
    """The settings that the app does not start without, as it says itself."""
    found = []
    for field in fields(Settings):
        name = field.name.upper()
        try:
            settings = load({other: value for other, value in complete.items() if other != name})
        except SettingError:
            found.append(name)
        else:
            found += [] if settings.production else [name]
    return found


def settings_are_complete(definition: Definition) -> list[str]:
    """Each setting that production needs is there."""
    return [f"{name} is missing" for name in needed(COMPLETE) if name not in plain(definition) | secret(definition)]


def settings_are_known(definition: Definition) -> list[str]:
    """Nothing is set that the app does not read, and nothing twice."""
    names = [entry["name"] for entry in container(definition)["environment"] + container(definition)["secrets"]]
    known = {field.name.upper() for field in fields(Settings)} | {"PORT", "LISTEN"}
    return [f"{name} is unknown" for name in names if name not in known] + [
        f"{name} is set twice" for name in names if names.count(name) > 1
    ]


def settings_are_good(definition: Definition) -> list[str]:
    """The app starts on these values, in production, once the secrets are filled in."""
    try:
        settings = load(plain(definition) | {name: COMPLETE.get(name, "") for name in secret(definition)})
    except SettingError as problem:
        return [str(problem)]
    return [] if settings.production else ["this is not production"]


def secrets_are_secret(definition: Definition) -> list[str]:
    """What is secret comes from the secret's key of the same name."""
    arn = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:lms-ecs/app"
    expected = {name: f"{arn}:{name}::" for name in SECRETS}
    return [] if secret(definition) == expected else [f"secrets must be {expected}"]


def nothing_plain_is_secret(definition: Definition) -> list[str]:
    """No setting that everybody may read looks like a secret or holds one."""
    named = re.compile(r"SECRET|PASSWORD|PASSWD|TOKEN|KEY|CREDENTIAL|DATABASE_URL")
    held = re.compile(r"://[^/]*@|(AKIA|ASIA)[A-Z0-9]{16}|-----BEGIN|gh[pousr]_\w{20}|eyJ\w+\.eyJ")
    return [f"{name} is secret" for name, value in plain(definition).items() if named.search(name) or held.search(value)]


def port_is_the_one_served(definition: Definition) -> list[str]:
    """The port mapped is the port exposed, and the one that the app listens on."""
    mapped = [mapping["containerPort"] for mapping in container(definition)["portMappings"]]
    served = int(address_or_exit(plain(definition)).rpartition(":")[2])
    return [] if mapped == [served] == [int(instruction("EXPOSE"))] else [f"{mapped} is mapped, {served} served"]


def health_check_is_the_images(definition: Definition) -> list[str]:
    """One health check, whether Docker or ECS runs it, with a script that is there."""
    check = container(definition)["healthCheck"]
    flags, _, command = instruction("HEALTHCHECK").partition(" CMD ")
    expected = {name: int(seconds) for name, seconds in re.findall(r"--([a-z-]+)=(\d+)", flags)}
    numbers = {"interval": "interval", "timeout": "timeout", "retries": "retries", "startPeriod": "start-period"}
    problems = [f"{name} is not the image's" for name, docker in numbers.items() if check.get(name) != expected[docker]]
    if check["command"] != ["CMD", *json.loads(command)]:
        problems.append("the command is not the image's")
    script = Path(check["command"][-1]).relative_to(instruction("WORKDIR"))
    return problems + ([] if (ROOT / script).is_file() else [f"{script} is missing"])


def root_is_read_only(definition: Definition) -> list[str]:
    """Nobody but the image's own user, who writes nowhere but in the image's volumes."""
    its = container(definition)
    mounted = {mount["containerPath"]: mount["sourceVolume"] for mount in its["mountPoints"]}
    problems = [] if its.get("readonlyRootFilesystem") is True else ["the root can be written to"]
    problems += [] if its.get("user") == instruction("USER") else ["the user is not the image's"]
    problems += [] if set(mounted) == set(instruction("VOLUME").split()) else ["the mounts are not the image's volumes"]
    return problems + (
        [] if {volume["name"] for volume in definition["volumes"]} == set(mounted.values()) else ["the volumes do not match"]
    )


def requests_end_before_it_is_killed(definition: Definition) -> list[str]:
    """The task's end waits longer than the server waits for its requests."""
    graceful = re.search(r"^graceful_timeout = (\d+)$", (ROOT / "gunicorn.conf.py").read_text(), re.MULTILINE)
    assert graceful
    stop = container(definition).get("stopTimeout", 30)
    return [] if int(graceful[1]) < stop <= LONGEST_STOP else [f"stopTimeout is {stop} s, gunicorn needs {graceful[1]} s"]


def size_is_one_that_fargate_has(definition: Definition) -> list[str]:
    """CPU and memory are a pair of Fargate's, and what runs there is what is built."""
    megabytes = [1024 * size for size in GIBIBYTES.get(int(definition["cpu"]), ())]
    problems = [] if int(definition["memory"]) in megabytes else [f"with {definition['cpu']} CPU units memory is one of {megabytes}"]
    fargate = (definition["requiresCompatibilities"], definition["networkMode"], definition["runtimePlatform"]["cpuArchitecture"])
    return problems + ([] if fargate == (["FARGATE"], "awsvpc", "X86_64") else [f"this is not Fargate on X86_64: {fargate}"])


def names_are_the_organisations(definition: Definition) -> list[str]:
    """The names that were fixed before this repository was."""
    its = container(definition)
    log = its["logConfiguration"]
    found = {
        "family": definition["family"],
        "container": its["name"],
        "execution role": definition["executionRoleArn"],
        "task role": definition["taskRoleArn"],
        "image": its["image"].rpartition(":")[0],
        "log": (log["logDriver"], log["options"]["awslogs-group"], log["options"]["awslogs-region"]),
    }
    expected = {
        "family": "lms-ecs-task",
        "container": "lms-ecs",
        "execution role": f"arn:aws:iam::{ACCOUNT}:role/ecsTaskExecutionRole",
        "task role": f"arn:aws:iam::{ACCOUNT}:role/ecsTaskRole",
        "image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/lms-ecs",
        "log": ("awslogs", "/ecs/lms-ecs", REGION),
    }
    return [f"{name} is {found[name]!r}, not {expected[name]!r}" for name in expected if found[name] != expected[name]]


def it_can_be_registered(definition: Definition) -> list[str]:
    """RegisterTaskDefinition takes it: every key is one it knows, every value of its type."""
    model = botocore.session.get_session().get_service_model("ecs")
    shape = model.operation_model("RegisterTaskDefinition").input_shape
    report: str = ParamValidator().validate(definition, shape).generate_report()
    return report.splitlines()


Check = Callable[[Definition], list[str]]
CHECKS: tuple[Check, ...] = (
    settings_are_complete,
    settings_are_known,
    settings_are_good,
    secrets_are_secret,
    nothing_plain_is_secret,
    port_is_the_one_served,
    health_check_is_the_images,
    root_is_read_only,
    requests_end_before_it_is_killed,
    size_is_one_that_fargate_has,
    names_are_the_organisations,
    it_can_be_registered,
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_task_definition_fits(check: Check) -> None:
    assert check(DEFINITION) == []


def test_the_app_itself_says_what_it_needs() -> None:
    assert set(needed(COMPLETE)) == set(COMPLETE)


def put(path: str, value: Any) -> Callable[[Definition], None]:
    """A change: `value` at that path; None removes what is there."""

    def change(definition: Definition) -> None:
        *folders, last = path.split(".")
        place: Any = definition
        for folder in folders:
            place = place[int(folder) if folder.isdigit() else folder]
        if value is None:
            del place[int(last) if last.isdigit() else last]
        else:
            place[int(last) if last.isdigit() else last] = value

    return change


def set_plain(name: str, value: str) -> Callable[[Definition], None]:
    """A change: one more setting that everybody may read, or another value of it."""

    def change(definition: Definition) -> None:
        others = [entry for entry in container(definition)["environment"] if entry["name"] != name]
        container(definition)["environment"] = [*others, {"name": name, "value": value}]

    return change


IT = "containerDefinitions.0."
ARN = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:other:DATABASE_URL::"
CHANGES: list[tuple[Check, Callable[[Definition], None]]] = [
    *((settings_are_complete, put(f"{IT}environment.{at}", None)) for at in range(3)),
    *((settings_are_complete, put(f"{IT}secrets.{at}", None)) for at in range(2)),
    (settings_are_known, set_plain("LOG_LEVLE", "INFO")),
    (settings_are_known, set_plain("SECRET_KEY", "x")),
    (settings_are_good, set_plain("LOG_LEVEL", "LOUD")),
    (settings_are_good, set_plain("STORAGE_URL", "file:///srv")),
    (settings_are_good, set_plain("LMS_ENV", "development")),
    (secrets_are_secret, put(f"{IT}secrets.0.valueFrom", ARN)),
    (secrets_are_secret, put(f"{IT}secrets.0", None)),
    (nothing_plain_is_secret, set_plain("SECRET_KEY", "x" * 32)),
    (nothing_plain_is_secret, set_plain("SMTP_PASSWORD", "")),
    (nothing_plain_is_secret, set_plain("STORAGE_URL", "s3://user:word@bucket")),
    (nothing_plain_is_secret, set_plain("LOG_LEVEL", "AKIA" + "A" * 16)),
    (port_is_the_one_served, put(f"{IT}portMappings.0.containerPort", 8080)),
    (port_is_the_one_served, set_plain("PORT", "9000")),
    *((health_check_is_the_images, put(f"{IT}healthCheck.{name}", 7)) for name in ("interval", "timeout", "retries", "startPeriod")),
    (health_check_is_the_images, put(f"{IT}healthCheck.command.0", "CMD-SHELL")),
    (health_check_is_the_images, put(f"{IT}healthCheck.command.4", "/srv/lms/app/gone.py")),
    (root_is_read_only, put(f"{IT}readonlyRootFilesystem", None)),
    (root_is_read_only, put(f"{IT}user", "0:0")),
    (root_is_read_only, put(f"{IT}mountPoints", [])),
    (root_is_read_only, put("volumes.0.name", "temp")),
    (requests_end_before_it_is_killed, put(f"{IT}stopTimeout", 20)),
    (requests_end_before_it_is_killed, put(f"{IT}stopTimeout", 121)),
    (size_is_one_that_fargate_has, put("memory", "768")),
    (size_is_one_that_fargate_has, put("cpu", "300")),
    (size_is_one_that_fargate_has, put("runtimePlatform.cpuArchitecture", "ARM64")),
    *((names_are_the_organisations, put(path, "other")) for path in ("family", "executionRoleArn", "taskRoleArn", f"{IT}name")),
    (names_are_the_organisations, put(f"{IT}image", "nginx:1")),
    (names_are_the_organisations, put(f"{IT}logConfiguration.options.awslogs-group", "/other")),
    (it_can_be_registered, put("memoryLimit", "512")),
    (it_can_be_registered, put(f"{IT}healthcheck", {})),
    (it_can_be_registered, put("cpu", 256)),
]


@pytest.mark.parametrize(("check", "change"), CHANGES, ids=[f"{at}-{check.__name__}" for at, (check, _) in enumerate(CHANGES)])
def test_what_does_not_fit_is_found(check: Check, change: Callable[[Definition], None]) -> None:
    changed = deepcopy(DEFINITION)
    change(changed)
    assert changed != DEFINITION
    assert check(changed) != []


def test_every_check_has_been_seen_to_fail() -> None:
    assert {check for check, _ in CHANGES} == set(CHECKS)
