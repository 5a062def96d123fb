"""A course of 1,000 students and 30 assignments, all of it handed in and graded: what a page costs does not follow its size."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from sqlalchemy import insert, literal, select

from app.extensions import db
from app.models.assignments import Assignment
from app.models.courses import Course
from app.models.enrollments import Enrollment
from app.models.submissions import Submission
from app.models.types import utc_now
from app.models.users import User
from tests.conftest import Api
from tests.factories import AssignmentGroupFactory, default_section

STUDENTS, ASSIGNMENTS, PAGE = 1000, 30, 100
MOST_SECONDS = 5.0
"""Many times what it takes, for slow machines."""


@pytest.fixture
def big(course: Course, teacher: Api, student: Api) -> Course:
    """The course; `student` is the first of its students."""
    group, section = AssignmentGroupFactory(course=course).id, default_section(course.id)
    names = [f"Student {n:04}" for n in range(1, STUDENTS)]
    people = [{"name": name, "sortable_name": name, "short_name": name, "login_id": name} for name in names]
    made = list(db.session.scalars(insert(User).returning(User.id), people))
    db.session.execute(insert(Enrollment), [_place(course.id, section, user) for user in made])
    work = {"course_id": course.id, "assignment_group_id": group, "points_possible": 10.0, "workflow_state": "published"}
    db.session.execute(
        insert(Assignment),
        [{**work, "name": f"Work {n}", "position": n, "submission_types": ["online_text_entry"]} for n in range(1, ASSIGNMENTS + 1)],
    )
    now = literal(utc_now(), Submission.created_at.type)
    columns = ("assignment_id", "user_id", "attempt", "submission_type", "submitted_at", "graded_at", "workflow_state", "score", "grade")
    each = select(
        *(Assignment.id, Enrollment.user_id, 1, literal("online_text_entry"), now, now, literal("graded"), literal(8.0), literal("8")),
        *(now, now, literal(False), literal(True), literal(False)),
    )
    each = each.join(Enrollment, Enrollment.course_id == Assignment.course_id).where(Enrollment.type == "StudentEnrollment")
    rest = ("created_at", "updated_at", "excused", "grade_matches_current_submission", "scored_as_missing")
    db.session.execute(
        insert(Submission).from_select((*columns, *rest), each.where(Assignment.course_id == course.id), include_defaults=False)
    )
    db.session.commit()
    return course


def _place(course_id: int, section_id: int, user_id: int) -> dict[str, object]:
    return {"course_id": course_id, "course_section_id": section_id, "user_id": user_id, "type": "StudentEnrollment"}


@contextmanager
def quick() -> Iterator[None]:
    """What takes no longer than a page may."""
    began = time.perf_counter()
    yield
    assert time.perf_counter() - began < MOST_SECONDS


def test_pages_of_a_big_course_are_bounded(
    big: Course, teacher: Api, student: Api, statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    first_work, last_work = db.session.execute(select(Assignment.id).order_by(Assignment.id)).scalars().all()[:: ASSIGNMENTS - 1]
    gradebook = f"/courses/{big.id}/students/submissions?student_ids[]=all&per_page={PAGE}"
    last = STUDENTS * ASSIGNMENTS // PAGE
    lists = {
        f"{gradebook}&page=1": (teacher, PAGE, 2),
        f"{gradebook}&page={last}": (teacher, PAGE, 2),
        f"{gradebook}&page={last}&order=graded_at": (teacher, PAGE, 2),
        f"{gradebook}&page={last + 1}": (teacher, 0, 2),
        f"/courses/{big.id}/students/submissions?student_ids[]=all&grouped=1&per_page=10&page={STUDENTS // 10}": (teacher, 10, 4),
        f"/courses/{big.id}/assignments/{last_work}/submissions?per_page={PAGE}&page={STUDENTS // PAGE}": (teacher, PAGE, 3),
        f"/courses/{big.id}/enrollments?type[]=StudentEnrollment&per_page={PAGE}&page={STUDENTS // PAGE}": (teacher, PAGE, 5),
        f"/courses/{big.id}/users?enrollment_type[]=student&per_page={PAGE}&page={STUDENTS // PAGE}": (teacher, PAGE, 2),
        f"/courses/{big.id}/assignments?per_page={PAGE}&include[]=score_statistics": (student, ASSIGNMENTS, 5),
        "/courses?include[]=total_scores": (student, 1, 6),
    }
    answers = {}
    for path, (caller, rows, most) in lists.items():
        with statements() as seen, quick():
            answers[path] = caller.ok("GET", path)
        assert (len(answers[path]), len(seen) <= most) == (rows, True), (path, seen)
    head, tail = answers[f"{gradebook}&page=1"], answers[f"{gradebook}&page={last}"]
    assert (head[0]["user_id"], head[0]["assignment_id"]) == (student.id, first_work)
    assert (head[ASSIGNMENTS]["user_id"], head[ASSIGNMENTS]["assignment_id"]) == (student.id + 1, first_work)
    assert (tail[-1]["user_id"], tail[-1]["assignment_id"], tail[-1]["score"]) == (student.id + STUDENTS - 1, last_work, 8.0)
