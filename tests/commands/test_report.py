"""Lines, outputs, summaries and failures."""

import pytest

from commands import report
from commands.report import Failure
from tests.pipeline.conftest import Workflow


@pytest.mark.parametrize(
    ("failure", "annotation"),
    [
        (Failure("no bucket"), "::error::no bucket"),
        (Failure("bad", file="task-definition.json", line=3), "::error file=task-definition.json,line=3::bad"),
        (Failure("bad", file="x.py"), "::error file=x.py,line=1::bad"),
        (Failure("two\r\n  lines, 100 % bad%0A::warning::x"), "::error::two lines, 100 %25 bad%250A::warning::x"),
    ],
)
def test_an_annotation_is_one_line_that_nobody_can_break_out_of(failure: Failure, annotation: str) -> None:
    assert failure.annotation() == annotation


def test_a_failure_on_a_terminal_is_one_line_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    report.fail(Failure("no bucket"))
    assert capsys.readouterr() == ("", "pipeline: no bucket\n")


def test_a_failure_in_a_workflow_is_annotated_as_well(workflow: Workflow, capsys: pytest.CaptureFixture[str]) -> None:
    report.fail(Failure("no bucket"))
    assert capsys.readouterr() == ("::error::no bucket\n", "pipeline: no bucket\n")


def test_outputs_are_shown_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    report.output({"a": "1", "b": "2"})
    assert capsys.readouterr().out == "a=1\nb=2\n"


def test_outputs_of_several_lines_arrive_whole(workflow: Workflow, capsys: pytest.CaptureFixture[str]) -> None:
    report.output({"digest": "sha256:1", "secrets": "A=1\nB=2", "empty": ""})
    report.output({"later": "x<<y"})
    assert workflow.outputs == {"digest": "sha256:1", "secrets": "A=1\nB=2", "empty": "", "later": "x<<y"}
    assert capsys.readouterr().out == ""


def test_no_value_can_end_its_own_heredoc(workflow: Workflow) -> None:
    for _ in range(2):
        report.output({"a": "end-of-a\nb<<x\nforged\nx"})
    assert workflow.outputs == {"a": "end-of-a\nb<<x\nforged\nx"}
    marks = [line for line in workflow.written("output").splitlines() if line.startswith("end-of-a-")]
    assert len(set(marks)) == 2


def test_the_summary_grows_and_needs_no_workflow(workflow: Workflow, monkeypatch: pytest.MonkeyPatch) -> None:
    report.summary("one")
    report.summary("two")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY")
    report.summary("nowhere")
    assert workflow.summary == "one\ntwo\n"


def test_a_text_that_no_page_could_hold_is_cut() -> None:
    shown = report.markdown("Migrations", "diff", "x" * 2_000_000)
    assert len(shown) < 101_000
    assert "\n... 1900000 more characters\n" in shown


def test_the_journal_keeps_what_each_verb_found_and_how_it_failed(workflow: Workflow) -> None:
    with report.phase("prepare") as found:
        found["digest"] = "sha256:1"
    with pytest.raises(Failure, match="no"), report.phase("migrate"):
        raise Failure("no")
    prepared, migrated = report.phases()
    assert (prepared["verb"], prepared["digest"], "failure" in prepared) == ("prepare", "sha256:1", False)
    assert (migrated["verb"], migrated["failure"]) == ("migrate", "no")
    assert prepared["began"] <= prepared["ended"] <= migrated["began"] <= migrated["ended"]


@pytest.mark.parametrize(("problem", "noted"), [(KeyboardInterrupt(), "KeyboardInterrupt"), (KeyError("x"), "KeyError 'x'")])
def test_a_verb_that_is_cancelled_or_breaks_has_not_succeeded(problem: BaseException, noted: str, workflow: Workflow) -> None:
    with pytest.raises(type(problem)), report.phase("migrate"):
        raise problem
    assert [phase["failure"] for phase in report.phases()] == [noted]


def test_without_a_workflow_there_is_no_journal() -> None:
    with report.phase("smoke"):
        pass
    assert report.phases() == []


def test_a_journal_that_nobody_wrote_is_empty(workflow: Workflow) -> None:
    assert report.phases() == []
