"""What waits for somebody: work to hand in, work to grade, work that is missing; each in one statement, whatever the courses."""

import datetime as dt
from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, exists, not_, or_, select

from app.extensions import db
from app.models.assignments import (
    ASSIGNED,
    DUE_AT,
    LOCK_AT,
    NEEDS_GRADING_COUNT,
    UNLOCK_AT,
    Assignment,
    dated_rows,
    student_rows,
    submitted_online,
)
from app.models.courses import Course
from app.models.enrollments import Enrollment, in_force
from app.models.submissions import Submission
from app.models.types import Rows
from app.services.permissions import GRANTS, Right, Role

AHEAD = dt.timedelta(days=7)
"""What is due later is not shown yet."""


def missing(user_id: int, now: dt.datetime) -> Rows:
    """Published assignments that the user, a student, has let pass: nothing handed in, no grade but for that, no excuse; the oldest first.

    What staff said of it goes before.
    """
    overdue = and_(now > DUE_AT, submitted_online(), not_(_done(user_id)), not_(_said(user_id)))
    missed = and_(_has(user_id, [Role.STUDENT], now), or_(overdue, _said(user_id, "missing")))
    statement = student_rows(user_id).join(Course, Course.id == Assignment.course_id)
    return statement.where(Course.workflow_state == "available", missed).order_by(DUE_AT.is_(None), DUE_AT, Assignment.id)


def in_courses(course_ids: Collection[int]) -> ColumnElement[bool]:
    """Assignments of those courses."""
    return Assignment.course_id.in_(course_ids)


def open_to_students(now: dt.datetime) -> ColumnElement[bool]:
    """Assignments that are neither locked yet nor locked again, for the user of the row."""
    return and_(or_(UNLOCK_AT.is_(None), now >= UNLOCK_AT), or_(LOCK_AT.is_(None), now < LOCK_AT))


def observes(observer_id: int, user_id: int, now: dt.datetime) -> bool:
    """Whether somebody observes the user in any course."""
    return db.session.scalar(select(Enrollment.id).where(*_observing(observer_id, user_id, now)).limit(1)) is not None


def observed_by(observer_id: int, user_id: int, now: dt.datetime) -> ColumnElement[bool]:
    """Assignments of the courses in which somebody observes the user."""
    return exists().where(Enrollment.course_id == Assignment.course_id, *_observing(observer_id, user_id, now)).correlate(Assignment)


def waiting(user_id: int, now: dt.datetime) -> Rows:
    """Assignments that the user has to grade (`grading` is true) or to hand in within a week; by due date, undated last."""
    graders = [role for role, rights in GRANTS.items() if Right.GRADE in rights and role is not Role.ADMIN]
    grading = and_(_has(user_id, graders, now), NEEDS_GRADING_COUNT > 0)
    soon = DUE_AT.between(now, now + AHEAD)
    submitting = and_(
        Assignment.workflow_state == "published",
        ASSIGNED,
        soon,
        submitted_online(),
        open_to_students(now),
        _has(user_id, [Role.STUDENT], now),
        not_(_done(user_id)),
    )
    statement = dated_rows(user_id, staff=True).add_columns(grading.label("grading"), Course.name.label("context_name"))
    statement = statement.join(Course, Course.id == Assignment.course_id).where(Course.workflow_state == "available")
    return statement.where(or_(grading, submitting)).order_by(DUE_AT.is_(None), DUE_AT, Assignment.id)


def _has(user_id: int, roles: Collection[Role], now: dt.datetime) -> ColumnElement[bool]:
    """EXISTS: the user has one of those roles in the assignment's course."""
    mine = (Enrollment.course_id == Assignment.course_id, Enrollment.user_id == user_id, in_force(now))
    return exists().where(*mine, Enrollment.type.in_([str(role) for role in roles])).correlate(Assignment)


def _done(user_id: int) -> ColumnElement[bool]:
    """EXISTS: the user has handed it in, or has a grade or an excuse for it."""
    graded = and_(Submission.score.is_not(None), Submission.scored_as_missing.is_(False))
    handled = or_(Submission.submitted_at.is_not(None), graded, Submission.excused.is_(True))
    return exists().where(Submission.assignment_id == Assignment.id, Submission.user_id == user_id, handled).correlate(Assignment)


def _said(user_id: int, status: str | None = None) -> ColumnElement[bool]:
    """EXISTS: staff said how late the user's work is, which is not excused; or that it is `status`."""
    said = Submission.late_policy_status.is_not(None) if status is None else Submission.late_policy_status == status
    theirs = (Submission.assignment_id == Assignment.id, Submission.user_id == user_id, Submission.excused.is_(False))
    return exists().where(*theirs, said).correlate(Assignment)


def _observing(observer_id: int, user_id: int, now: dt.datetime) -> tuple[ColumnElement[bool], ...]:
    observer = (Enrollment.user_id == observer_id, Enrollment.associated_user_id == user_id)
    return *observer, Enrollment.type == str(Role.OBSERVER), in_force(now)
