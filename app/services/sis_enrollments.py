"""Enrolments from rows of enrollments.csv."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from app.extensions import db
from app.models.enrollments import Enrollment
from app.models.sections import Section
from app.models.types import AnyRow
from app.models.users import User
from app.services import enrollment_history
from app.services.enrollment_history import Snapshot
from app.services.enrollments import changes_since
from app.services.sis_courses import living_courses
from app.services.sis_rows import Row, RowError, Run

STATES = ("active", "inactive", "completed", "deleted")
ROLES = {
    "student": "StudentEnrollment",
    "teacher": "TeacherEnrollment",
    "ta": "TaEnrollment",
    "designer": "DesignerEnrollment",
    "observer": "ObserverEnrollment",
}
Key = tuple[int, int, str, int | None]
"""Section, user, type, observed student."""


@dataclass
class Place:
    """What rows name: looked up once for all of them."""

    users: dict[str, AnyRow]
    sections: dict[str, AnyRow]
    courses: dict[str, int]
    default_sections: dict[int, int]
    enrollments: dict[Key, Enrollment]
    touched: list[tuple[Enrollment, Snapshot | None]] = field(default_factory=list)
    """With what each was before."""


def put_enrollments(run: Run, rows: Sequence[Row]) -> int:
    """Enrol, conclude, deactivate, delete and bring back: five statements to find what is there, however many rows."""
    place = _looked_up(rows)
    done = 0
    for row in run.each(rows):
        with run.one(row):
            _put(row, place)
        done += 1
    db.session.flush()
    changes = [change for enrollment, before in place.touched for change in changes_since(enrollment, before)]
    enrollment_history.record(changes, run.by)
    return done


def _looked_up(rows: Sequence[Row]) -> Place:
    """Users and sections are locked, so that none is deleted before its enrolment is there."""

    def cells(*names: str) -> set[str]:
        return {row.cells[name] for row in rows for name in names if row.cells.get(name)}

    columns = select(User.id, User.sis_user_id, User.workflow_state)
    people = columns.where(User.sis_user_id.in_(cells("user_id", "associated_user_id"))).order_by(User.id)
    found = db.session.execute(people.with_for_update(read=True)).all()
    users = {row.sis_user_id: row for row in sorted(found, key=lambda row: (row.workflow_state != "deleted", row.id))}
    courses = living_courses(cells("course_id"))
    sections = _sections(cells("section_id"), courses.values())
    named = {row.sis_section_id: row for row in sections if row.sis_section_id}
    default: dict[int, int] = {}
    for row in sections:
        if row.default_section or row.course_id not in default:
            default[row.course_id] = row.id
    section_ids = {row.id for row in named.values()} | set(default.values())
    there = select(Enrollment).where(
        Enrollment.course_section_id.in_(section_ids), Enrollment.user_id.in_({row.id for row in users.values()})
    )
    held = db.session.scalars(there.order_by(Enrollment.id).with_for_update())
    return Place(users, named, courses, default, {(e.course_section_id, e.user_id, e.type, e.associated_user_id): e for e in held})


def _sections(sis_ids: Collection[str], course_ids: Iterable[int]) -> Sequence[AnyRow]:
    """Living sections with those SIS ids, and those of the courses, the default ones last."""
    columns = select(Section.id, Section.course_id, Section.sis_section_id, Section.default_section)
    wanted = Section.sis_section_id.in_(sis_ids) | Section.course_id.in_(set(course_ids))
    ordered = columns.where(wanted, Section.workflow_state != "deleted").order_by(Section.id)
    return db.session.execute(ordered.with_for_update(read=True)).all()


def _put(row: Row, place: Place) -> None:
    role, status = row.one_of("role", ROLES), row.one_of("status", STATES)
    course_id, section_id = _where(row, place)
    person = _person(row, "user_id", place, status)
    observed = _person(row, "associated_user_id", place, status) if row.text("associated_user_id") else None
    if observed is not None and role != "observer":
        raise RowError("Only an observer is associated with a student")
    fields: dict[str, Any] = row.dates()
    if row.text("limit_section_privileges"):
        fields["limit_privileges_to_course_section"] = row.one_of("limit_section_privileges", ("true", "false")) == "true"
    key = (section_id, person, ROLES[role], observed)
    enrollment = place.enrollments.get(key)
    before = None if enrollment is None else Snapshot.of(enrollment)
    if enrollment is None:
        if status == "deleted":
            return
        same = {"course_section_id": section_id, "user_id": person, "type": ROLES[role], "associated_user_id": observed}
        enrollment = Enrollment(course_id=course_id, **same)
        place.enrollments[key] = enrollment
        db.session.add(enrollment)
    if all(enrollment is not known for known, _ in place.touched):
        place.touched.append((enrollment, before))
    enrollment.workflow_state = status
    for name, value in fields.items():
        setattr(enrollment, name, value)


def _where(row: Row, place: Place) -> tuple[int, int]:
    """Course and section. Without a section it is the course's default one."""
    course, section = row.text("course_id"), row.text("section_id")
    if course is None and section is None:
        raise RowError("No course_id or section_id given")
    course_id = place.courses.get(course) if course else None
    if course is not None and course_id is None:
        raise RowError(f"An enrollment referenced a non-existent course {course}")
    if section is None:
        if course_id not in place.default_sections:
            raise RowError(f"Course {course} has no section")
        return course_id, place.default_sections[course_id]
    found = place.sections.get(section)
    if found is None:
        raise RowError(f"An enrollment referenced a non-existent section {section}")
    if course_id is not None and found.course_id != course_id:
        raise RowError(f"An enrollment listed a section ({section}) and a course ({course}) that are unrelated")
    return found.course_id, found.id


def _person(row: Row, name: str, place: Place, status: str) -> int:
    """The user. One who is deleted cannot be enrolled, but their enrolments may be named to be deleted."""
    sis_id = row.need(name)
    found = place.users.get(sis_id)
    if found is None:
        raise RowError(f"An enrollment referenced a non-existent user {sis_id}")
    if found.workflow_state == "deleted" and status != "deleted":
        raise RowError(f"Attempted enrolling of deleted user {sis_id}")
    return int(found.id)
