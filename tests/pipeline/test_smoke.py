"""What the deployed LMS must answer."""

import socket
import threading

import pytest

from commands.report import Failure
from pipeline import smoke
from pipeline.smoke import Answer
from tests.pipeline.conftest import COMMIT, Lms

REFUSED = Answer(401, {"errors": [{"message": "Invalid access token."}]})


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Answer(200, {"commit": COMMIT}), ""),
        (Answer(200, {"commit": "old"}), f"/version says commit 'old', but '{COMMIT}' was deployed"),
        (Answer(200, {}), "/version says commit None"),
        (Answer(200, None), "/version answered 200"),
        (Answer(503, {"commit": COMMIT}), "/version answered 503"),
    ],
)
def test_every_version_must_be_the_one_that_was_deployed(answer: Answer, problem: str) -> None:
    _judged("/version", answer, problem)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Answer(200, {"checks": {"database": "ok"}}), ""),
        (Answer(503, {"checks": {"database": "ok", "storage": "refused"}}), "/ready answered 503: storage failing"),
        (Answer(200, {"checks": {"a": "down", "b": "down"}}), "/ready answered 200: a, b failing"),
        (Answer(502, None), "/ready answered 502: no reason failing"),
    ],
)
def test_what_is_not_ready_is_named(answer: Answer, problem: str) -> None:
    _judged("/ready", answer, problem)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (REFUSED, ""),
        (Answer(401, None), "answered 401 to a token that nobody has, not 401 in the API's own words"),
        (Answer(401, {"errors": "another"}), "answered 401"),
        (Answer(200, REFUSED.body), "answered 200 to a token that nobody has"),
        (Answer(500, {}), "answered 500"),
    ],
)
def test_the_api_must_refuse_a_token_in_its_own_words(answer: Answer, problem: str) -> None:
    _judged(smoke.API, answer, problem)


def _judged(path: str, answer: Answer, problem: str) -> None:
    if not problem:
        smoke.judge(path, answer, COMMIT)
        return
    with pytest.raises(Failure) as refused:
        smoke.judge(path, answer, COMMIT)
    assert str(refused.value).startswith("smoke: ")
    assert problem in str(refused.value)


def test_a_deploy_in_order_answers_all_its_requests(lms: Lms) -> None:
    assert smoke.smoke(lms.url, COMMIT, pause=0) == 22
    assert [path for path, _ in lms.asked] == ["/version"] * 20 + ["/ready", "/api/v1/users/self"]
    assert lms.asked[-1][1]["Authorization"] == "Bearer smoke-test-no-such-token"
    assert {headers["Accept"] for _, headers in lms.asked} == {"application/json"}


def test_the_first_old_answer_ends_the_smoke_test(lms: Lms) -> None:
    lms.answers["/version"] = [(200, {"commit": COMMIT}), (200, {"commit": COMMIT}), (200, {"commit": "old"})]
    with pytest.raises(Failure, match="says commit 'old'"):
        smoke.smoke(lms.url, COMMIT, pause=0)
    assert len(lms.asked) == 3


@pytest.mark.parametrize(
    ("path", "answer", "problem"),
    [
        ("/version", (502, b"<html>Bad Gateway</html>"), "/version answered 502"),
        ("/ready", (503, {"checks": {"schema": "behind"}}), "schema failing"),
        ("/api/v1/users/self", (404, b""), "answered 404"),
    ],
)
def test_a_bad_answer_is_named(path: str, answer: tuple[int, object], problem: str, lms: Lms) -> None:
    lms.answers[path] = [answer]
    with pytest.raises(Failure, match=problem):
        smoke.smoke(lms.url, COMMIT, pause=0)


def test_an_address_where_nobody_listens_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closing:
        port = closing.getsockname()[1]
    with pytest.raises(Failure, match=rf"smoke: http://127\.0\.0\.1:{port}/version does not answer: .*refused"):
        smoke.ask(f"http://127.0.0.1:{port}/version")


@pytest.mark.parametrize("said", [b"no HTTP at all\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", b""])
def test_a_server_that_talks_nonsense_is_named(said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def talk() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(said)

        thread = threading.Thread(target=talk)
        thread.start()
        with pytest.raises(Failure, match="/version does not answer: "):
            smoke.ask(f"http://127.0.0.1:{server.getsockname()[1]}/version")
        thread.join()


def test_a_server_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smoke, "SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Failure, match="does not answer: timed out"):
        smoke.ask(f"http://127.0.0.1:{silent.getsockname()[1]}/version")
