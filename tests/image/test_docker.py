"""The Docker client and its refusals."""

from pathlib import Path

import pytest

from commands.report import Failure
from image import docker as client
from image.docker import compressed_bytes, docker, inspect, logs
from tests.pipeline.conftest import Engine


def test_what_docker_prints_is_the_answer(engine: Engine) -> None:
    engine.answers("ps", "printf ' a\\nb\\n\\n'; echo warning >&2")
    assert docker("ps", "--format", "{{.Names}} x") == "a\nb"
    assert engine.calls() == [["ps", "--format", "{{.Names}} x"]]


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("echo first >&2; echo last >&2; exit 1", "docker ps: last"),
        ("echo printed; exit 1", "docker ps: printed"),
        ("exit 125", "docker ps: exit code 125"),
    ],
)
def test_a_refusal_is_its_last_line(script: str, problem: str, engine: Engine) -> None:
    engine.answers("ps", script)
    with pytest.raises(Failure) as refused:
        docker("ps")
    assert str(refused.value) == problem


def test_an_engine_that_hangs_is_given_up(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.answers("pull", "exec sleep 5")
    monkeypatch.setattr(client, "SECONDS", 0.1)
    with pytest.raises(Failure, match=r"docker pull did not end within 0\.1 s"):
        docker("pull", "x")


def test_a_machine_without_docker_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Failure, match="docker is not installed here"):
        docker("ps")


def test_a_machine_without_docker_cannot_weigh_an_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Failure, match="docker is not installed here"):
        compressed_bytes("lms")


def test_one_thing_is_inspected(engine: Engine) -> None:
    engine.says("inspect-lms", [{"Id": "sha256:1"}])
    assert inspect("lms") == {"Id": "sha256:1"}


def test_logs_are_both_streams(engine: Engine) -> None:
    engine.answers("logs", "echo out; echo err >&2")
    assert logs("lms", lines=2) == "out\nerr\n"
    assert engine.calls() == [["logs", "--tail", "2", "lms"]]


def test_an_image_counts_as_its_layers_are_sent(engine: Engine) -> None:
    engine.answers("save", "head -c 3000000 /dev/zero")
    assert 2_000 < compressed_bytes("lms") < 10_000
    engine.answers("save", "head -c 100000 /dev/urandom")
    assert 100_000 <= compressed_bytes("lms") < 101_000


def test_an_image_that_cannot_be_saved_is_named(engine: Engine) -> None:
    engine.answers("save", "exit 1")
    with pytest.raises(Failure, match="docker save lms: exit code 1"):
        compressed_bytes("lms")
