"""Booting an image as Fargate will: the flags, the verdicts, and every way in which a boot goes wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Network
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from commands.names import container_of
from commands.report import Failure
from image import boot, postgres
from tests.pipeline.conftest import COMMIT, DEFINITION, Engine, Lms

CONTAINER = container_of(DEFINITION)
URL = "postgresql://lms:word@127.0.0.1:5432/lms"
GIVEN = {"DATABASE_URL": URL, "SECRET_KEY": "s", "BASE_URL": "http://boot.test", "AWS_REGION": "us-east-1", "OTHER": "x"}


def state(status: str, health: str = "", code: int = 0, output: str = "", **more: Any) -> list[dict[str, Any]]:
    """What the engine says of a container."""
    checks = {"Health": {"Status": health, "Log": [{"ExitCode": 0}, {"ExitCode": 1, "Output": output}]}} if health else {}
    return [{"State": {"Status": status, "ExitCode": code, **checks, **more}}]


IMAGE: list[dict[str, Any]] = [{"Config": {"Volumes": {"/tmp": {}}}}]  # noqa: S108
STARTING, HEALTHY, ENDED = state("running", "starting"), state("running", "healthy"), state("exited")


@pytest.fixture
def good(engine: Engine, lms: Lms, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """An engine on which an image boots as it should, and a database next to it."""

    @contextmanager
    def database(address: str, port: int, network: IPv4Network) -> Iterator[postgres.Postgres]:
        assert (address, port, network) == ("127.0.0.1", 5432, IPv4Network("127.0.0.0/8"))
        yield postgres.Postgres(URL, Path())

    monkeypatch.setattr(postgres, "running", database)
    monkeypatch.setattr("time.sleep", lambda _: None)
    engine.answers("save", "head -c 50000 /dev/zero")
    engine.says("inspect-lms:1", IMAGE)
    engine.says("network-create", "net1")
    engine.says("inspect-net1", [{"IPAM": {"Config": [{"Subnet": "127.0.0.0/8", "Gateway": "127.0.0.1/8"}]}}])
    engine.says("network-rm", "")
    engine.says("run", "migration", "server")
    engine.says("wait", "0")
    engine.says("inspect-server", STARTING, HEALTHY, ENDED)
    engine.says("port", f"8000/tcp -> 127.0.0.1:{lms.port}\n8000/tcp -> [::1]:{lms.port}")
    engine.says("stats", "93.5MiB / 512MiB")
    engine.says("logs", "Traceback ...\nValueError: no bucket\n")
    engine.says("stop", "server")
    engine.says("rm", "")
    return engine


def flag(arguments: list[str], name: str) -> list[str]:
    """Every value of that flag."""
    return [value for flag, value in pairwise(arguments) if flag == name]


@pytest.mark.parametrize("volumes", [None, {}, {"/data": {}}])
def test_a_volume_that_the_image_does_not_declare_would_belong_to_root(good: Engine, volumes: object) -> None:
    good.says("inspect-lms:1", [{"Config": {"Volumes": volumes}}])
    with pytest.raises(Failure, match="the Dockerfile needs VOLUME /tmp"):
        boot.boot("lms:1", DEFINITION, COMMIT)


def test_an_image_in_order_is_measured(good: Engine) -> None:
    measured = boot.boot("lms:1", DEFINITION, COMMIT)
    assert measured.memory_mib == 93.5
    assert 0 < measured.healthy_seconds < 5
    assert 0 < measured.stop_seconds < 5
    assert str(boot.Boot(1.24, 0.3, 93.5, 50.01)) == "healthy 1.2 s after start, 94 MiB used, stopped in 0.3 s, 50.0 MB compressed"


def test_migrations_and_server_get_what_every_task_gets(good: Engine, lms: Lms) -> None:
    boot.boot("lms:1", DEFINITION, COMMIT)
    migration, server = good.calls("run")
    assert migration[-6:] == ["lms:1", "flask", "--app", "wsgi", "db", "upgrade"]
    assert server[-1] == "lms:1"
    for arguments in (migration, server):
        assert flag(arguments, "--network") == ["net1"]
        assert flag(arguments, "--memory") == flag(arguments, "--memory-swap") == ["512m"]
        assert {"LMS_ENV=production", f"DATABASE_URL={URL}", "BASE_URL=http://boot.test"} <= set(flag(arguments, "--env"))
        assert "--read-only" in arguments
    assert (flag(migration, "--publish"), flag(server, "--publish")) == ([], ["127.0.0.1::8000"])
    assert (flag(migration, "--health-interval"), flag(server, "--health-interval")) == ([], ["10s"])
    assert flag(good.calls("stop")[0], "-t") == ["30"]
    assert [path for path, _ in lms.asked] == ["/version", "/ready", "/api/v1/users/self"]
    assert {headers["Host"] for _, headers in lms.asked} == {"boot.test"}


def test_nothing_is_left_behind(good: Engine) -> None:
    boot.boot("lms:1", DEFINITION, COMMIT)
    assert good.calls("rm") == [["rm", "--force", "--volumes", "migration"], ["rm", "--force", "--volumes", "server"]]
    assert good.calls("network")[-1] == ["network", "rm", "net1"]


BAD: dict[str, tuple[dict[str, list[Any]], str]] = {
    "the migrations fail": ({"wait": ["3"]}, "the image cannot migrate an empty database: exit code 3: ValueError: no bucket"),
    "it exits": ({"inspect-server": [STARTING, state("exited", code=1)]}, "it exited with 1 before it was healthy"),
    "out of memory": ({"inspect-server": [state("exited", code=137, OOMKilled=True)]}, "out of memory: the kernel ended it"),
    "it is unhealthy": (
        {"inspect-server": [state("running", "unhealthy", output="connection refused\n")]},
        "the image does not boot: its health check fails (exit code 1): connection refused",
    ),
    "it hangs when it must stop": (
        {"inspect-server": [HEALTHY, state("exited", code=137)]},
        "the container did not end cleanly within its stopTimeout of 30 s: exit code 137",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_an_image_that_does_not_boot_is_named_and_shown(case: str, good: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    answers, problem = BAD[case]
    for command, texts in answers.items():
        good.says(command, *texts)
    with pytest.raises(Failure) as refused:
        boot.boot("lms:1", DEFINITION, COMMIT)
    assert problem in str(refused.value)
    assert str(refused.value).endswith("ValueError: no bucket")
    assert "Traceback ...\nValueError: no bucket\n" in capsys.readouterr().out
    assert len(good.calls("rm")) == len(good.calls("run"))
    assert good.calls("network")[-1] == ["network", "rm", "net1"]


def test_an_image_that_fails_in_silence_is_said_to(good: Engine) -> None:
    good.says("logs", "")
    good.says("inspect-server", state("exited", code=1))
    with pytest.raises(Failure, match="exited with 1 before it was healthy; its last words: it wrote nothing"):
        boot.boot("lms:1", DEFINITION, COMMIT)


@pytest.mark.parametrize(
    ("log", "line"),
    [
        ("", "it wrote nothing"),
        ("starting\nstopped\n", "stopped"),
        ("Traceback\nsqlalchemy.exc.OperationalError: no host\nworker exits\nmaster exits\n", "sqlalchemy.exc.OperationalError: no host"),
        ("KeyError: 'a'\n\nDuring handling ...\nValueError: b\n", "ValueError: b"),
        ("lms: BASE_URL is not set\nbye", "lms: BASE_URL is not set"),
        ("x" * 400, "x" * 300),
    ],
)
def test_the_last_exception_of_a_log_says_what_went_wrong(log: str, line: str) -> None:
    assert boot.last_words(log) == line


def test_an_image_that_is_never_healthy_is_given_up(good: Engine, definition: dict[str, Any]) -> None:
    good.says("inspect-server", state("running"), STARTING)
    container_of(definition)["healthCheck"] |= {"startPeriod": 0, "retries": 1, "interval": 0.05}
    with pytest.raises(Failure, match="the image does not boot: not healthy after 0 s"):
        boot.boot("lms:1", definition, COMMIT)


@pytest.mark.parametrize(
    ("path", "answer", "problem"),
    [
        ("/version", (200, {"commit": "another"}), "says commit 'another'"),
        ("/ready", (503, {"checks": {"storage": "refused"}}), "storage failing"),
        ("/api/v1/users/self", (500, {}), "answered 500"),
    ],
)
def test_a_healthy_image_must_also_answer(path: str, answer: tuple[int, object], problem: str, good: Engine, lms: Lms) -> None:
    lms.answers[path] = [answer]
    with pytest.raises(Failure, match=problem):
        boot.boot("lms:1", DEFINITION, COMMIT)


def test_an_image_that_is_too_large_is_not_even_started(good: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boot, "LARGEST_MB", 0.00001)
    with pytest.raises(Failure, match=r"the image has 0\.0 MB compressed, more than 1e-05"):
        boot.boot("lms:1", DEFINITION, COMMIT)
    assert [call[0] for call in good.calls()] == ["inspect", "save"]


def test_a_network_goes_even_when_its_database_does_not_come(good: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def broken(address: str, *_: object) -> Iterator[postgres.Postgres]:
        if address:
            raise Failure("no database")
        yield postgres.Postgres(URL, Path())

    monkeypatch.setattr(postgres, "running", broken)
    with pytest.raises(Failure, match="no database"):
        boot.boot("lms:1", DEFINITION, COMMIT)
    assert good.calls("network")[-1] == ["network", "rm", "net1"]


def test_the_bucket_is_there_for_whoever_asks(good: Engine) -> None:
    good.answers("wait", 'set -- $(grep -o "AWS_ENDPOINT_URL_S3=[^\t]*" calls); exec curl -sf --head "${1#*=}/bucket" -o /dev/null -w 0')
    assert boot.boot("lms:1", DEFINITION, COMMIT).memory_mib > 0


@pytest.mark.parametrize(("usage", "mebibytes"), [("93.5MiB / 512MiB", 93.5), ("1.2GiB / 2GiB", 0.0), ("--", 0.0)])
def test_memory_is_read_where_it_can_be(usage: str, mebibytes: float, good: Engine) -> None:
    good.says("stats", usage)
    assert boot.boot("lms:1", DEFINITION, COMMIT).memory_mib == mebibytes


def test_settings_of_the_cloud_are_replaced_and_others_kept() -> None:
    settings = boot.environment(CONTAINER, GIVEN)
    plain = {entry["name"]: entry["value"] for entry in CONTAINER["environment"]}
    assert settings == plain | {name: value for name, value in GIVEN.items() if name != "OTHER"}


def test_a_secret_that_the_boot_has_no_value_for_is_named() -> None:
    with pytest.raises(Failure, match="the task definition has the secret NEW_KEY, which the boot test has no value for"):
        boot.environment({"secrets": [{"name": "NEW_KEY", "valueFrom": "arn"}]}, GIVEN)
    assert boot.environment({}, {"AWS_REGION": "r", "OTHER": "x"}) == {"AWS_REGION": "r"}


def test_limits_are_those_of_the_task() -> None:
    assert boot.limits(DEFINITION) == [
        *("--cpus", "0.25", "--memory", "512m", "--memory-swap", "512m", "--read-only", "--init"),
        *("--user", "10001:10001", "--mount", "type=volume,destination=/tmp"),
    ]
    bare = {"cpu": "1024", "memory": "2048", "containerDefinitions": [{}]}
    assert boot.limits(bare) == ["--cpus", "1.0", "--memory", "2048m", "--memory-swap", "2048m"]


@pytest.mark.parametrize(
    ("command", "shell"),
    [
        (["CMD", "python3", "-S", "/srv/health check.py"], "python3 -S '/srv/health check.py'"),
        (["CMD-SHELL", "curl -f localhost || exit 1"], "curl -f localhost || exit 1"),
    ],
)
def test_a_health_check_is_the_tasks_own(command: list[str], shell: str) -> None:
    flags = boot.health_flags({"command": command, "interval": 10, "timeout": 4, "retries": 2, "startPeriod": 20})
    assert flags == [
        *("--health-cmd", shell, "--health-interval", "10s", "--health-timeout", "4s"),
        *("--health-retries", "2", "--health-start-period", "20s"),
    ]
    assert boot.health_flags({"command": command})[2:] == [
        *("--health-interval", "30s", "--health-timeout", "5s", "--health-retries", "3", "--health-start-period", "0s")
    ]


@pytest.mark.parametrize("command", [["python3", "check.py"], ["CMD"], ["NONE", "x"]])
def test_a_health_check_that_ecs_would_not_run_is_refused(command: list[str]) -> None:
    with pytest.raises(Failure, match="must begin with CMD or CMD-SHELL"):
        boot.health_flags({"command": command})


@pytest.mark.parametrize(
    ("check", "seconds"), [({}, 120), ({"interval": 10, "retries": 3, "startPeriod": 30}, 70), ({"interval": 5, "retries": 1}, 10)]
)
def test_patience_ends_an_interval_after_ecs_would(check: dict[str, int], seconds: float) -> None:
    assert boot.patience(check) == seconds


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        (state("running"), ""),
        (STARTING, ""),
        (HEALTHY, ""),
        (state("dead", code=2), "it exited with 2 before it was healthy"),
        (state("exited", code=0), "it exited with 0 before it was healthy"),
        (state("running", "unhealthy", output="x" * 300), f"its health check fails (exit code 1): {'x' * 200}"),
        (state("running", "unhealthy"), "its health check fails (exit code 1): no output"),
        (
            [{"State": {"Status": "running", "Health": {"Status": "unhealthy", "Log": None}}}],
            "its health check fails (exit code None): no output",
        ),
    ],
)
def test_the_engines_state_says_why(found: list[dict[str, Any]], problem: str) -> None:
    said = boot.verdict(found[0]["State"])
    assert said.endswith(problem) if problem else said == ""
