"""Assignments of a course."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from app.models.courses import Course
from tests.conftest import Api
from tests.factories import AssignmentFactory, AssignmentGroupFactory, CourseFactory, SubmissionFactory

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.fixture
def url(course: Course) -> str:
    return f"/courses/{course.id}/assignments"


def test_what_is_not_said_has_canvas_defaults(teacher: Api, url: str, course: Course) -> None:
    made = teacher.ok("POST", url, json={"assignment": {"name": "Essay"}})
    assert (made["published"], made["submission_types"], made["grading_type"]) == (False, ["none"], "points")
    assert (made["allowed_attempts"], made["points_possible"], made["needs_grading_count"]) == (-1, None, 0)
    (group,) = teacher.ok("GET", f"/courses/{course.id}/assignment_groups")
    assert (group["name"], group["id"]) == ("Assignments", made["assignment_group_id"])


def test_an_assignment_is_made_in_a_form_and_changed_in_json(teacher: Api, url: str) -> None:
    form = {
        "assignment[name]": "Essay",
        "assignment[submission_types][]": ["online_text_entry", "online_upload"],
        "assignment[published]": "1",
    }
    made = teacher.ok(
        "POST", url, data={**form, "assignment[due_at]": "2026-03-01T23:59:59+09:00", "assignment[allowed_extensions][]": "pdf"}
    )
    assert (made["published"], made["due_at"], made["allowed_extensions"]) == (True, "2026-03-01T14:59:59Z", ["pdf"])
    fields = {"due_at": None, "points_possible": 20, "description": "<p onclick=x>Hi</p>", "position": 5}
    changed = teacher.ok("PUT", f"{url}/{made['id']}", json={"assignment": fields})
    assert (changed["due_at"], changed["points_possible"], changed["description"]) == (None, 20.0, "<p>Hi</p>")


@pytest.mark.parametrize(
    "fields",
    [
        {"name": " "},
        {"name": None},
        {"submission_types": ["telepathy"]},
        {"submission_types": ["none", "online_url"]},
        {"grading_type": "stars"},
        {"due_at": "soon"},
        {"points_possible": -1},
        {"points_possible": "many"},
        {"assignment_group_id": 999999},
        {"allowed_attempts": "x"},
    ],
)
def test_a_bad_assignment_is_refused(teacher: Api, url: str, fields: dict[str, Any]) -> None:
    response = teacher.post(url, json={"assignment": {"name": "Essay", **fields}})
    assert response.status_code == 400
    assert next(iter(fields)) in response.get_json()["errors"]


def test_a_group_of_another_course_is_refused(teacher: Api, url: str) -> None:
    foreign = AssignmentGroupFactory(course=CourseFactory())
    made = teacher.ok("POST", url, json={"assignment": {"name": "Essay"}})
    response = teacher.put(f"{url}/{made['id']}", json={"assignment": {"assignment_group_id": foreign.id}})
    assert response.status_code == 400


def test_drafts_are_for_staff(teacher: Api, student: Api, url: str, course: Course) -> None:
    draft = AssignmentFactory(group=AssignmentGroupFactory(course=course), workflow_state="unpublished")
    assert student.ok("GET", url) == []
    assert student.get(f"{url}/{draft.id}").status_code == 403
    assert teacher.ok("GET", f"{url}/{draft.id}")["published"] is False


def test_work_that_was_handed_in_cannot_be_unpublished(teacher: Api, student: Api, url: str, course: Course) -> None:
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
    assert teacher.ok("PUT", f"{url}/{work.id}", json={"assignment": {"published": False}})["published"] is False
    teacher.ok("PUT", f"{url}/{work.id}", json={"assignment": {"published": True}})
    SubmissionFactory(assignment=work, user=student.user)
    seen = teacher.ok("GET", f"{url}/{work.id}")
    assert (seen["unpublishable"], seen["has_submitted_submissions"], seen["needs_grading_count"]) == (False, True, 1)
    assert teacher.put(f"{url}/{work.id}", json={"assignment": {"published": False}}).status_code == 400


def test_a_deleted_assignment_is_gone(teacher: Api, url: str, course: Course) -> None:
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
    assert teacher.ok("DELETE", f"{url}/{work.id}")["workflow_state"] == "deleted"
    assert teacher.get(f"{url}/{work.id}").status_code == 404
    assert teacher.ok("GET", url) == []


def test_students_are_told_when_it_is_locked(student: Api, teacher: Api, url: str, course: Course) -> None:
    group = AssignmentGroupFactory(course=course)
    early, late = AssignmentFactory(group=group, unlock_at=NOW + DAY), AssignmentFactory(group=group, lock_at=NOW - DAY)
    for work in (early, late):
        seen = student.ok("GET", f"{url}/{work.id}")
        assert seen["locked_for_user"] and "lock" in seen["lock_explanation"]
        assert "needs_grading_count" not in seen
        assert teacher.ok("GET", f"{url}/{work.id}")["locked_for_user"] is False


def test_assignments_are_found_by_bucket(student: Api, teacher: Api, url: str, course: Course) -> None:
    group = AssignmentGroupFactory(course=course)
    past = AssignmentFactory(group=group, due_at=NOW - DAY, name="Past")
    done = AssignmentFactory(group=group, due_at=NOW - DAY, name="Done")
    paper = AssignmentFactory(group=group, due_at=NOW - DAY, submission_types=["on_paper"], name="Paper")
    coming = AssignmentFactory(group=group, due_at=NOW + DAY, name="Coming")
    undated = AssignmentFactory(group=group, name="Undated")
    SubmissionFactory(assignment=done, user=student.user)

    def found(api: Api, bucket: str) -> set[int]:
        return {work["id"] for work in api.ok("GET", f"{url}?bucket={bucket}")}

    assert found(student, "past") == {past.id, done.id, paper.id}
    assert found(student, "overdue") == {past.id}
    assert found(student, "undated") == {undated.id}
    assert found(student, "unsubmitted") == {past.id, coming.id, undated.id}
    assert found(student, "upcoming") == found(student, "future") == {coming.id}
    assert found(student, "ungraded") == found(teacher, "ungraded") == {done.id}
    assert student.get(f"{url}?bucket=x").status_code == 400


def test_assignments_come_in_the_order_asked_for(teacher: Api, url: str, course: Course) -> None:
    second = AssignmentGroupFactory(course=course, position=2)
    first = AssignmentGroupFactory(course=course, position=1)
    b = AssignmentFactory(group=second, name="B", due_at=NOW + DAY)
    c = AssignmentFactory(group=first, name="C", position=2)
    a = AssignmentFactory(group=first, name="A 100%", position=1, due_at=NOW + 2 * DAY)

    def found(query: str) -> list[int]:
        return [work["id"] for work in teacher.ok("GET", f"{url}?{query}")]

    assert found("") == [a.id, c.id, b.id]
    assert found("order_by=name") == [a.id, b.id, c.id]
    assert found("order_by=due_at") == [b.id, a.id, c.id]
    assert found("search_term=100%25") == [a.id]
    assert found(f"assignment_ids[]={b.id}&assignment_ids[]={c.id}") == [c.id, b.id]


def test_own_submission_and_dates_can_be_shown(student: Api, url: str, course: Course) -> None:
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course), due_at=NOW - DAY)
    seen = student.ok("GET", f"{url}/{work.id}?include[]=submission&include[]=all_dates")
    assert (seen["submission"]["workflow_state"], seen["submission"]["missing"]) == ("unsubmitted", True)
    assert seen["all_dates"][0]["base"] is True


def test_statistics_are_for_staff_and_for_students_from_five_scores_on(
    teacher: Api, student: Api, enrolled: Callable[..., Api], url: str, course: Course
) -> None:
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
    target = f"{url}/{work.id}?include[]=score_statistics"
    assert teacher.ok("GET", target)["score_statistics"] is None
    for score in (2.0, 4.0, 6.0, 8.0):
        SubmissionFactory(assignment=work, score=score, workflow_state="graded")
    assert student.ok("GET", target)["score_statistics"] is None
    assert teacher.ok("GET", target)["score_statistics"]["mean"] == 5.0
    SubmissionFactory(assignment=work, score=10.0, workflow_state="graded")
    seen = student.ok("GET", target)["score_statistics"]
    assert (seen["min"], seen["lower_q"], seen["median"], seen["upper_q"], seen["max"]) == (2.0, 4.0, 6.0, 8.0, 10.0)


def test_grades_are_shown_anew_when_points_or_type_change(teacher: Api, student: Api, url: str, course: Course) -> None:
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
    SubmissionFactory(assignment=work, user=student.user, score=8.5, grade="8.5", workflow_state="graded")
    target = f"{url}/{work.id}"
    for fields, grade in (({"grading_type": "letter_grade"}, "B"), ({"grading_type": "percent", "points_possible": 20}, "42.5%")):
        teacher.ok("PUT", target, json={"assignment": fields})
        seen = teacher.ok("GET", f"{target}/submissions/{student.id}")
        assert (seen["score"], seen["grade"]) == (8.5, grade)


def test_a_users_assignments_are_for_them_their_observers_and_staff(
    student: Api, teacher: Api, observer: Api, enrolled: Callable[..., Api], url: str, course: Course
) -> None:
    AssignmentFactory(group=AssignmentGroupFactory(course=course))
    target = f"/users/{student.id}{url}?include[]=submission"
    for api in (student, teacher, observer):
        assert api.ok("GET", target)[0]["submission"]["user_id"] == student.id
    assert enrolled().get(target).status_code == 403
