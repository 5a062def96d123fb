"""Courses and sections from rows of courses.csv and sections.csv."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import select

from app.extensions import db
from app.models.accounts import Account
from app.models.courses import Course
from app.models.enrollments import Enrollment
from app.models.sections import Section
from app.services import assignment_overrides, courses, enrollments
from app.services.permissions import Caller
from app.services.sis_rows import Row, RowError, Run
from app.services.sis_terms import living_terms

STATES = ("active", "published", "completed", "deleted")
T = TypeVar("T", Course, Section)


@dataclass(frozen=True)
class Around:
    """What courses may name, by SIS id."""

    accounts: set[str | None]
    terms: dict[str, int]


def put_courses(run: Run, rows: Sequence[Row]) -> int:
    """Make, change, publish, conclude, delete and bring back; new ones with their default sections."""
    known = _named(Course, Course.sis_course_id, (row.cells.get("course_id", "") for row in rows))
    accounts = set(db.session.scalars(select(Account.sis_account_id).where(Account.id == run.account_id)))
    terms = living_terms(row.cells.get("term_id", "") for row in rows)
    new: list[Course] = []
    done = 0
    for row in run.each(rows):
        with run.one(row):
            _put_course(run, row, known, Around(accounts, terms), new)
        done += 1
    db.session.flush()
    db.session.add_all(Section(course_id=course.id, name=course.name, default_section=True) for course in new)
    db.session.flush()
    return done


def _named(model: type[T], column: Any, sis_ids: Iterable[str]) -> dict[str, T]:
    """What has those SIS ids, locked: of several the living one, else the one that was deleted last."""
    found = db.session.scalars(select(model).where(column.in_(set(sis_ids))).order_by(model.id).with_for_update(key_share=True))
    ordered = sorted(found, key=lambda thing: (thing.workflow_state != "deleted", thing.id))
    return {getattr(thing, column.key): thing for thing in ordered}


def _put_course(run: Run, row: Row, known: dict[str, Course], around: Around, new: list[Course]) -> None:
    sis_id, code, name = row.need("course_id"), row.need("short_name"), row.need("long_name")
    status = row.one_of("status", STATES)
    fields: dict[str, Any] = {"name": name, "course_code": code, **row.dates()}
    account, term = row.text("account_id"), row.text("term_id")
    course = known.get(sis_id)
    if status == "deleted":
        if course is not None and course.workflow_state != "deleted":
            courses.enter(course, "deleted", run.by)
        return
    if account is not None and account not in around.accounts:
        run.note(row, f"There is no account {account!r}: the course is in the root account")
    if term in around.terms:
        fields["enrollment_term_id"] = around.terms[term]
    elif term is not None:
        run.note(row, f"There is no term {term!r}: the course stays in the term that it is in, a new one in the default term")
    if course is None:
        course = Course(account_id=run.account_id, sis_course_id=sis_id, workflow_state="unpublished")
        known[sis_id] = course
        new.append(course)
    courses.change(course, fields)
    db.session.add(course)
    courses.enter(course, _state(status, course.workflow_state), run.by)


def _state(status: str, before: str) -> str:
    """`active` leaves a published course published, reopens a concluded one, and publishes none."""
    if status == "active":
        return "available" if before in ("available", "completed") else "unpublished"
    return "available" if status == "published" else "completed"


def put_sections(run: Run, rows: Sequence[Row]) -> int:
    """Make, change, delete and bring back; with a section its enrolments are deleted."""
    known = _named(Section, Section.sis_section_id, (row.cells.get("section_id", "") for row in rows))
    course_ids = living_courses(row.cells.get("course_id", "") for row in rows)
    done = 0
    for row in run.each(rows):
        with run.one(row):
            _put_section(run, row, known, course_ids)
        done += 1
    db.session.flush()
    return done


def living_courses(sis_ids: Iterable[str]) -> dict[str, int]:
    """The ids of the courses with those SIS ids that are not deleted."""
    found = select(Course.sis_course_id, Course.id).where(Course.sis_course_id.in_(set(sis_ids)), Course.workflow_state != "deleted")
    return {str(row.sis_course_id): row.id for row in db.session.execute(found)}


def _put_section(run: Run, row: Row, known: dict[str, Section], course_ids: dict[str, int]) -> None:
    sis_id, course_sis_id, name = row.need("section_id"), row.need("course_id"), row.need("name")
    status = row.one_of("status", ("active", "deleted"))
    fields: dict[str, Any] = {"name": name, **row.dates(), **row.optional("integration_id")}
    section = known.get(sis_id)
    if status == "deleted":
        if section is not None and section.workflow_state != "deleted":
            _remove(section, run.by)
        return
    course_id = course_ids.get(course_sis_id)
    if course_id is None:
        raise RowError(f"Section {sis_id} references course {course_sis_id} which doesn't exist")
    if section is None:
        section = Section(sis_section_id=sis_id, course_id=course_id)
        known[sis_id] = section
    elif section.course_id != course_id:
        raise RowError(f"Section {sis_id} is in another course; sections are not moved")
    for key, value in fields.items():
        setattr(section, key, value)
    section.workflow_state = "active"
    db.session.add(section)


def _remove(section: Section, by: Caller) -> None:
    """The section with its enrolments."""
    if section.default_section:
        raise RowError("The default section of a course cannot be deleted")
    enrollments.delete_all(Enrollment.course_section_id == section.id, event="deleted", by=by)
    section.workflow_state = "deleted"
    assignment_overrides.forget_section(section.id)
