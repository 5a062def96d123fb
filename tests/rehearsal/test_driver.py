"""What the driver removes, refuses and keeps apart, without an engine."""

import os
import socket
from pathlib import Path

import pytest

from commands.report import Failure
from tests.rehearsal import __main__ as rehearsal
from tests.rehearsal import cloud, engine, play


def test_only_images_of_the_rehearsal_are_removed() -> None:
    images = [
        "127.0.0.1:5000/shop:v7",
        "127.0.0.1:4566/lms-ecs:latest",
        "127.0.0.1:4566/lms-ecs:<none>",
        "lms:sha-abc",
        "lms:dev",
        "python:3.13",
    ]
    assert engine.ours(images, "127.0.0.1:4566") == ["127.0.0.1:4566/lms-ecs:latest", "lms:sha-abc"]
    assert engine.ours(images, "") == ["lms:sha-abc"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rehearsal may be up here: these tests keep away from its folders."""
    monkeypatch.setattr(rehearsal, "BUILD", tmp_path)
    for module in (rehearsal, play):
        monkeypatch.setattr(module, "STATE", tmp_path / "state")


def test_one_rehearsal_at_a_time() -> None:
    with rehearsal.alone(), pytest.raises(Failure, match="another rehearsal is at work"), rehearsal.alone():
        pass


def test_what_cannot_be_removed_does_not_keep_the_rest_from_going(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done = []

    def refuse() -> None:
        raise Failure("no")

    monkeypatch.setattr(cloud, "stop", refuse)
    monkeypatch.setattr(engine, "remove_all", lambda: done.append("engine"))
    with pytest.raises(Failure, match="not everything could be removed: processes: no"):
        rehearsal.down()
    assert done == ["engine"]
    assert "processes: failed" in capsys.readouterr().out


def test_what_is_on_this_machine_is_asked_for_without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "example.com")
    monkeypatch.delenv("no_proxy", raising=False)
    rehearsal.avoid_proxies()
    assert os.environ["NO_PROXY"] == "example.com,127.0.0.1,localhost,169.254.170.2"
    assert os.environ["no_proxy"] == "127.0.0.1,localhost,169.254.170.2"


def test_the_runner_has_nobodys_credentials_and_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "GITHUB_TOKEN", "HTTP_PROXY", "http_proxy", "GIT_DIR"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setattr(play, "_node", lambda: Path("/node"))
    assert not {"AWS_PROFILE", "GITHUB_TOKEN", "HTTP_PROXY", "http_proxy", "GIT_DIR"} & set(play.runner_environment())


def test_a_taken_port_is_not_chosen() -> None:
    port = cloud.free_port(0)
    assert 1024 < port < 65536
    with socket.create_server(("127.0.0.1", port)):
        assert cloud.free_port(port) != port
