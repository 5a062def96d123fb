"""Assignments as Canvas shows them."""

import datetime as dt
from collections.abc import Container, Sequence
from typing import Any, NotRequired

from typing_extensions import TypedDict

from app.grading.lateness import lock_explanation
from app.models.types import AnyRow
from app.serializers.viewer import Viewer


class DateJSON(TypedDict):
    """One of the sets of dates of an assignment: its own (`base`) or an override's."""

    base: NotRequired[bool]
    id: NotRequired[int]
    title: str
    set_type: NotRequired[str]
    set_id: NotRequired[int | None]
    due_at: dt.datetime | None
    unlock_at: dt.datetime | None
    lock_at: dt.datetime | None


class StatisticsJSON(TypedDict):
    """How a class scored, in points."""

    min: float
    max: float
    mean: float
    lower_q: float
    median: float
    upper_q: float


class AssignmentJSON(TypedDict):
    """An assignment."""

    id: int
    course_id: int
    name: str
    description: str | None
    due_at: dt.datetime | None
    lock_at: dt.datetime | None
    unlock_at: dt.datetime | None
    points_possible: float | None
    grading_type: str
    grading_standard_id: int | None
    assignment_group_id: int
    submission_types: list[str]
    allowed_extensions: NotRequired[list[str]]
    allowed_attempts: int
    published: bool
    unpublishable: bool
    position: int
    html_url: str
    omit_from_final_grade: bool
    has_submitted_submissions: bool
    needs_grading_count: NotRequired[int]
    quiz_id: int | None
    discussion_topic: NotRequired[Any]
    peer_reviews: bool
    group_category_id: int | None
    muted: bool
    only_visible_to_overrides: bool
    locked_for_user: bool
    lock_explanation: NotRequired[str]
    created_at: dt.datetime
    updated_at: dt.datetime
    workflow_state: str
    submission: NotRequired[Any]
    overrides: NotRequired[list[Any]]
    all_dates: NotRequired[list[DateJSON]]
    score_statistics: NotRequired[StatisticsJSON | None]


def assignment_json(row: AnyRow, viewer: Viewer, include: Container[str] = (), lock: str | None = None) -> AssignmentJSON:
    """One assignment; `lock` says why a module keeps it from a student. `include` may name all_dates, the route composes the rest."""
    published = row.workflow_state == "published"
    body: AssignmentJSON = {
        "id": row.id,
        "course_id": row.course_id,
        "name": row.name,
        "description": row.description,
        "due_at": row.due_at,
        "lock_at": row.lock_at,
        "unlock_at": row.unlock_at,
        "points_possible": row.points_possible,
        "grading_type": row.grading_type,
        "grading_standard_id": row.grading_standard_id,
        "assignment_group_id": row.assignment_group_id,
        "submission_types": row.submission_types,
        "allowed_attempts": row.allowed_attempts,
        "published": published,
        "unpublishable": not row.has_submitted_submissions,
        "position": row.position,
        "html_url": f"{viewer.base_url}/courses/{row.course_id}/assignments/{row.id}",
        "omit_from_final_grade": row.omit_from_final_grade,
        "has_submitted_submissions": row.has_submitted_submissions,
        "quiz_id": row.quiz_id,
        "peer_reviews": row.peer_reviews,
        "group_category_id": None,
        "muted": False,
        "only_visible_to_overrides": row.only_visible_to_overrides,
        "locked_for_user": False,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "workflow_state": row.workflow_state,
    }
    if "online_upload" in row.submission_types:
        body["allowed_extensions"] = row.allowed_extensions
    if viewer.staff:
        body["needs_grading_count"] = row.needs_grading_count
    elif explanation := lock or lock_explanation(row.unlock_at, row.lock_at, viewer.now):
        body |= {"locked_for_user": True, "lock_explanation": explanation}
        if lock or (row.unlock_at is not None and viewer.now < row.unlock_at):
            body["description"] = None  # an exam is not read before it begins
    if "all_dates" in include:
        body["all_dates"] = [{"base": True, "title": "Everyone", "due_at": row.due_at, "unlock_at": row.unlock_at, "lock_at": row.lock_at}]
    return body


def all_dates_json(row: AnyRow, overrides: Sequence[AnyRow]) -> list[DateJSON]:
    """All sets of dates of an assignment, each complete: its own, unless only overrides assign it, and those of its overrides."""
    own: DateJSON = {"base": True, "title": "Everyone", "due_at": row.due_at, "unlock_at": row.unlock_at, "lock_at": row.lock_at}
    if overrides:
        own["title"] = "Everyone else"
    dates: list[DateJSON] = [] if row.only_visible_to_overrides else [own]
    for override in overrides:
        section_id = override.course_section_id
        dates.append(
            {
                "id": override.id,
                "title": override.title,
                "set_type": "ADHOC" if section_id is None else "CourseSection",
                "set_id": section_id,
                "due_at": override.due_at if override.due_at_overridden else row.due_at,
                "unlock_at": override.unlock_at if override.unlock_at_overridden else row.unlock_at,
                "lock_at": override.lock_at if override.lock_at_overridden else row.lock_at,
            }
        )
    return dates


def statistics_json(scores: list[float], fewest: int) -> StatisticsJSON | None:
    """How a class scored; nothing where there are fewer scores than `fewest`."""
    if len(scores) < fewest:
        return None
    import statistics  # loads fractions and decimal with it: at a quarter of a CPU a start would feel it

    lower, median, upper = statistics.quantiles(scores, n=4, method="inclusive") if len(scores) > 1 else scores * 3
    return {
        "min": min(scores),
        "max": max(scores),
        "mean": round(statistics.fmean(scores), 2),
        "lower_q": lower,
        "median": median,
        "upper_q": upper,
    }
