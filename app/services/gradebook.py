"""What is read of submissions: one student's, an assignment's, a course's; by columns, whatever their number."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, select, true

from app.errors import NotFound
from app.extensions import db
from app.models.assignments import ASSIGNED, DATES, Assignment
from app.models.enrollments import Enrollment
from app.models.reads import among, read
from app.models.submissions import SUBMISSION_COLUMNS, Submission, SubmissionComment, SubmissionVersion
from app.models.types import AnyRow, Rows
from app.models.users import User
from app.services.grading_standards import SCHEME
from app.services.permissions import Access

OF_ASSIGNMENT = (
    Assignment.id.label("assignment_id"),
    Assignment.course_id,
    *DATES,
    Assignment.submission_types,
    Assignment.grading_type,
    Assignment.points_possible,
    Assignment.allowed_attempts,
    Assignment.allowed_extensions,
    Assignment.workflow_state.label("assignment_state"),
)
OF_SUBMISSION: tuple[Any, ...] = (
    *(column for column in SUBMISSION_COLUMNS if column.key not in ("assignment_id", "user_id")),
    case((Submission.entered_score.is_not(None), SCHEME)).label("entered_scheme"),
)
OWN = and_(Submission.assignment_id == Assignment.id, Submission.user_id == User.id)

ENROLLED = (
    select(1)
    .where(
        Enrollment.course_id == Assignment.course_id,
        Enrollment.user_id == User.id,
        Enrollment.type == "StudentEnrollment",
        Enrollment.workflow_state != "deleted",
    )
    .correlate(Assignment, User)
    .exists()
)
TARGET = (
    select(User.id.label("student_id"), ASSIGNED.label("assigned"), *OF_ASSIGNMENT, *OF_SUBMISSION)
    .select_from(Assignment)
    .join(User, User.workflow_state != "deleted")
    .outerjoin(Submission, OWN)
    .where(
        Assignment.workflow_state != "deleted",
        Assignment.course_id == bindparam("course", type_=Assignment.course_id.type),
        Assignment.id == bindparam("assignment", type_=Assignment.id.type),
        User.id == bindparam("student", type_=User.id.type),
        ENROLLED,
    )
)


def target_or_none(course_id: int, assignment_id: int, student_id: int) -> AnyRow | None:
    """One student's submission with its assignment, for somebody who is or was a student of the course.

    It may not be `assigned` to them.
    """
    return read(TARGET, {"course": course_id, "assignment": assignment_id, "student": student_id}).first()


def target(course_id: int, assignment_id: int, student_id: int) -> AnyRow:
    """The same. Raises NotFound."""
    row = target_or_none(course_id, assignment_id, student_id)
    if row is None:
        raise NotFound
    return row


def students(course_id: int, section_ids: Collection[int] | None = None) -> Select[int]:
    """The ids of the course's active students, each once; of those sections only, where any are named."""
    found = select(Enrollment.user_id).where(*_active_students(course_id))
    return (found if section_ids is None else found.where(Enrollment.course_section_id.in_(section_ids))).distinct()


def covers(access: Access, student_id: int) -> bool:
    """Whether that student is in one of the sections that the access is limited to; true where it is not limited."""
    if access.section_ids is None:
        return True
    found = students(access.course_id, access.section_ids).where(Enrollment.user_id == student_id)
    return db.session.scalar(found) is not None


def sections(course_id: int, student_ids: Collection[int]) -> Rows:
    """(user_id, course_section_id) of those active students: of several sections, the first."""
    first = func.min(Enrollment.course_section_id).label("course_section_id")
    found = select(Enrollment.user_id, first).where(*_active_students(course_id), Enrollment.user_id.in_(student_ids))
    return found.group_by(Enrollment.user_id)


def _active_students(course_id: int) -> tuple[ColumnElement[bool], ...]:
    return Enrollment.course_id == course_id, Enrollment.type == "StudentEnrollment", Enrollment.workflow_state == "active"


def rows(course_id: int, student_ids: Select[int] | Collection[int]) -> Rows:
    """A row for each of those students and each assignment of the course that is theirs, handed in or not, in no order yet."""
    statement = (
        select(User.id.label("student_id"), *OF_ASSIGNMENT, *OF_SUBMISSION).select_from(Assignment).join(User, User.id.in_(student_ids))
    )
    return statement.outerjoin(Submission, OWN).where(Assignment.course_id == course_id, Assignment.workflow_state != "deleted", ASSIGNED)


def places(course_id: int, students: Select[int]) -> Rows:
    """(student_id, assignment_id) of all that `rows` has; conditions may be set on users, assignments and submissions."""
    theirs = students.subquery("theirs")
    found = select(User.id.label("student_id"), Assignment.id.label("assignment_id")).select_from(Assignment).join(theirs, true())
    found = found.join(User, User.id == theirs.c.user_id).outerjoin(Submission, OWN)
    return found.where(Assignment.course_id == course_id, Assignment.workflow_state != "deleted", ASSIGNED)


def at_places(places: Rows, order: Sequence[ColumnElement[Any]]) -> Rows:
    """The rows of the few that `places` picks, in that order."""
    picked = places.subquery("picked")
    found = select(User.id.label("student_id"), *OF_ASSIGNMENT, *OF_SUBMISSION).select_from(picked)
    found = found.join(Assignment, Assignment.id == picked.c.assignment_id).join(User, User.id == picked.c.student_id)
    return found.outerjoin(Submission, OWN).order_by(*order)


OF_USER = (
    select(User.id.label("student_id"), *OF_ASSIGNMENT, *OF_SUBMISSION)
    .select_from(Assignment)
    .join(User, User.id == bindparam("student", type_=User.id.type))
    .outerjoin(Submission, OWN)
    .where(among(Assignment.id, "assignments"))
)


def of_user(user_id: int, assignment_ids: Collection[int]) -> Sequence[AnyRow]:
    """One user's submissions of those assignments, handed in or not."""
    return read(OF_USER, {"student": user_id, "assignments": assignment_ids}).all()


def of_assignment(assignment_id: int) -> Rows:
    """The submissions that there are of that assignment, in no order yet."""
    statement = select(User.id.label("student_id"), *OF_ASSIGNMENT, *OF_SUBMISSION).select_from(Submission)
    statement = statement.join(Assignment, Assignment.id == Submission.assignment_id).join(User, User.id == Submission.user_id)
    return statement.where(Submission.assignment_id == assignment_id)


COMMENTS = (
    select(
        SubmissionComment.id,
        SubmissionComment.submission_id,
        SubmissionComment.author_id,
        SubmissionComment.comment,
        SubmissionComment.attempt,
        SubmissionComment.created_at,
        User.short_name.label("author_name"),
        User.avatar_url,
    )
    .join(User, User.id == SubmissionComment.author_id)
    .where(among(SubmissionComment.submission_id, "submissions"))
    .order_by(SubmissionComment.id)
)


def comments(submission_ids: Collection[int]) -> Sequence[AnyRow]:
    """The comments on those submissions, oldest first, with their authors' names."""
    return read(COMMENTS, {"submissions": submission_ids}).all()


def versions(submission_ids: Collection[int]) -> Rows:
    """The earlier attempts of those submissions, oldest first, with what their grades are out of."""
    columns = tuple(column for column in SubmissionVersion.__table__.columns if column.key != "id")
    scheme = case((SubmissionVersion.entered_score.is_not(None), SCHEME)).label("entered_scheme")
    found = select(*columns, Assignment.grading_type, Assignment.points_possible, scheme).select_from(SubmissionVersion)
    found = found.join(Submission, Submission.id == SubmissionVersion.submission_id)
    found = found.join(Assignment, Assignment.id == Submission.assignment_id)
    return found.where(SubmissionVersion.submission_id.in_(submission_ids)).order_by(SubmissionVersion.attempt)


def scores(assignment_ids: Collection[int]) -> Rows:
    """(assignment_id, score, number) of all graded work on those assignments: how many have each score."""
    found = select(Submission.assignment_id, Submission.score, func.count()).group_by(Submission.assignment_id, Submission.score)
    return found.where(Submission.assignment_id.in_(assignment_ids), Submission.score.is_not(None), Submission.excused.is_(False))
