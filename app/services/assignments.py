"""Assignments: made, changed, deleted; grades and deductions are computed anew when what they depend on changes."""

from typing import Any

from sqlalchemy import select

from app.errors import Invalid
from app.extensions import db
from app.models.assignments import NOT_SUBMITTED_ONLINE, Assignment, assignment_rows, student_rows
from app.models.discussions import DiscussionTopic
from app.models.quizzes import Quiz
from app.models.submissions import Submission
from app.models.types import Rows, utc_now
from app.services import assignment_groups, grading_standards, late_policies
from app.services.assignment_groups import inside
from app.services.permissions import Access, Caller, learner
from app.services.positions import insert_at, move, take_out

OF_QUIZ = frozenset(("points_possible", "submission_types"))
DISCUSSED = ["discussion_topic"]
"""How the work of a graded discussion is handed in."""
COUNTING = frozenset(("points_possible", "grading_type", "grading_standard_id", "due_at", "submission_types", "only_visible_to_overrides"))
"""What scores and deductions depend on, beside the state."""
NULLABLE = ("description", "grading_standard_id", "points_possible", "due_at", "lock_at", "unlock_at")


def rows_for(mine: Access, caller_id: int) -> Rows:
    """Assignments by columns as the caller sees them: all of them for staff, otherwise what is theirs or the observed student's to do."""
    return assignment_rows() if mine.staff else student_rows(learner(mine, caller_id))


def create(course_id: int, fields: dict[str, Any]) -> Assignment:
    """A new assignment of the course, in its first group unless told otherwise. Raises Invalid."""
    given = {key: value for key, value in fields.items() if value is not None}
    if "name" not in given:
        raise Invalid.field("name", "can't be blank")
    published = given.pop("published", False)
    if "assignment_group_id" in given:
        assignment_groups.existing(course_id, given["assignment_group_id"], "assignment_group_id")
    else:
        given["assignment_group_id"] = assignment_groups.first(course_id)
    grading_standards.require_available(given.get("grading_standard_id"), course_id)
    given["submission_types"] = _types(given.get("submission_types") or ["none"])
    given["position"] = insert_at(Assignment, given.get("position"), *inside(given["assignment_group_id"]))
    assignment = Assignment(course_id=course_id, workflow_state="published" if published else "unpublished", **given)
    db.session.add(assignment)
    db.session.flush()
    late_policies.look_again(course_id, assignment.due_at)
    return assignment


def change(assignment: Assignment, fields: dict[str, Any], caller: Caller, *, by_owner: bool = False) -> None:
    """Set what `fields` gives. Raises Invalid; for unpublishing what students have handed in, too.

    What its points are and how it is handed in follows its quiz, where it has one; title, text and state are also its discussion's.
    """
    given = {key: value for key, value in fields.items() if value is not None or key in NULLABLE}
    if not by_owner and OF_QUIZ & given.keys() and db.session.scalar(select(Quiz.id).where(Quiz.assignment_id == assignment.id)):
        given = {key: value for key, value in given.items() if key not in OF_QUIZ}
    topic = None if by_owner else topic_of(assignment)
    if topic is not None:
        given.pop("submission_types", None)
    if given.get("assignment_group_id") is not None:
        assignment_groups.existing(assignment.course_id, given["assignment_group_id"], "assignment_group_id")
    grading_standards.require_available(given.get("grading_standard_id"), assignment.course_id)
    if "submission_types" in given:
        given["submission_types"] = _types(given["submission_types"] or ["none"])
    state = assignment.workflow_state
    if "published" in given:
        _publish(assignment, given.pop("published"))
    _place(assignment, given.pop("assignment_group_id", assignment.assignment_group_id), given.pop("position", None))
    had_points = bool(assignment.points_possible)
    changed = {key for key, value in given.items() if getattr(assignment, key) != value}
    for key, value in given.items():
        setattr(assignment, key, value)
    if topic is not None:
        _tell(topic, assignment)
    db.session.flush()
    if changed & COUNTING or state != assignment.workflow_state:
        # A pass or fail out of no points is known by its name alone: it stays, and a pass gets the points that there are now.
        by_name = assignment.grading_type == "pass_fail" and not (had_points and assignment.points_possible)
        anew = bool(changed & {"points_possible", "grading_type", "grading_standard_id"})
        late_policies.refresh(assignment.course_id, caller, assignment.id, anew=anew, by_name=by_name)
        late_policies.look_again(assignment.course_id, assignment.due_at)


def remove(assignment: Assignment) -> None:
    """Delete softly, and its discussion with it; what was handed in is kept, but counts no more."""
    topic = topic_of(assignment)
    if topic is not None:
        topic.workflow_state = "deleted"
    take_out(Assignment, assignment.position, *inside(assignment.assignment_group_id), Assignment.id != assignment.id)
    assignment.workflow_state = "deleted"


def topic_of(assignment: Assignment) -> DiscussionTopic | None:
    """The discussion that it grades, locked."""
    if assignment.submission_types != DISCUSSED:
        return None
    found = select(DiscussionTopic).where(DiscussionTopic.assignment_id == assignment.id, DiscussionTopic.workflow_state != "deleted")
    return db.session.scalars(found.with_for_update()).first()


def _tell(topic: DiscussionTopic, assignment: Assignment) -> None:
    topic.title, topic.message = assignment.name, assignment.description
    published = assignment.workflow_state == "published"
    topic.workflow_state = "active" if published else "unpublished"
    if published:
        topic.posted_at = topic.posted_at or utc_now()


def _place(assignment: Assignment, group_id: int, position: int | None) -> None:
    """Into that group: last, unless told otherwise."""
    if group_id != assignment.assignment_group_id:
        take_out(Assignment, assignment.position, *inside(assignment.assignment_group_id), Assignment.id != assignment.id)
        assignment.position = insert_at(Assignment, position, *inside(group_id))
        assignment.assignment_group_id = group_id
    elif position is not None:
        move(Assignment, assignment, position, *inside(group_id))


def _types(types: list[str]) -> list[str]:
    alone = NOT_SUBMITTED_ONLINE.intersection(types)
    if alone and len(types) > 1:
        raise Invalid.field("submission_types", f"{min(alone)} cannot be combined with others")
    return types


def _publish(assignment: Assignment, published: bool) -> None:
    handed_in = select(Submission.id).where(Submission.assignment_id == assignment.id, Submission.attempt.is_not(None)).limit(1)
    if not published and assignment.workflow_state == "published" and db.session.scalar(handed_in):
        raise Invalid.field("published", "Can't unpublish if there are student submissions")
    assignment.workflow_state = "published" if published else "unpublished"


def show_letters_anew(course_id: int, caller: Caller) -> None:
    """What letters mean in the course has changed: grades of assignments without a standard of their own follow. The course is locked."""
    lettered = (Assignment.grading_type.in_(grading_standards.LETTERED), Assignment.grading_standard_id.is_(None))
    found = select(Assignment.id).where(Assignment.course_id == course_id, Assignment.workflow_state != "deleted", *lettered)
    for assignment_id in db.session.scalars(found.order_by(Assignment.id)).all():
        late_policies.refresh(course_id, caller, assignment_id, anew=True)
