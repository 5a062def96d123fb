"""Two requests at once where features meet: discussions and grades, files and modules."""

from collections.abc import Callable
from typing import Any

import pytest

from app.models.courses import Course
from app.services import graded_discussions, module_items, positions
from tests.app.api.uploading import begin, follow, outside, send, upload
from tests.app.services.conftest import Together
from tests.conftest import Api
from tests.factories import AssignmentGroupFactory, ModuleFactory, ModuleItemFactory

Fetch = Callable[[Any], list[Any]]
ALIVE = "SELECT position FROM module_items WHERE workflow_state <> 'deleted' ORDER BY position"


@pytest.fixture
def topic(teacher: Api, course: Course) -> str:
    fields = {"title": "Talk", "assignment": {"points_possible": 5}}
    url = f"/courses/{course.id}/discussion_topics"
    return f"{url}/{teacher.ok('POST', url, json=fields)['id']}"


def test_two_entries_at_once_are_one_submission(together: Together, student: Api, topic: str, fetch: Fetch) -> None:
    together.meet(graded_discussions, "locked_row")
    call = together.request(student, "POST", f"{topic}/entries", json={"message": "x"})
    assert [answer.status_code for answer in together.do(call, call)] == [201, 201]
    assert fetch("SELECT attempt, workflow_state FROM submissions") == [(1, "submitted")]


def test_an_entry_is_written_while_another_is_taken_back(together: Together, student: Api, topic: str, fetch: Fetch) -> None:
    entry = student.ok("POST", f"{topic}/entries", json={"message": "x"})["id"]
    together.meet(graded_discussions, "written")
    together.meet(graded_discussions, "taken_back")
    answers = together.do(
        together.request(student, "POST", f"{topic}/entries", json={"message": "y"}),
        together.request(student, "DELETE", f"{topic}/entries/{entry}"),
    )
    assert [answer.status_code for answer in answers] == [201, 200]
    assert fetch("SELECT attempt, workflow_state FROM submissions") == [(1, "submitted")]


def test_a_topic_is_graded_while_somebody_writes(together: Together, student: Api, teacher: Api, course: Course, fetch: Fetch) -> None:
    url = f"/courses/{course.id}/discussion_topics"
    plain = f"{url}/{teacher.ok('POST', url, json={'title': 'Talk'})['id']}"
    answers = together.do(
        together.request(teacher, "PUT", plain, json={"assignment": {"points_possible": 5}}),
        together.request(student, "POST", f"{plain}/entries", json={"message": "x"}),
    )
    assert [answer.status_code for answer in answers] == [200, 201]
    assert fetch("SELECT attempt, workflow_state FROM submissions") == [(1, "submitted")]


def test_topic_and_assignment_are_changed_and_deleted_at_once(
    together: Together, student: Api, teacher: Api, course: Course, topic: str, fetch: Fetch
) -> None:
    work = f"/courses/{course.id}/assignments/{teacher.ok('GET', topic)['assignment_id']}"
    student.ok("POST", f"{topic}/entries", json={"message": "x"})
    answers = together.do(
        together.request(teacher, "PUT", topic, json={"title": "A"}),
        together.request(teacher, "PUT", work, json={"assignment": {"name": "B", "points_possible": 7}}),
        together.request(student, "POST", f"{topic}/entries", json={"message": "y"}),
        together.request(teacher, "PUT", f"{work}/submissions/{student.id}", json={"submission": {"posted_grade": "50%"}}),
    )
    assert [answer.status_code for answer in answers] == [200, 200, 201, 200]
    assert fetch("SELECT title FROM discussion_topics") == fetch("SELECT name FROM assignments")
    answers = together.do(together.request(teacher, "DELETE", topic), together.request(teacher, "DELETE", work))
    assert {answer.status_code for answer in answers} <= {200, 404}
    assert fetch("SELECT t.workflow_state, a.workflow_state FROM discussion_topics t, assignments a") == [("deleted", "deleted")]


def test_a_file_is_deleted_or_replaced_while_it_becomes_an_item(together: Together, teacher: Api, course: Course, fetch: Fetch) -> None:
    file = upload(teacher, f"/courses/{course.id}")
    module = ModuleFactory(course=course)
    url = f"/courses/{course.id}/modules/{module.id}/items"
    item = {"module_item": {"type": "File", "content_id": file["id"]}}
    begun = begin(teacher, f"/courses/{course.id}")
    together.meet(module_items, "find_content", after=True)
    answers = together.do(
        together.request(teacher, "POST", url, json=item),
        lambda: follow(teacher, send(teacher, begun)),
    )
    assert [answer.status_code for answer in answers][1] == 200
    assert len(teacher.ok("GET", url)) == (1 if answers[0].status_code == 200 else 0)
    new = answers[1].get_json()["id"]
    answers = together.do(
        together.request(teacher, "POST", url, json={"module_item": {"type": "File", "content_id": new}}),
        together.request(teacher, "DELETE", f"/files/{new}"),
    )
    assert answers[1].status_code == 200
    assert (teacher.ok("GET", url), fetch(ALIVE)) == ([], [])
    assert outside(teacher, "GET", file["url"]).status_code == 404


def test_an_item_is_viewed_while_its_file_is_deleted(together: Together, student: Api, teacher: Api, course: Course, fetch: Fetch) -> None:
    file = upload(teacher, f"/courses/{course.id}")
    module = ModuleFactory(course=course)
    ModuleItemFactory(module=module, type="File", content_id=file["id"], requirement="must_view", position=1)
    together.meet(module_items, "record")
    answers = together.do(
        together.request(student, "GET", f"/files/{file['id']}"),
        together.request(teacher, "DELETE", f"/files/{file['id']}"),
    )
    assert answers[0].status_code in (200, 404)
    assert (answers[1].status_code, fetch(ALIVE)) == (200, [])


def test_assignments_made_and_moved_at_once_are_numbered_without_gaps(
    together: Together, teacher: Api, course: Course, fetch: Fetch
) -> None:
    groups = [AssignmentGroupFactory(course=course).id for _ in range(2)]
    url = f"/courses/{course.id}/assignments"
    made = [teacher.ok("POST", url, json={"assignment": {"name": "x", "assignment_group_id": groups[0]}})["id"] for _ in range(3)]
    together.meet(positions, "make_room")
    answers = together.do(
        together.request(teacher, "POST", url, json={"assignment": {"name": "y", "assignment_group_id": groups[0], "position": 1}}),
        together.request(teacher, "PUT", f"{url}/{made[0]}", json={"assignment": {"assignment_group_id": groups[1], "position": 1}}),
        together.request(teacher, "DELETE", f"{url}/{made[1]}"),
    )
    assert [answer.status_code for answer in answers] == [200] * 3
    numbered = "SELECT position FROM assignments WHERE workflow_state <> 'deleted' AND assignment_group_id = {} ORDER BY position"
    assert [fetch(numbered.format(group)) for group in groups] == [[(1,), (2,)], [(1,)]]
