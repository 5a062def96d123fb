"""What happened in somebody's courses: topics that were posted or answered, and grades that they were given."""

import datetime as dt

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, exists, func, literal, or_, select, true, union_all

from app.models.assignments import Assignment, assigned
from app.models.courses import Course
from app.models.discussions import IS_ASSIGNED, LEARNER, RECENT_ACTIVITY, DiscussionTopic, TopicParticipant, is_posted
from app.models.enrollments import Enrollment, in_force
from app.models.submission_marks import SubmissionMark
from app.models.submissions import Submission
from app.models.types import BigId, Rows
from app.services.permissions import GRANTS, Right, Role

TOPIC, ANNOUNCEMENT, SUBMISSION = "DiscussionTopic", "Announcement", "Submission"


def courses_of(user_id: int, now: dt.datetime, right: Right = Right.READ) -> Select[int]:
    """The ids of the available courses in which the user has that right by an enrolment."""
    roles = [str(role) for role, rights in GRANTS.items() if right in rights]
    held = (Enrollment.user_id == user_id, in_force(now), Enrollment.type.in_(roles))
    return select(Enrollment.course_id).join(Course, Course.id == Enrollment.course_id).where(*held, Course.workflow_state == "available")


def whose(user_id: int, now: dt.datetime) -> ColumnElement[int]:
    """By whose dates the assignment of the row goes for that user: their own where they study, otherwise those of whom they observe."""
    held = (Enrollment.course_id == Assignment.course_id, Enrollment.user_id == user_id, in_force(now))
    studies = exists().where(*held, Enrollment.type == str(Role.STUDENT)).correlate(Assignment)
    observed = select(func.min(Enrollment.associated_user_id)).where(*held, Enrollment.type == str(Role.OBSERVER)).correlate(Assignment)
    own = literal(user_id, BigId)
    return case((studies, own), else_=func.coalesce(observed.scalar_subquery(), own))


def stream(user_id: int, now: dt.datetime) -> Rows:
    """(kind, id, at, read) of everything, the newest first."""
    found = _everything(user_id, now)
    return select(*found.c).order_by(found.c.at.desc(), found.c.kind, found.c.id.desc())


def summary(user_id: int, now: dt.datetime) -> Rows:
    """(kind, total, unread_count) of each kind of which there is anything."""
    found = _everything(user_id, now)
    unread = func.sum(case((found.c.read.is_(True), 0), else_=1)).label("unread_count")
    return select(found.c.kind, func.count().label("total"), unread).group_by(found.c.kind).order_by(found.c.kind)


def _everything(user_id: int, now: dt.datetime) -> Subquery:
    return union_all(_topics(user_id, now), _grades(user_id, now)).subquery("activity")


def _topics(user_id: int, now: dt.datetime) -> Rows:
    mark = TopicParticipant
    columns = (
        case((DiscussionTopic.is_announcement, ANNOUNCEMENT), else_=TOPIC).label("kind"),
        DiscussionTopic.id,
        RECENT_ACTIVITY.label("at"),
        func.coalesce(mark.read, DiscussionTopic.user_id == user_id).label("read"),
    )
    found = select(*columns).outerjoin(mark, and_(mark.topic_id == DiscussionTopic.id, mark.user_id == user_id))
    found = found.outerjoin(Assignment, Assignment.id == DiscussionTopic.assignment_id).outerjoin(
        LEARNER, LEARNER.id == whose(user_id, now)
    )
    theirs = or_(IS_ASSIGNED, DiscussionTopic.course_id.in_(courses_of(user_id, now, Right.MODERATE_FORUM)))
    return found.where(DiscussionTopic.course_id.in_(courses_of(user_id, now, Right.READ_FORUM)), is_posted(), theirs)


def _grades(user_id: int, now: dt.datetime) -> Rows:
    mark = SubmissionMark
    columns = (literal(SUBMISSION).label("kind"), Submission.id, Submission.graded_at.label("at"))
    read = func.coalesce(mark.read_at >= Submission.graded_at, ~true()).label("read")
    found = select(*columns, read).join(Assignment, Assignment.id == Submission.assignment_id)
    found = found.outerjoin(mark, and_(mark.submission_id == Submission.id, mark.user_id == user_id))
    studied = Assignment.course_id.in_(courses_of(user_id, now, Right.SUBMIT))
    graded = and_(Submission.graded_at.is_not(None), or_(Submission.score.is_not(None), Submission.excused))
    return found.where(
        Submission.user_id == user_id, graded, Assignment.workflow_state == "published", assigned(Submission.user_id), studied
    )
