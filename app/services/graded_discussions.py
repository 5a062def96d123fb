"""Graded discussions: topics that own an assignment, and the submissions that entries under them make.

Title, text and state stand in both and are changed together; dates stand in the assignment only. Locks are taken in one order:
course, topic or assignment, submission.
"""

from typing import Any

from sqlalchemy import func, literal, select

from app.errors import Invalid
from app.extensions import db
from app.models.assignments import Assignment
from app.models.discussions import DiscussionEntry, DiscussionTopic
from app.models.submissions import Submission
from app.models.types import Rows, utc_now
from app.models.writes import insert_rows_unless_there
from app.services import assignments, discussions, gradebook, module_links
from app.services.permissions import Caller
from app.services.submissions import locked_row

MOVED = {"delayed_post_at": "unlock_at", "lock_at": "lock_at"}
"""Dates of a topic -> those of its assignment, which hold while there is one."""


def grade(topic: DiscussionTopic, fields: dict[str, Any], caller: Caller) -> None:
    """Let the topic be graded as `fields` of an assignment say; what was written before counts. Raises Invalid."""
    if topic.is_announcement:
        raise Invalid.field("assignment", "announcements are not graded")
    assignment = discussions.assignment_of(topic)
    if assignment is not None:
        assignments.change(assignment, fields, caller, by_owner=True)
        return
    shared = {"name": topic.title, "description": topic.message, "published": topic.workflow_state == "active"}
    dates = {theirs: getattr(topic, own) for own, theirs in MOVED.items()}
    made = assignments.create(topic.course_id, {**dates, **fields, **shared, "submission_types": assignments.DISCUSSED})
    _own(topic, made)


def ungrade(topic: DiscussionTopic, caller: Caller) -> int | None:
    """Let it be graded no more: its assignment is deleted. The id of that, None where there was none."""
    assignment = discussions.assignment_of(topic)
    if assignment is None:
        return None
    for own, theirs in MOVED.items():
        setattr(topic, own, getattr(assignment, theirs))
    topic.assignment_id = None
    db.session.flush()
    assignments.remove(assignment)
    module_links.ask_no_grades("Discussion", topic.id)
    return assignment.id


def follow(assignment: Assignment, caller: Caller) -> None:
    """An assignment that is handed in by discussing has a topic: it is made where there is none."""
    if assignment.submission_types != assignments.DISCUSSED or assignments.topic_of(assignment) is not None:
        return
    published = assignment.workflow_state == "published"
    topic = DiscussionTopic(
        course_id=assignment.course_id,
        user_id=caller.id,
        title=assignment.name,
        message=assignment.description,
        discussion_type="threaded",
        workflow_state="active" if published else "unpublished",
        posted_at=utc_now() if published else None,
    )
    db.session.add(topic)
    _own(topic, assignment)


def require_dates(topic: DiscussionTopic, fields: dict[str, Any]) -> None:
    """Raise Invalid where dates are given to a graded topic: they stand in its assignment."""
    for own, theirs in MOVED.items():
        if topic.assignment_id is not None and fields.get(own) is not None:
            raise Invalid.field(own, f"of a graded discussion is assignment[{theirs}]")


def written(assignment_id: int, user_id: int) -> None:
    """A student wrote under the topic: that hands their work in, the first time; later entries ask for another look at it."""
    submission = locked_row(assignment_id, user_id)
    if submission.attempt is None:
        submission.attempt, submission.submission_type, submission.submitted_at = 1, "discussion_topic", utc_now()
    if submission.excused:
        return
    submission.workflow_state = "submitted"
    submission.grade_matches_current_submission = submission.score is None


def taken_back(topic_id: int, assignment_id: int, user_id: int) -> None:
    """An entry was deleted: a student of whom none is left has handed in nothing. A grade stays."""
    db.session.flush()
    found = select(Submission).where(Submission.assignment_id == assignment_id, Submission.user_id == user_id)
    submission = db.session.scalars(found.with_for_update()).first()
    left = select(DiscussionEntry.id).where(
        DiscussionEntry.topic_id == topic_id, DiscussionEntry.user_id == user_id, DiscussionEntry.workflow_state == "active"
    )
    if submission is None or submission.attempt is None or db.session.scalar(left.limit(1)) is not None:
        return
    submission.attempt = submission.submission_type = submission.submitted_at = None
    decided = submission.excused or submission.score is not None
    submission.workflow_state = "graded" if decided else "unsubmitted"
    submission.grade_matches_current_submission = True


def _own(topic: DiscussionTopic, assignment: Assignment) -> None:
    for own in MOVED:
        setattr(topic, own, None)
    topic.assignment_id = assignment.id
    db.session.flush()
    entry = DiscussionEntry
    first = func.min(entry.created_at, type_=entry.created_at.type)
    authors: Rows = select(literal(assignment.id), entry.user_id, literal(1), literal("discussion_topic"), literal("submitted"), first)
    living = (entry.topic_id == topic.id, entry.workflow_state == "active", entry.user_id.in_(gradebook.students(topic.course_id)))
    columns = ("assignment_id", "user_id", "attempt", "submission_type", "workflow_state", "submitted_at")
    insert_rows_unless_there(Submission, columns, authors.where(*living).group_by(entry.user_id))
