"""The same school as the floor's: 20 courses of 50 assignments, 500 students in five courses each; 40 teachers, a course in two."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, text

from app.extensions import db
from app.models.assignment_groups import AssignmentGroup
from app.models.assignments import Assignment
from app.models.courses import Course
from app.models.enrollments import Enrollment
from app.models.sections import Section
from app.models.submissions import Submission
from app.models.tokens import AccessToken
from app.models.users import User
from app.services.tokens import hash_token

COURSES, ASSIGNMENTS, STUDENTS, TEACHERS, OWN_COURSES = 20, 50, 500, 40, 5
NOW = dt.datetime(2026, 9, 1, 12, tzinfo=dt.UTC)


@dataclass(frozen=True)
class School:
    """Who and what there is, so that requests can name it."""

    courses: list[int]
    assignments: dict[int, list[int]]
    """Of each course."""
    students: list[int]
    tokens: dict[int, str]
    """Of each user."""
    teachers: list[int]

    def courses_of(self, student: int) -> list[int]:
        """The courses of the n-th student, counted from 0."""
        return [self.courses[(student + 1 + step * 4) % COURSES] for step in range(OWN_COURSES)]


def _insert(model: Any, rows: Iterable[dict[str, Any]]) -> list[int]:
    return list(db.session.scalars(insert(model).returning(model.id, sort_by_parameter_order=True), list(rows)))


def plant() -> School:
    """Fill an empty database with it."""
    courses = _insert(
        Course, ({"account_id": 1, "name": f"Course {n}", "course_code": f"C{n}", "workflow_state": "available"} for n in range(COURSES))
    )
    users = _people()
    school = School(courses, {}, users[:STUDENTS], {user: f"token-{user}" for user in users}, users[STUDENTS:])
    hashes = {user: hash_token(token) for user, token in school.tokens.items()}
    _insert(AccessToken, ({"user_id": user, "token_hash": found, "hint": "token", "purpose": "bench"} for user, found in hashes.items()))
    places = [(user, course, "StudentEnrollment") for n, user in enumerate(school.students) for course in school.courses_of(n)]
    _enroll(courses, places + [(user, courses[n % COURSES], "TeacherEnrollment") for n, user in enumerate(school.teachers)])
    for course in courses:
        (group,) = _insert(AssignmentGroup, [{"course_id": course, "name": "Work", "position": 1}])
        school.assignments[course] = _insert(Assignment, (_assignment(course, group, n) for n in range(ASSIGNMENTS)))
    # The first half of every course's work is graded.
    _insert(Submission, (_graded(work, user) for user, course, _ in places for work in school.assignments[course][: ASSIGNMENTS // 2]))
    db.session.commit()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    return school


def _people() -> list[int]:
    """Students, then teachers."""
    names = [f"Student {n}" for n in range(STUDENTS)] + [f"Teacher {n}" for n in range(TEACHERS)]
    mails = [f"{name.replace(' ', '')}@example.com" for name in names]
    rows = zip(names, mails, strict=True)
    return _insert(User, ({"name": n, "sortable_name": n, "short_name": n, "login_id": mail, "email": mail} for n, mail in rows))


def _enroll(courses: list[int], places: list[tuple[int, int, str]]) -> None:
    """Each (user, course, type), in the course's one section."""
    made = _insert(Section, ({"course_id": each, "name": "All", "default_section": True} for each in courses))
    sections = dict(zip(courses, made, strict=True))
    rows = ({"user_id": u, "course_id": c, "course_section_id": sections[c], "type": kind} for u, c, kind in places)
    _insert(Enrollment, rows)


def _graded(work: int, user: int) -> dict[str, Any]:
    return {
        "assignment_id": work,
        "user_id": user,
        "attempt": 1,
        "submission_type": "online_text_entry",
        "body": "An essay. " * 20,
        "submitted_at": NOW,
        "workflow_state": "graded",
        "score": 80.0,
        "grade": "80",
        "graded_at": NOW,
    }


def _assignment(course: int, group: int, n: int) -> dict[str, Any]:
    return {
        "course_id": course,
        "assignment_group_id": group,
        "name": f"Assignment {n}",
        "description": "Read the chapter and write an essay. " * 4,
        "submission_types": ["online_text_entry"],
        "points_possible": 100.0,
        "due_at": NOW + dt.timedelta(days=365 + n),
        "workflow_state": "published",
        "position": n + 1,
    }
