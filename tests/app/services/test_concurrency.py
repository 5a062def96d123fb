"""Two requests at once: nothing is made twice, nothing is lost, nobody is told of a bug."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.http import auth
from app.models.courses import Course
from app.services import assignment_groups, enrollments, submissions, users
from tests.app.services.conftest import Together
from tests.conftest import Api
from tests.factories import AssignmentFactory, AssignmentGroupFactory, SubmissionFactory, UserFactory

Fetch = Callable[[Any], list[Any]]


@pytest.fixture
def url(course: Course) -> str:
    """The submissions of an assignment of the course."""
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
    return f"/courses/{course.id}/assignments/{work.id}/submissions"


def essay(text: str) -> dict[str, str]:
    """The form that hands in that text."""
    return {"submission[submission_type]": "online_text_entry", "submission[body]": text}


def statuses(answers: list[TestResponse]) -> list[int]:
    """In order of size."""
    return sorted(answer.status_code for answer in answers)


def test_the_same_enrolment_twice_is_one_row(together: Together, teacher: Api, course: Course, fetch: Fetch) -> None:
    user = UserFactory()
    form = {"enrollment[user_id]": user.id, "enrollment[type]": "StudentEnrollment", "enrollment[enrollment_state]": "active"}
    together.meet(enrollments, "insert_unless_there")
    answers = together.do(*[together.request(teacher, "POST", f"/courses/{course.id}/enrollments", data=form)] * 2)
    assert statuses(answers) == [200, 200]
    assert len({answer.get_json()["id"] for answer in answers}) == 1
    assert fetch(f"SELECT workflow_state FROM enrollments WHERE user_id = {user.id}") == [("active",)]  # noqa: S608


def test_two_first_submissions_are_attempts_1_and_2(together: Together, student: Api, teacher: Api, url: str) -> None:
    together.meet(submissions, "insert_unless_there")
    answers = together.do(*(together.request(student, "POST", url, data=essay(text)) for text in ("one", "two")))
    assert statuses(answers) == [201, 201]
    history = teacher.ok("GET", f"{url}/{student.id}?include[]=submission_history")["submission_history"]
    assert [version["attempt"] for version in history] == [1, 2]
    assert {version["body"] for version in history} == {"one", "two"}


def test_every_resubmission_is_kept(together: Together, student: Api, teacher: Api, url: str) -> None:
    together.meet(submissions, "locked_row", after=True)
    student.ok("POST", url, data=essay("first"))
    texts = ["second", "third", "fourth", "fifth"]
    answers = together.do(*(together.request(student, "POST", url, data=essay(text)) for text in texts))
    assert statuses(answers) == [201] * 4
    history = teacher.ok("GET", f"{url}/{student.id}?include[]=submission_history")["submission_history"]
    assert [version["attempt"] for version in history] == [1, 2, 3, 4, 5]
    assert {version["body"] for version in history} == {"first", *texts}


def test_the_last_attempt_is_given_once(together: Together, student: Api, course: Course, fetch: Fetch) -> None:
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course), allowed_attempts=1)
    url = f"/courses/{course.id}/assignments/{work.id}/submissions"
    together.meet(submissions, "insert_unless_there")
    answers = together.do(*(together.request(student, "POST", url, data=essay(text)) for text in ("one", "two")))
    assert statuses(answers) == [201, 400]
    assert fetch("SELECT attempt FROM submissions") == [(1,)]
    assert fetch("SELECT attempt FROM submission_versions") == []


def test_resubmitting_and_grading_at_once_leave_one_true_story(
    together: Together, student: Api, teacher: Api, url: str, fetch: Fetch
) -> None:
    student.ok("POST", url, data=essay("first"))
    together.meet(submissions, "locked_row", after=True)
    answers = together.do(
        together.request(student, "POST", url, data=essay("second")),
        together.request(teacher, "PUT", f"{url}/{student.id}", json={"submission": {"posted_grade": "9"}}),
    )
    assert statuses(answers) == [200, 201]
    now = teacher.ok("GET", f"{url}/{student.id}?include[]=submission_history")
    assert (now["attempt"], now["body"], now["score"]) == (2, "second", 9)
    first = now["submission_history"][0]
    if first["score"] is None:  # handed in first, then graded
        assert (now["workflow_state"], now["grade_matches_current_submission"]) == ("graded", True)
    else:
        assert (now["workflow_state"], now["grade_matches_current_submission"]) == ("submitted", False)
        assert (first["score"], first["workflow_state"]) == (9, "graded")
    assert fetch("SELECT score_before, score_after FROM grade_changes") == [(None, 9)]


def test_the_first_submission_and_the_first_grade_are_both_there(
    together: Together, student: Api, teacher: Api, url: str, fetch: Fetch
) -> None:
    together.meet(submissions, "insert_unless_there")
    answers = together.do(
        together.request(student, "POST", url, data=essay("first")),
        together.request(teacher, "PUT", f"{url}/{student.id}", json={"submission": {"posted_grade": "9"}}),
    )
    assert statuses(answers) == [200, 201]
    assert fetch("SELECT attempt, body, score FROM submissions") == [(1, "first", 9)]
    assert fetch("SELECT attempt FROM submission_versions") == []


def test_two_grades_at_once_are_two_changes_that_follow_each_other(
    together: Together, student: Api, teacher: Api, url: str, fetch: Fetch
) -> None:
    student.ok("POST", url, data=essay("first"))
    together.meet(submissions, "locked_row", after=True)
    grades = ({"submission": {"posted_grade": grade}} for grade in ("4", "8"))
    answers = together.do(*(together.request(teacher, "PUT", f"{url}/{student.id}", json=grade) for grade in grades))
    assert statuses(answers) == [200, 200]
    (before, between), (after, last) = fetch("SELECT score_before, score_after FROM grade_changes ORDER BY id")
    assert before is None and between == after and {between, last} == {4, 8}
    assert fetch("SELECT score FROM submissions") == [(last,)]


def test_the_same_login_twice_is_one_user_and_one_refusal(together: Together, admin: Api, fetch: Fetch) -> None:
    together.meet(users, "require_free", after=True)
    logins = ("ada@example.com", "ADA@example.com")
    forms = ({"user[name]": "Ada", "pseudonym[unique_id]": login} for login in logins)
    answers = together.do(*(together.request(admin, "POST", "/accounts/1/users", data=form) for form in forms))
    assert statuses(answers) == [200, 400]
    assert len(fetch("SELECT id FROM users WHERE name = 'Ada'")) == 1


def test_two_first_assignments_of_a_course_share_one_group(together: Together, teacher: Api, course: Course, fetch: Fetch) -> None:
    together.meet(assignment_groups, "first")
    forms = ({"assignment[name]": name} for name in ("One", "Two"))
    answers = together.do(*(together.request(teacher, "POST", f"/courses/{course.id}/assignments", data=form) for form in forms))
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert len(fetch("SELECT id FROM assignment_groups")) == 1
    assert fetch("SELECT position FROM assignments ORDER BY position") == [(1,), (2,)]


def test_what_is_deleted_while_it_is_handed_in_is_no_bug(together: Together, student: Api, teacher: Api, url: str) -> None:
    together.meet(auth, "_rows", after=True)
    answers = together.do(
        together.request(student, "POST", url, data=essay("late")), together.request(teacher, "DELETE", url.removesuffix("/submissions"))
    )
    assert answers[0].status_code in (201, 404)
    assert answers[1].status_code == 200


def test_comments_on_work_that_nobody_handed_in_make_one_submission(
    together: Together, student: Api, teacher: Api, url: str, fetch: Fetch
) -> None:
    together.meet(submissions, "insert_unless_there")
    notes = ({"comment": {"text_comment": text}} for text in ("one", "two"))
    answers = together.do(*(together.request(teacher, "PUT", f"{url}/{student.id}", json=note) for note in notes))
    assert statuses(answers) == [200, 200]
    assert len(fetch("SELECT id FROM submissions")) == 1
    assert {row[0] for row in fetch("SELECT comment FROM submission_comments")} == {"one", "two"}


def test_points_that_change_while_work_is_graded_leave_a_grade_that_fits(
    together: Together, student: Api, teacher: Api, course: Course, fetch: Fetch
) -> None:
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course), grading_type="percent", points_possible=10.0)
    SubmissionFactory(assignment=work, user=student.user)
    url = f"/courses/{course.id}/assignments/{work.id}"
    together.meet(submissions, "locked_row")
    together.do(
        together.request(teacher, "PUT", f"{url}/submissions/{student.id}", json={"submission": {"posted_grade": "5"}}),
        together.request(teacher, "PUT", url, json={"assignment": {"points_possible": 20}}),
    )
    assert fetch("SELECT points_possible FROM assignments") == [(20,)]
    assert fetch("SELECT score, grade FROM submissions") == [(5, "25%")]
