"""Totals of many students at once, in three statements however many there are."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from sqlalchemy import cast, null, or_, select, union_all

from app.extensions import db
from app.grading.scheme import DEFAULT_SCHEME, letter_for
from app.grading.totals import Group, Totals, Work, totals
from app.models.assignment_groups import AssignmentGroup
from app.models.assignments import ASSIGNED, Assignment, is_ungraded
from app.models.courses import Course
from app.models.grading_standards import GradingStandard
from app.models.reads import read
from app.models.submissions import Submission
from app.models.types import AnyRow
from app.models.users import User

COUNTED = (
    select(
        Assignment.id,
        Assignment.course_id,
        Assignment.points_possible,
        Assignment.assignment_group_id,
        Assignment.only_visible_to_overrides,
        AssignmentGroup.group_weight,
        AssignmentGroup.drop_lowest,
        AssignmentGroup.drop_highest,
        AssignmentGroup.never_drop,
        Course.apply_assignment_group_weights,
    )
    .join(AssignmentGroup, AssignmentGroup.id == Assignment.assignment_group_id)
    .join(Course, Course.id == Assignment.course_id)
    .where(
        Assignment.workflow_state == "published",
        Assignment.omit_from_final_grade.is_(False),
        Assignment.grading_type != "not_graded",
        ~is_ungraded(),
    )
)
"""Assignments that count: published, not omitted, graded."""

SHOWN = select(Course.id, Course.settings, Course.grading_standard_id, GradingStandard.data).outerjoin(
    GradingStandard, GradingStandard.id == Course.grading_standard_id
)
"""How courses show their totals."""

EXCUSED = "excused"


HIDDEN = Totals(None, None)


def totals_of(students: Collection[tuple[int, int]], *, staff: bool) -> dict[tuple[int, int], Totals]:
    """The totals of each (course id, user id); unless staff asks, nothing of courses that hide them."""
    if not students:
        return {}
    course_ids = {course_id for course_id, _ in students}
    counted = defaultdict(list)
    for row in db.session.execute(COUNTED.where(Assignment.course_id.in_(course_ids))):
        counted[row.course_id].append(row)
    user_ids = {user_id for _, user_id in students}
    works = [row for rows in counted.values() for row in rows]
    scores, theirs = _work([row.id for row in works], [row.id for row in works if row.only_visible_to_overrides], user_ids)
    courses = {row.id: row for row in db.session.execute(SHOWN.where(Course.id.in_(course_ids)))}

    def of(course_id: int, user_id: int) -> Totals:
        rows = [row for row in counted[course_id] if not row.only_visible_to_overrides or (row.id, user_id) in theirs]
        return _as_shown(courses[course_id], _one(rows, user_id, scores), staff=staff)

    return {(course_id, user_id): of(course_id, user_id) for course_id, user_id in students}


def _as_shown(course: AnyRow, found: Totals, *, staff: bool) -> Totals:
    """With letters where the course has a grading standard."""
    if not staff and (course.settings or {}).get("hide_final_grades"):
        return HIDDEN
    if course.grading_standard_id is None:
        return found
    scheme = course.data or DEFAULT_SCHEME
    letters = [None if percent is None else letter_for(percent, scheme) for percent in (found.current, found.final)]
    return replace(found, current_grade=letters[0], final_grade=letters[1])


def _work(
    assignment_ids: Collection[int], restricted: Collection[int], user_ids: Collection[int]
) -> tuple[dict[tuple[int, int], float | str], set[tuple[int, int]]]:
    """By (assignment id, user id): the score, or EXCUSED; and which of the `restricted` are whose. What waits for review has none."""
    found: Any = select(Submission.assignment_id, Submission.user_id, Submission.score, Submission.excused).where(
        Submission.assignment_id.in_(assignment_ids),
        Submission.user_id.in_(user_ids),
        or_(Submission.score.is_not(None), Submission.excused),
        Submission.workflow_state != "pending_review",
    )
    if restricted:
        nothing = (cast(null(), Submission.score.type), cast(null(), Submission.excused.type))
        theirs = select(Assignment.id, User.id, *nothing).select_from(Assignment).join(User, User.id.in_(user_ids))
        found = union_all(found, theirs.where(Assignment.id.in_(restricted), ASSIGNED))
    scores: dict[tuple[int, int], float | str] = {}
    assigned = set()
    for assignment_id, user_id, score, excused in read(found):
        if excused is None:
            assigned.add((assignment_id, user_id))
        else:
            scores[assignment_id, user_id] = EXCUSED if excused else score
    return scores, assigned


def _one(rows: list[AnyRow], user_id: int, scores: dict[tuple[int, int], float | str]) -> Totals:
    groups: dict[int, Group] = {}
    work = []
    for row in rows:
        if row.assignment_group_id not in groups:
            groups[row.assignment_group_id] = Group(row.group_weight, row.drop_lowest, row.drop_highest, frozenset(row.never_drop))
        score = scores.get((row.id, user_id))
        if not isinstance(score, str):
            work.append(Work(row.id, row.assignment_group_id, row.points_possible or 0.0, score))
    return totals(groups, work, weighted=bool(rows) and rows[0].apply_assignment_group_weights)
