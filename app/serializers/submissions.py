"""Submissions as Canvas shows them."""

import datetime as dt
from collections.abc import Iterable
from typing import Any, NotRequired

from typing_extensions import TypedDict

from app.grading.lateness import is_missing, seconds_late, timing
from app.grading.notation import grade_of
from app.grading.scheme import DEFAULT_SCHEME
from app.models.assignments import NOT_SUBMITTED_ONLINE
from app.models.types import AnyRow
from app.serializers.viewer import Viewer


class AuthorJSON(TypedDict):
    """Who wrote a comment."""

    id: int
    display_name: str
    avatar_image_url: str | None
    html_url: str


class SubmissionCommentJSON(TypedDict):
    """One comment."""

    id: int
    author_id: int
    author_name: str
    author: AuthorJSON
    comment: str
    attempt: int | None
    created_at: dt.datetime
    edited_at: dt.datetime | None
    attachments: list[Any]


class AttemptJSON(TypedDict):
    """A submission as it stands, or as it stood at one attempt."""

    id: int | None
    assignment_id: int
    course_id: int
    user_id: int
    attempt: int | None
    submission_type: str | None
    submitted_at: dt.datetime | None
    body: str | None
    url: str | None
    attachments: list[Any]
    workflow_state: str
    grade: str | None
    score: float | None
    entered_grade: str | None
    entered_score: float | None
    points_deducted: float | None
    grader_id: int | None
    graded_at: dt.datetime | None
    posted_at: dt.datetime | None
    grade_matches_current_submission: bool
    excused: bool
    late: bool
    missing: bool
    seconds_late: int
    late_policy_status: str | None
    cached_due_date: dt.datetime | None
    redo_request: bool
    preview_url: str
    html_url: str


class SubmissionJSON(AttemptJSON):
    """A submission."""

    submission_comments: NotRequired[list[SubmissionCommentJSON]]
    submission_history: NotRequired[list[AttemptJSON]]
    user: NotRequired[Any]
    assignment: NotRequired[Any]
    course: NotRequired[Any]
    visibility: NotRequired[bool]


class StudentSubmissionsJSON(TypedDict):
    """All work of one student, where it was asked for `grouped`."""

    user_id: int
    section_id: int | None
    submissions: list[SubmissionJSON]


def submission_json(row: AnyRow, viewer: Viewer) -> SubmissionJSON:
    """One submission; `row` may also stand for a student who handed in nothing."""
    url = f"{viewer.base_url}/courses/{row.course_id}/assignments/{row.assignment_id}/submissions/{row.student_id}"
    excused = bool(row.excused)
    late_by = seconds_late(row.submitted_at, row.due_at, row.submission_type)
    missing = row.submitted_at is None and is_missing(
        submitted=False,
        graded=row.score is not None and not row.scored_as_missing,
        excused=excused,
        submitted_online=not NOT_SUBMITTED_ONLINE.issuperset(row.submission_types),
        due_at=row.due_at,
        now=viewer.now,
    )
    stands = timing(row.late_policy_status, row.seconds_late_override, excused=excused, late_by=late_by, missing=missing)
    return {
        "id": row.id,
        "assignment_id": row.assignment_id,
        "course_id": row.course_id,
        "user_id": row.student_id,
        "attempt": row.attempt,
        "submission_type": row.submission_type,
        "submitted_at": row.submitted_at,
        "body": row.body,
        "url": row.url,
        "attachments": [],
        "workflow_state": row.workflow_state or "unsubmitted",
        "grade": row.grade,
        "score": row.score,
        "entered_grade": _entered_grade(row),
        "entered_score": _entered_score(row),
        "points_deducted": row.points_deducted,
        "grader_id": row.grader_id,
        "graded_at": row.graded_at,
        "posted_at": row.graded_at,
        "grade_matches_current_submission": row.grade_matches_current_submission is not False,
        "excused": excused,
        "late": stands.late,
        "missing": stands.missing,
        "seconds_late": stands.seconds_late,
        "late_policy_status": row.late_policy_status,
        "cached_due_date": row.due_at,
        "redo_request": False,
        "preview_url": f"{url}?preview=1",
        "html_url": url,
    }


def _entered_score(row: AnyRow) -> float | None:
    """What was given before the late policy took something."""
    score: float | None = row.score if row.entered_score is None else row.entered_score
    return score


def _entered_grade(row: AnyRow) -> str | None:
    if row.entered_score is None:
        grade: str | None = row.grade
        return grade
    return grade_of(row.entered_score, row.grading_type, row.points_possible, row.entered_scheme or DEFAULT_SCHEME)


def attempt_json(version: AnyRow, now: SubmissionJSON) -> AttemptJSON:
    """An earlier attempt of the submission that is `now`."""
    late_by = seconds_late(version.submitted_at, now["cached_due_date"], version.submission_type)
    status, override = version.late_policy_status, version.seconds_late_override
    stands = timing(status, override, excused=version.excused, late_by=late_by, missing=False)
    base: AttemptJSON = {key: value for key, value in now.items() if key in AttemptJSON.__annotations__}  # type: ignore[assignment]
    return {
        **base,
        "attempt": version.attempt,
        "submission_type": version.submission_type,
        "submitted_at": version.submitted_at,
        "body": version.body,
        "url": version.url,
        "workflow_state": version.workflow_state,
        "grade": version.grade,
        "score": version.score,
        "entered_grade": _entered_grade(version),
        "entered_score": _entered_score(version),
        "points_deducted": version.points_deducted,
        "grader_id": version.grader_id,
        "graded_at": version.graded_at,
        "posted_at": version.graded_at,
        "excused": version.excused,
        "grade_matches_current_submission": version.grade_matches_current_submission,
        "late": stands.late,
        "missing": stands.missing,
        "seconds_late": stands.seconds_late,
        "late_policy_status": status,
    }


def history_json(versions: Iterable[AnyRow], now: SubmissionJSON) -> list[AttemptJSON]:
    """Every attempt, oldest first, the present one last."""
    present: AttemptJSON = {key: value for key, value in now.items() if key in AttemptJSON.__annotations__}  # type: ignore[assignment]
    return [*(attempt_json(version, now) for version in versions), present]


def comment_json(row: AnyRow, viewer: Viewer) -> SubmissionCommentJSON:
    """One comment."""
    return {
        "id": row.id,
        "author_id": row.author_id,
        "author_name": row.author_name,
        "author": {
            "id": row.author_id,
            "display_name": row.author_name,
            "avatar_image_url": row.avatar_url,
            "html_url": f"{viewer.base_url}/users/{row.author_id}",
        },
        "comment": row.comment,
        "attempt": row.attempt,
        "created_at": row.created_at,
        "edited_at": None,
        "attachments": [],
    }
