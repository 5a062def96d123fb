"""What a list of courses can show beside each course: one statement a kind, however many courses."""

from collections import defaultdict
from collections.abc import Collection
from functools import cache

from sqlalchemy import and_, bindparam, func, select

from app.extensions import db
from app.models.assignments import Assignment, assigned
from app.models.enrollments import LISTED, Enrollment, active_student, in_force
from app.models.favorites import CourseFavorite
from app.models.reads import among, read
from app.models.sections import Section
from app.models.submissions import NEEDS_GRADING, Submission
from app.models.types import AnyRow, Rows, utc_now
from app.models.users import User


def enrollments_of(user_id: int, course_ids: Collection[int], states: Collection[str]) -> dict[int, list[AnyRow]]:
    """The user's own enrolments by course, with their sections, and whether the course is a favourite of theirs."""
    found = defaultdict(list)
    for row in read(_enrollments(tuple(states)), {"user": user_id, "courses": course_ids, "now": utc_now()}):
        found[row.course_id].append(row)
    return found


@cache
def _enrollments(states: tuple[str, ...]) -> Rows:
    columns = (
        Enrollment.course_id,
        Enrollment.type,
        Enrollment.user_id,
        Enrollment.workflow_state,
        Enrollment.limit_privileges_to_course_section,
        Enrollment.course_section_id,
        Section.name.label("section_name"),
        Section.start_at.label("section_start_at"),
        Section.end_at.label("section_end_at"),
        in_force(bindparam("now", type_=Enrollment.start_at.type)).label("in_force"),
        CourseFavorite.id.is_not(None).label("favorite"),
    )
    mine = (
        Enrollment.user_id == bindparam("user", type_=Enrollment.user_id.type),
        among(Enrollment.course_id, "courses"),
        Enrollment.workflow_state.in_(states),
    )
    statement = select(*columns).join(Section, Section.id == Enrollment.course_section_id)
    marked = and_(CourseFavorite.user_id == Enrollment.user_id, CourseFavorite.course_id == Enrollment.course_id)
    return statement.outerjoin(CourseFavorite, marked).where(*mine).order_by(Enrollment.id)


def teachers_of(course_ids: Collection[int]) -> dict[int, list[AnyRow]]:
    """The active teachers by course, each once."""
    columns = (Enrollment.course_id, User.id, User.short_name, User.avatar_url)
    theirs = (Enrollment.course_id.in_(course_ids), Enrollment.type == "TeacherEnrollment", Enrollment.workflow_state == "active")
    found = defaultdict(list)
    for row in db.session.execute(select(*columns).join(User, User.id == Enrollment.user_id).where(*theirs).distinct().order_by(User.id)):
        found[row.course_id].append(row)
    return found


def student_counts(course_ids: Collection[int]) -> dict[int, int]:
    """Active and invited students by course."""
    theirs = (Enrollment.course_id.in_(course_ids), Enrollment.type == "StudentEnrollment", Enrollment.workflow_state.in_(LISTED))
    counted = select(Enrollment.course_id, func.count(func.distinct(Enrollment.user_id))).where(*theirs).group_by(Enrollment.course_id)
    return {row[0]: row[1] for row in db.session.execute(counted)}


def needs_grading_counts(course_ids: Collection[int]) -> dict[int, int]:
    """Submissions that wait for a grade, by course."""
    waiting = (
        Assignment.course_id.in_(course_ids),
        Assignment.workflow_state == "published",
        NEEDS_GRADING,
        active_student(Assignment.course_id, Submission.user_id),
        assigned(Submission.user_id),
    )
    counted = (
        select(Assignment.course_id, func.count())
        .join(Submission, Submission.assignment_id == Assignment.id)
        .where(*waiting)
        .group_by(Assignment.course_id)
    )
    return {row[0]: row[1] for row in db.session.execute(counted)}
