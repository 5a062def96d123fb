"""The command line that the image's action calls."""

import pytest

from commands.report import Failure
from image import __main__ as command
from image import boot
from tests.pipeline.conftest import COMMIT, DEFINITION, Workflow


def test_a_boot_is_summed_up(workflow: Workflow, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    booted: list[object] = []

    def measured(*arguments: object) -> boot.Boot:
        booted.extend(arguments)
        return boot.Boot(2.0, 0.5, 90.0, 48.0)

    monkeypatch.setattr(boot, "boot", measured)
    assert command.main(["boot", "lms:1", "--commit", COMMIT]) == 0
    assert booted == ["lms:1", DEFINITION, COMMIT]
    said = "healthy 2.0 s after start, 90 MiB used, stopped in 0.5 s, 48.0 MB compressed"
    assert capsys.readouterr().out == f"boot: {said}\n"
    assert workflow.summary == f"Image `5ca1ab1e5ca1`: {said}.\n"


def test_an_image_that_does_not_boot_ends_with_1(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(*_: object) -> boot.Boot:
        raise Failure("the image does not boot")

    monkeypatch.setattr(boot, "boot", refuse)
    assert command.main(["boot", "lms:1", "--commit", COMMIT]) == 1
    assert capsys.readouterr().err == "pipeline: the image does not boot\n"


def test_what_is_booted_must_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(["boot", "lms:1"])
    assert ended.value.code == 2
    assert "--commit" in capsys.readouterr().err
