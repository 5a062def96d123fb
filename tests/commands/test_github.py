"""What GitHub is asked, and what becomes of its refusals."""

import socket

import pytest

from commands import github
from commands.report import Failure
from tests.github import GitHub


def test_what_is_asked_carries_the_token_and_comes_back_as_json(hub: GitHub) -> None:
    made = github.call("POST", "issues", {"title": "t", "body": "b", "labels": ["l"]})
    assert github.call("GET", "issues?labels=l") == [made]
    assert github.call("PATCH", "issues/1", {"state": "closed"})["state"] == "closed"
    assert github.call("GET", "issues?labels=l") == []
    assert hub.asked[:2] == ["POST /repos/nationslab/lms/issues", "GET /repos/nationslab/lms/issues?labels=l"]


def test_a_token_that_is_missing_is_refused_by_name(hub: GitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    with pytest.raises(Failure, match=r'^GitHub: GET issues: 401 \{"message": "Bad credentials"\}$'):
        github.call("GET", "issues")
    assert len(hub.asked) == 1, "what is refused once is refused again"


@pytest.mark.parametrize("status", [500, 502, 429])
def test_a_question_is_asked_again_while_GitHub_is_busy(status: int, hub: GitHub) -> None:  # noqa: N802
    hub.refusals = [status] * 3
    assert github.call("GET", "issues") == []
    hub.refusals = [status] * 4
    with pytest.raises(Failure, match=f"^GitHub: GET issues: {status} "):
        github.call("GET", "issues")


def test_what_changes_something_is_sent_once(hub: GitHub) -> None:
    hub.refusals = [502]
    with pytest.raises(Failure, match=r"^GitHub: POST issues: 502 "):
        github.call("POST", "issues", {"title": "t"})
    assert hub.asked == ["POST /repos/nationslab/lms/issues"]


def test_a_GitHub_that_cannot_be_reached_is_named(hub: GitHub, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: N802
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("GITHUB_API_URL", f"http://127.0.0.1:{port}")
    with pytest.raises(Failure, match=r"^GitHub: GET issues: URLError: .*refused"):
        github.call("GET", "issues")


def test_an_answer_that_is_no_json_is_named(hub: GitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "answer", lambda *_: (200, b"<html>"))
    with pytest.raises(Failure, match=r"^GitHub: GET issues: JSONDecodeError"):
        github.call("GET", "issues")
