"""How much of the process one user may use."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.http import limits
from app.http.limits import CAPACITY, COST_PER_SECOND, LEAK_PER_SECOND, Buckets, cost_of
from app.models.users import User
from tests.app.http.conftest import UNHURRIED
from tests.conftest import Api


def test_a_new_user_has_the_whole_bucket() -> None:
    buckets = Buckets()
    assert (buckets.level(1, 0.0), buckets.full(1, 0.0), buckets.add(1, 0.0, 0.0)) == (0.0, False, CAPACITY)


def test_what_is_poured_in_leaks_out_but_never_below_empty() -> None:
    buckets = Buckets()
    assert buckets.add(1, 100.0, now=50.0) == CAPACITY - 100
    assert buckets.level(1, 54.0) == 100 - 4 * LEAK_PER_SECOND
    assert buckets.level(1, 1000.0) == 0.0
    assert buckets.add(1, 5.0, now=1000.0) == CAPACITY - 5


def test_a_full_bucket_is_full_until_it_has_leaked() -> None:
    buckets = Buckets()
    assert buckets.add(1, CAPACITY + 20, now=0.0) == 0.0
    assert buckets.full(1, 0.0) and buckets.full(1, 1.9) and not buckets.full(1, 2.1)


def test_each_user_has_their_own_bucket() -> None:
    buckets = Buckets()
    buckets.add(1, CAPACITY, now=0.0)
    assert buckets.full(1, 0.0) and not buckets.full(2, 0.0)


@UNHURRIED
@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 60)), max_size=30))
def test_room_is_always_between_none_and_the_capacity(steps: list[tuple[float, float]]) -> None:
    buckets, now = Buckets(), 0.0
    for cost, wait in steps:
        now += wait
        assert 0.0 <= buckets.add(1, cost, now) <= CAPACITY


@UNHURRIED
@given(st.floats(0.001, 10.0))
def test_a_script_that_calls_in_sequence_is_never_stopped(seconds: float) -> None:
    buckets, now = Buckets(), 0.0
    for _ in range(500):
        assert not buckets.full(1, now)
        now += seconds
        buckets.add(1, cost_of(seconds), now)


def test_a_script_that_keeps_several_threads_busy_is_stopped() -> None:
    buckets = Buckets()
    for second in range(1, 60):
        for _ in range(4):
            buckets.add(1, COST_PER_SECOND, float(second))
    assert buckets.full(1, 60.0)


def test_empty_buckets_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_USERS", 3)
    buckets = Buckets()
    buckets.add(1, 500.0, now=0.0)
    for user in range(2, 5):
        buckets.add(user, 1.0, now=float(user))
    assert 1 in buckets.levels and len(buckets.levels) <= 3
    assert buckets.level(1, 0.0) == 500.0


def test_threads_lose_nothing() -> None:
    buckets = Buckets()
    threads = [threading.Thread(target=lambda: [buckets.add(1, 0.125, 0.0) for _ in range(500)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert buckets.level(1, 0.0) == 500.0


@pytest.fixture
def exhaust(app: Flask, fetch: Callable[[Any], list[Any]]) -> Callable[[Api], None]:
    """Makes a client use up their share, and more."""

    def exhaust(client: Api) -> None:
        app.extensions["rate_limits"].add(client.id, CAPACITY * 2, limits.clock())

    return exhaust


def test_every_answer_of_the_api_tells_its_cost(student: Api, nobody: Api) -> None:
    for answer in (student.get("/users/self"), student.get("/nowhere"), nobody.get("/users/self")):
        assert float(answer.headers["X-Request-Cost"]) > 0


def test_what_remains_is_told_to_whoever_is_signed_in(student: Api, nobody: Api) -> None:
    assert 0 < float(student.get("/users/self").headers["X-Rate-Limit-Remaining"]) <= CAPACITY
    assert "X-Rate-Limit-Remaining" not in nobody.get("/users/self").headers


def test_over_the_limit_a_user_is_told_to_wait_and_others_are_not(student: Api, teacher: Api, exhaust: Callable[[Api], None]) -> None:
    exhaust(student)
    answer = student.get("/users/self")
    assert (answer.status_code, answer.mimetype) == (429, "text/plain")
    assert "Rate Limit Exceeded" in answer.text
    assert int(answer.headers["Retry-After"]) > 0
    assert float(answer.headers["X-Rate-Limit-Remaining"]) == 0
    assert float(answer.headers["X-Request-Cost"]) > 0
    assert teacher.get("/users/self").status_code == 200


def test_over_the_limit_nothing_is_written(student: Api, exhaust: Callable[[Api], None], fetch: Callable[[Any], list[Any]]) -> None:
    exhaust(student)
    assert student.put("/users/self", json={"user": {"name": "Other"}}).status_code == 429
    ((name,),) = fetch(select(User.name).where(User.id == student.id))
    assert name != "Other"


def test_masquerading_uses_the_share_of_the_real_user(admin: Api, student: Api, exhaust: Callable[[Api], None]) -> None:
    url = f"/users/self?as_user_id={student.id}"
    exhaust(admin)
    assert admin.get(url).status_code == 429
    assert student.get("/users/self").status_code == 200
