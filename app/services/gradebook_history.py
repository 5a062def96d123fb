"""The gradebook day by day: who changed grades when, and each change as a version of the submission.

Days are those of the course's clock.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, case, cast, extract, func, null, select, true
from sqlalchemy.orm import aliased

from app.errors import Invalid
from app.extensions import db
from app.models.accounts import Account
from app.models.assignments import Assignment
from app.models.courses import Course
from app.models.submissions import GradeChange, Submission, SubmissionVersion
from app.models.types import Rows
from app.models.users import User
from app.services.calendar_dates import midnight, zone_named
from app.services.grade_changes import of_course
from app.services.gradebook import OF_ASSIGNMENT
from app.services.permissions import Access

QUARTER = 15 * 60
"""Seconds. Midnight falls on one of these everywhere: the days of thousands of changes are found among few of them."""
BUCKET = cast(extract("epoch", GradeChange.created_at), BigInteger) // QUARTER
GRADER = case((GradeChange.grader_id < 0, 0), else_=GradeChange.grader_id)
"""0 for what quizzes graded, as in Canvas."""
BEFORE = aliased(GradeChange)
Graders = dict[int, list[int]]
"""Grader -> the assignments they graded."""


def zone_of(course_id: int) -> dt.tzinfo:
    """By whose clock the days of the course begin: its own, or the account's."""
    zones = select(Course.time_zone, Account.default_time_zone).join(Account, Account.id == Course.account_id).where(Course.id == course_id)
    return zone_named(*(name for row in db.session.execute(zones) for name in row))


def day_named(text: str, zone: dt.tzinfo) -> ColumnElement[bool]:
    """The condition that a change was on that day, such as 2026-03-01. Raises Invalid."""
    try:
        return on(dt.date.fromisoformat(text), zone)
    except (ValueError, OverflowError) as problem:
        raise Invalid.field("date", "must be a day, such as 2026-03-01") from problem


def on(first: dt.date, zone: dt.tzinfo, last: dt.date | None = None) -> ColumnElement[bool]:
    """The condition that a change was on that day, or on one up to `last`."""
    after = midnight((last or first) + dt.timedelta(days=1), zone)
    return (GradeChange.created_at >= midnight(first, zone)) & (GradeChange.created_at < after)


def days(mine: Access, zone: dt.tzinfo) -> list[dt.date]:
    """The days on which grades were changed, newest first."""
    found = _changes(BUCKET.label("bucket")).where(*of_course(mine)).distinct()
    return sorted({_day(row.bucket, zone) for row in db.session.execute(found)}, reverse=True)


def graders(mine: Access, zone: dt.tzinfo, when: ColumnElement[bool]) -> dict[dt.date, Graders]:
    """Day -> who graded what on it; one statement."""
    columns = (BUCKET.label("bucket"), GRADER.label("grader_id"), Submission.assignment_id)
    found: dict[dt.date, Graders] = defaultdict(lambda: defaultdict(list))
    for row in db.session.execute(_changes(*columns).where(*of_course(mine), when).distinct().order_by(*columns)):
        works = found[_day(row.bucket, zone)][row.grader_id]
        if row.assignment_id not in works:
            works.append(row.assignment_id)
    return found


def graded(mine: Access, when: ColumnElement[bool], grader_id: int, assignment_id: int) -> Rows:
    """The ids of the submissions to that assignment that the grader changed then, the last one first."""
    wanted = (*of_course(mine), when, GRADER.in_([grader_id]), Submission.assignment_id == assignment_id)
    return _changes(GradeChange.submission_id).where(*wanted).group_by(GradeChange.submission_id).order_by(func.max(GradeChange.id).desc())


def names_of(user_ids: Collection[int]) -> dict[int, str]:
    """The names of those users, the deleted ones too."""
    return {row.id: row.name for row in db.session.execute(select(User.id, User.name).where(User.id.in_(user_ids)))}


def versions(*conditions: ColumnElement[bool]) -> Rows:
    """A row for each change, as of a submission that stood so, with what was before it and what is now; in no order yet."""
    then = (SubmissionVersion.submission_id == Submission.id) & (SubmissionVersion.attempt == GradeChange.attempt)
    statement = select(*VERSION, *OF_ASSIGNMENT).select_from(GradeChange).join(Submission, Submission.id == GradeChange.submission_id)
    statement = statement.join(Assignment, Assignment.id == Submission.assignment_id).join(User, User.id == Submission.user_id)
    return statement.outerjoin(SubmissionVersion, then).where(*conditions)


def people(rows: Sequence[Any]) -> dict[int, str]:
    """The names of everybody who graded in those versions."""
    return names_of({id_ for row in rows for id_ in (row.grader_id, row.previous_grader_id, row.current_grader_id) if id_ and id_ > 0})


def _changes(*columns: Any) -> Rows:
    return (
        select(*columns)
        .select_from(GradeChange)
        .join(Submission, Submission.id == GradeChange.submission_id)
        .join(Assignment, Assignment.id == Submission.assignment_id)
    )


def _day(bucket: int, zone: dt.tzinfo) -> dt.date:
    return dt.datetime.fromtimestamp(int(bucket) * QUARTER, zone).date()


def _then(name: str) -> ColumnElement[Any]:
    """That column as it was when the grade was changed: of an earlier attempt, of none, or of the present one."""
    earlier, now = getattr(SubmissionVersion, name), getattr(Submission, name)
    return case((GradeChange.attempt == 0, null()), (SubmissionVersion.id.is_not(None), earlier), else_=now).label(name)


def _previous(name: str) -> ColumnElement[Any]:
    """That column of the change before."""
    earlier = (BEFORE.submission_id == GradeChange.submission_id, BEFORE.id < GradeChange.id)
    return select(getattr(BEFORE, name)).where(*earlier).order_by(BEFORE.id.desc()).limit(1).correlate(GradeChange).scalar_subquery()


STATE = case(
    (GradeChange.excused_after | GradeChange.score_after.is_not(None), "graded"),
    (func.coalesce(GradeChange.attempt, Submission.attempt, 0) > 0, "submitted"),
    else_="unsubmitted",
)
VERSION = (
    GradeChange.id.label("change_id"),
    Submission.id,
    Submission.user_id.label("student_id"),
    *(_then(name) for name in ("attempt", "submission_type", "submitted_at", "body", "url", "late_policy_status", "seconds_late_override")),
    STATE.label("workflow_state"),
    GradeChange.score_after.label("score"),
    GradeChange.grade_after.label("grade"),
    GradeChange.excused_after.label("excused"),
    GradeChange.grader_id,
    GradeChange.created_at.label("graded_at"),
    true().label("grade_matches_current_submission"),
    # A change knows the score that came out, not what the late policy took; what missing work gets, nobody gave.
    null().label("entered_score"),
    null().label("points_deducted"),
    ((GradeChange.grader_id == 0) & GradeChange.score_after.is_not(None)).label("scored_as_missing"),
    Assignment.name.label("assignment_name"),
    User.name.label("user_name"),
    GradeChange.grade_before.label("previous_grade"),
    _previous("created_at").label("previous_graded_at"),
    _previous("grader_id").label("previous_grader_id"),
    Submission.grade.label("current_grade"),
    Submission.graded_at.label("current_graded_at"),
    Submission.grader_id.label("current_grader_id"),
)
