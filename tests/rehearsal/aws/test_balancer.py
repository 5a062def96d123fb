"""The load balancer over loopback sockets."""

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.rehearsal.aws.balancer import Balancer
from tests.rehearsal.aws.health import HealthCheck
from tests.rehearsal.aws.scripted import Backend, ask, reply
from tests.rehearsal.aws.wire import Head

GROUP = "arn:aws:elasticloadbalancing:ap-northeast-2:471112588210:targetgroup/lms/1"
CLOSING = b"GET / HTTP/1.1\r\nHost: lms\r\nConnection: close\r\n\r\n"


@contextmanager
def balanced(*backends: Backend, states: str = "healthy", timeout: float = 5, delay: float = 10) -> Iterator[Balancer]:
    check = HealthCheck(path="/health", interval=0.02, timeout=1, healthy=2, unhealthy=2, deregistration_delay=delay)
    balancer = Balancer(address=("127.0.0.1", 0), settings=lambda arn: check, timeout=timeout)
    try:
        for backend in backends:
            balancer.register(GROUP, *backend.address)
        until(lambda: all(balancer.health(GROUP, *backend.address) in states.split() for backend in backends))
        yield balancer
    finally:
        balancer.close()


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


def status(answer: bytes) -> int:
    return int(answer.split(b" ")[1])


def test_healthy_targets_take_turns() -> None:
    with Backend() as one, Backend() as two, balanced(one, two) as balancer:
        assert [status(ask(balancer.address, CLOSING)) for _ in range(4)] == [200] * 4
        assert (len(one.seen), len(two.seen)) == (2, 2)
        assert balancer.answers == {200: 4}


def test_an_unhealthy_target_gets_no_request_until_it_has_recovered() -> None:
    with Backend() as well, Backend(health="503 Service Unavailable") as ill, balanced(well, ill, states="healthy unhealthy") as balancer:
        assert [status(ask(balancer.address, CLOSING)) for _ in range(4)] == [200] * 4
        assert ill.seen == []
        assert balancer.standings(GROUP)[ill.address].reason == "Target.ResponseCodeMismatch"
        ill.health = "200 OK"
        until(lambda: balancer.health(GROUP, *ill.address) == "healthy")


def test_if_no_target_is_healthy_all_get_requests() -> None:
    with Backend(health="500 Oh") as ill, balanced(ill, states="unhealthy") as balancer:
        assert status(ask(balancer.address, CLOSING)) == 200


def test_without_a_target_the_answer_is_503() -> None:
    with balanced() as balancer:
        answer = ask(balancer.address, CLOSING)
        assert status(answer) == 503
        assert b"<title>503 Service Unavailable</title>" in answer
        assert balancer.health(GROUP, "127.0.0.1", 1) == "unused"


def test_a_target_that_refuses_or_resets_is_a_502() -> None:
    with Backend(lambda head, body: None) as backend, balanced(backend) as balancer:
        assert status(ask(balancer.address, CLOSING)) == 502
        backend.__exit__(None, None, None)
        assert status(ask(balancer.address, CLOSING)) == 502
        assert balancer.answers == {502: 2}


def test_a_target_that_answers_nonsense_is_a_502() -> None:
    with Backend(lambda head, body: b"SSH-2.0\r\n\r\n") as backend, balanced(backend) as balancer:
        assert status(ask(balancer.address, CLOSING)) == 502


def test_a_silent_target_is_a_504() -> None:
    release = threading.Event()

    def silent(head: Head, body: bytes) -> None:
        release.wait(5)

    with Backend(silent) as backend, balanced(backend, timeout=0.1) as balancer:
        assert status(ask(balancer.address, CLOSING)) == 504
        release.set()


def test_a_draining_target_finishes_what_it_has_and_gets_no_more() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(head: Head, body: bytes) -> bytes:
        begun.set()
        go_on.wait(5)
        return reply(b"finished")

    with Backend(slow) as old, Backend() as new, balanced(old, new, delay=0.2) as balancer:
        answers: list[bytes] = []
        threads = [threading.Thread(target=lambda: answers.append(ask(balancer.address, CLOSING))) for _ in range(2)]
        for thread in threads:
            thread.start()
        assert begun.wait(5)
        balancer.deregister(GROUP, *old.address)
        assert balancer.health(GROUP, *old.address) == "draining"
        assert [status(ask(balancer.address, CLOSING)) for _ in range(3)] == [200] * 3
        go_on.set()
        for thread in threads:
            thread.join(5)
        assert sorted(answer.rpartition(b"\r\n\r\n")[2] for answer in answers) == [b"finished", b"ok"]
        assert len(old.seen) == 1
        until(lambda: balancer.health(GROUP, *old.address) == "unused")


def test_a_target_may_come_back_while_it_drains() -> None:
    with Backend() as backend, balanced(backend) as balancer:
        balancer.deregister(GROUP, *backend.address)
        assert status(ask(balancer.address, CLOSING)) == 503
        balancer.register(GROUP, *backend.address)
        until(lambda: balancer.health(GROUP, *backend.address) == "healthy")
        assert status(ask(balancer.address, CLOSING)) == 200


def test_connections_are_kept_on_both_sides() -> None:
    with Backend() as backend, balanced(backend) as balancer:
        client = http.client.HTTPConnection(*balancer.address)
        for _ in range(3):
            client.request("GET", "/")
            assert client.getresponse().read() == b"ok"
        client.close()
        assert len(backend.peers) == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_connection_that_the_target_closed_meanwhile_is_replaced(method: str) -> None:
    with Backend() as backend, balanced(backend) as balancer:
        client = http.client.HTTPConnection(*balancer.address)
        for turn in range(2):
            client.request(method, "/")
            assert client.getresponse().read() == b"ok"
            if turn == 0:
                backend.cut()
                time.sleep(0.05)
        client.close()
        assert len(backend.peers) == 2


@pytest.mark.parametrize(("method", "expected", "times"), [("GET", 200, 3), ("POST", 502, 2)])
def test_a_request_is_repeated_only_if_that_is_harmless(method: str, expected: int, times: int) -> None:
    """The target closes in the moment in which the second request arrives on a kept connection."""

    def fickle(head: Head, body: bytes) -> bytes | None:
        return None if len(backend.seen) == 1 else reply()

    with Backend(fickle) as backend, balanced(backend) as balancer:
        request = CLOSING.replace(b"GET", method.encode())
        assert status(ask(balancer.address, request)) == 200
        assert status(ask(balancer.address, request)) == expected
        assert len(backend.seen) == times


def test_the_target_learns_who_asks_and_nothing_of_the_connection() -> None:
    with Backend() as backend, balanced(backend) as balancer:
        ask(
            balancer.address,
            b"GET /a?b HTTP/1.1\r\nHost: lms\r\nX-Forwarded-For: 1.2.3.4\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nTE: x\r\n\r\n",
        )
        head = backend.seen[0][0]
        assert head.first == "GET /a?b HTTP/1.1"
        assert head.get("host") == "lms"
        assert head.get("x-forwarded-for") == "1.2.3.4, 127.0.0.1"
        assert (head.get("x-forwarded-proto"), head.get("x-forwarded-port")) == ("http", str(balancer.address[1]))
        assert [head.get(name) for name in ("connection", "x-hop", "te")] == [""] * 3


def test_large_bodies_pass_both_ways_with_a_length_and_in_chunks() -> None:
    block = bytes(range(256)) * 4096
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"%x;a=b\r\n%b\r\n0\r\nTrailer: x\r\n\r\n" % (len(block), block)

    with Backend(lambda head, body: chunked if head.get("content-length") else reply(body)) as backend, balanced(backend) as balancer:
        client = http.client.HTTPConnection(*balancer.address)
        client.request("POST", "/", block)
        answer = client.getresponse()
        assert (answer.read(), answer.getheader("transfer-encoding")) == (block, "chunked")
        client.request("POST", "/", iter([block, block]), encode_chunked=True, headers={"Transfer-Encoding": "chunked"})
        answer = client.getresponse()
        assert (answer.read(), answer.getheader("content-length")) == (block * 2, str(len(block) * 2))
        client.close()
        assert [len(body) for _, body in backend.seen] == [len(block), 2 * len(block)]


@pytest.mark.parametrize(
    ("method", "answer"),
    [("HEAD", reply()[:-2]), ("GET", b"HTTP/1.1 204 No\r\n\r\n"), ("GET", b"HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n")],
)
def test_answers_without_a_body_leave_the_connection_usable(method: str, answer: bytes) -> None:
    with Backend(lambda head, body: answer) as backend, balanced(backend) as balancer:
        client = http.client.HTTPConnection(*balancer.address)
        for _ in range(2):
            client.request(method, "/")
            assert client.getresponse().read() == b""
        client.close()
        assert len(backend.peers) == 1


def test_an_old_client_gets_an_answer_of_unknown_length_until_the_end() -> None:
    unknown = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end"
    with Backend(lambda head, body: unknown) as backend, balanced(backend) as balancer:
        backend_ends = threading.Timer(0.05, backend.cut)
        backend_ends.start()
        assert ask(balancer.address, b"GET / HTTP/1.0\r\n\r\n").endswith(b"\r\n\r\nto the end")


def test_a_client_that_waits_to_be_asked_for_its_body_is_asked() -> None:
    with (
        Backend(lambda head, body: reply(body)) as backend,
        balanced(backend) as balancer,
        socket.create_connection(balancer.address, 5) as sock,
    ):
        sock.sendall(b"POST / HTTP/1.1\r\nHost: lms\r\nContent-Length: 3\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")
        assert sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"abc")
        with sock.makefile("rb") as stream:
            assert stream.read().endswith(b"\r\n\r\nabc")
        assert backend.seen[0][0].get("expect") == ""


def test_what_is_no_request_is_a_400() -> None:
    with balanced() as balancer:
        assert [status(ask(balancer.address, text)) for text in (b"hello\r\n\r\n", b"GET / HTTP/1.1\r\nno field\r\n\r\n")] == [400, 400]


def test_a_port_that_is_taken_is_named() -> None:
    with balanced() as balancer, pytest.raises(OSError, match=str(balancer.address[1])):
        Balancer(address=balancer.address, settings=lambda arn: HealthCheck())
