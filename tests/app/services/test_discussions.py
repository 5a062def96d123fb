"""Several at once in one discussion: nothing that was said is lost, no mark is made twice."""

from collections.abc import Callable
from typing import Any

import pytest

from app.models.courses import Course
from app.services import discussion_entries, discussions
from tests.app.services.conftest import Together
from tests.conftest import Api
from tests.factories import EntryFactory, TopicFactory

Fetch = Callable[[Any], list[Any]]
ROUNDS = 4


@pytest.fixture
def url(course: Course) -> str:
    return f"/courses/{course.id}/discussion_topics"


def test_everything_that_is_said_at_once_is_there(together: Together, student: Api, teacher: Api, url: str, course: Course) -> None:
    topic = TopicFactory(course=course)
    entry = EntryFactory(topic=topic)
    path = f"{url}/{topic.id}/entries/{entry.id}/replies"
    together.meet(discussion_entries, "write")
    answers = together.do(*(together.request(who, "POST", path, json={"message": who.token}) for who in (student, teacher)))
    assert [answer.status_code for answer in answers] == [201, 201]
    (seen,) = student.ok("GET", f"{url}/{topic.id}/view")["view"]
    assert {reply["message"] for reply in seen["replies"]} == {student.token, teacher.token}


def test_an_author_does_not_delete_what_is_just_being_answered(
    together: Together, student: Api, teacher: Api, url: str, course: Course, fetch: Fetch
) -> None:
    for _ in range(ROUNDS):
        topic = TopicFactory(course=course, user=student.user)
        answers = together.do(
            together.request(student, "DELETE", f"{url}/{topic.id}"),
            together.request(teacher, "POST", f"{url}/{topic.id}/entries", json={"message": "x"}),
        )
        assert [answer.status_code for answer in answers] in ([200, 404], [403, 201])
    lost = """SELECT count(*) FROM discussion_entries e JOIN discussion_topics t ON t.id = e.topic_id
        WHERE t.workflow_state = 'deleted'"""
    assert fetch(lost) == [(0,)]


@pytest.mark.parametrize("path", ["read", "read_all", "subscribed"])
def test_a_mark_that_is_set_twice_at_once_is_one_mark(
    together: Together, student: Api, url: str, course: Course, fetch: Fetch, path: str
) -> None:
    topic = TopicFactory(course=course)
    EntryFactory(topic=topic)
    together.meet(discussion_entries, "insert_unless_there")
    answers = together.do(*[together.request(student, "PUT", f"{url}/{topic.id}/{path}")] * 2)
    assert [answer.status_code for answer in answers] == [204, 204]
    assert fetch("SELECT count(*) FROM discussion_topic_participants") == [(1,)]
    assert fetch("SELECT count(*) FROM discussion_entry_participants") == [(1 if path == "read_all" else 0,)]


def test_marks_on_single_entries_and_on_all_at_once_do_not_wait_for_each_other_for_ever(
    together: Together, student: Api, url: str, course: Course
) -> None:
    topic = TopicFactory(course=course)
    entries = [EntryFactory(topic=topic).id for _ in range(3)]
    calls = [("PUT", "read_all"), ("DELETE", "read_all"), *(("PUT", f"entries/{entry}/read") for entry in entries)]
    for _ in range(ROUNDS):
        answers = together.do(*(together.request(student, method, f"{url}/{topic.id}/{path}") for method, path in calls))
        assert {answer.status_code for answer in answers} == {204}


def test_a_setting_that_is_made_twice_at_once_is_one(together: Together, teacher: Api, course: Course, fetch: Fetch) -> None:
    together.meet(discussions, "insert_unless_there")
    body = {"allow_student_discussion_topics": False}
    answers = together.do(*[together.request(teacher, "PUT", f"/courses/{course.id}/settings", json=body)] * 2)
    assert [answer.get_json()["allow_student_discussion_topics"] for answer in answers] == [False, False]
    assert fetch("SELECT count(*) FROM course_discussion_settings") == [(1,)]
