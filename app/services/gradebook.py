"""What is read of submissions: one student's, an assignment's, a course's; by columns, whatever their number."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, select

from app.extensions import db
from app.models.assignments import ASSIGNED, DATES, Assignment
from app.models.enrollments import Enrollment
from app.models.submissions import SUBMISSION_COLUMNS, Submission, SubmissionComment, SubmissionVersion
from app.models.types import Rows
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

TARGET = (
    select(User.id.label("student_id"), ASSIGNED.label("assigned"), *OF_ASSIGNMENT, *OF_SUBMISSION)
    .select_from(Assignment)
    .join(User, User.workflow_state != "deleted")
    .outerjoin(Submission, OWN)
    .where(Assignment.workflow_state != "deleted")
)


def target(course_id: int, assignment: ColumnElement[bool], student: ColumnElement[bool]) -> Rows:
    """One student's submission with its assignment, for somebody who is or was a student of the course: one row or none.

    It may not be `assigned` to them.
    """
    enrolled = select(1).where(
        Enrollment.course_id == course_id,
        Enrollment.user_id == User.id,
        Enrollment.type == "StudentEnrollment",
        Enrollment.workflow_state != "deleted",
    )
    return TARGET.where(Assignment.course_id == course_id, assignment, student, enrolled.exists())


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


def of_user(user_id: int, assignment_ids: Collection[int]) -> Rows:
    """One user's submissions of those assignments, handed in or not."""
    statement = select(User.id.label("student_id"), *OF_ASSIGNMENT, *OF_SUBMISSION).select_from(Assignment).join(User, User.id == user_id)
    return statement.outerjoin(Submission, OWN).where(Assignment.id.in_(assignment_ids))


def of_assignment(assignment_id: int) -> Rows:
    """The submissions that there are of that assignment, in no order yet."""
    statement = select(User.id.label("student_id"), *OF_ASSIGNMENT, *OF_SUBMISSION).select_from(Submission)
    statement = statement.join(Assignment, Assignment.id == Submission.assignment_id).join(User, User.id == Submission.user_id)
    return statement.where(Submission.assignment_id == assignment_id)


def comments(submission_ids: Collection[int]) -> Rows:
    """The comments on those submissions, oldest first, with their authors' names."""
    columns = (
        SubmissionComment.id,
        SubmissionComment.submission_id,
        SubmissionComment.author_id,
        SubmissionComment.comment,
        SubmissionComment.attempt,
        SubmissionComment.created_at,
        User.short_name.label("author_name"),
        User.avatar_url,
    )
    found = select(*columns).join(User, User.id == SubmissionComment.author_id).where(SubmissionComment.submission_id.in_(submission_ids))
    return found.order_by(SubmissionComment.id)


def versions(submission_ids: Collection[int]) -> Rows:
    """The earlier attempts of those submissions, oldest first, with what their grades are out of."""
    columns = tuple(column for column in SubmissionVersion.__table__.columns if column.key != "id")
    scheme = case((SubmissionVersion.entered_score.is_not(None), SCHEME)).label("entered_scheme")
    found = select(*columns, Assignment.grading_type, Assignment.points_possible, scheme).select_from(SubmissionVersion)
    found = found.join(Submission, Submission.id == SubmissionVersion.submission_id)
    found = found.join(Assignment, Assignment.id == Submission.assignment_id)
    return found.where(SubmissionVersion.submission_id.in_(submission_ids)).order_by(SubmissionVersion.attempt)


def scores(assignment_ids: Collection[int]) -> Rows:
    """(assignment_id, score) of all graded work on those assignments."""
    return select(Submission.assignment_id, Submission.score).where(
        Submission.assignment_id.in_(assignment_ids), Submission.score.is_not(None), Submission.excused.is_(False)
    )
