"""Assignments: made, changed, deleted; grades and deductions are computed anew when what they depend on changes."""

from typing import Any

from sqlalchemy import select

from app.errors import Invalid
from app.extensions import db
from app.models.assignments import NOT_SUBMITTED_ONLINE, Assignment
from app.models.quizzes import Quiz
from app.models.submissions import Submission
from app.models.writes import make_room
from app.services import assignment_groups, late_policies
from app.services.permissions import Caller

OF_QUIZ = frozenset(("points_possible", "submission_types"))
COUNTING = frozenset(("points_possible", "grading_type", "due_at", "submission_types"))
"""What scores and deductions depend on, beside the state."""
NULLABLE = ("description", "points_possible", "due_at", "lock_at", "unlock_at")


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
    given["submission_types"] = _types(given.get("submission_types") or ["none"])
    given["position"] = assignment_groups.place(
        Assignment, given.get("position"), Assignment.assignment_group_id == given["assignment_group_id"]
    )
    assignment = Assignment(course_id=course_id, workflow_state="published" if published else "unpublished", **given)
    db.session.add(assignment)
    db.session.flush()
    late_policies.look_again(course_id, assignment.due_at)
    return assignment


def change(assignment: Assignment, fields: dict[str, Any], caller: Caller, *, by_quiz: bool = False) -> None:
    """Set what `fields` gives. Raises Invalid; for unpublishing what students have handed in, too.

    What its points are and how it is handed in follows its quiz, where it has one.
    """
    given = {key: value for key, value in fields.items() if value is not None or key in NULLABLE}
    if not by_quiz and OF_QUIZ & given.keys() and db.session.scalar(select(Quiz.id).where(Quiz.assignment_id == assignment.id)):
        given = {key: value for key, value in given.items() if key not in OF_QUIZ}
    if given.get("assignment_group_id") is not None:
        assignment_groups.existing(assignment.course_id, given["assignment_group_id"], "assignment_group_id")
    if "submission_types" in given:
        given["submission_types"] = _types(given["submission_types"] or ["none"])
    state = assignment.workflow_state
    if "published" in given:
        _publish(assignment, given.pop("published"))
    if "position" in given:
        make_room(
            Assignment,
            given["position"],
            Assignment.assignment_group_id == given.get("assignment_group_id", assignment.assignment_group_id),
        )
    had_points = bool(assignment.points_possible)
    changed = {key for key, value in given.items() if getattr(assignment, key) != value}
    for key, value in given.items():
        setattr(assignment, key, value)
    db.session.flush()
    if changed & COUNTING or state != assignment.workflow_state:
        # A pass or fail out of no points is known by its name alone: it stays, and a pass gets the points that there are now.
        by_name = assignment.grading_type == "pass_fail" and not (had_points and assignment.points_possible)
        anew = bool(changed & {"points_possible", "grading_type"})
        late_policies.refresh(assignment.course_id, caller, assignment.id, anew=anew, by_name=by_name)
        late_policies.look_again(assignment.course_id, assignment.due_at)


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
