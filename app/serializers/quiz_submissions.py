"""Attempts at quizzes as Canvas shows them."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, NotRequired

from typing_extensions import TypedDict

from app.models.quiz_submissions import OPEN
from app.models.types import AnyRow
from app.serializers.viewer import Viewer

PICKED = frozenset(
    (
        "multiple_choice_question",
        "true_false_question",
        "multiple_answers_question",
        "multiple_dropdowns_question",
        "matching_question",
    )
)
"""Kinds whose answers students choose from: those of the others would tell what is right."""


class QuizSubmissionJSON(TypedDict):
    """A student's latest attempt at a quiz."""

    id: int
    quiz_id: int
    quiz_version: int
    user_id: int
    submission_id: int | None
    attempt: int
    validation_token: NotRequired[str]
    workflow_state: str
    started_at: dt.datetime
    finished_at: dt.datetime | None
    end_at: dt.datetime | None
    time_spent: int
    score: float | None
    kept_score: float | None
    score_before_regrade: float | None
    fudge_points: float
    quiz_points_possible: float
    attempts_left: int
    extra_attempts: int
    extra_time: int
    manually_unlocked: bool
    overdue_and_needs_submission: bool
    html_url: str


class QuizSubmissionsJSON(TypedDict):
    """Attempts under the key that Canvas puts them."""

    quiz_submissions: list[QuizSubmissionJSON]


class SubmissionQuestionJSON(TypedDict):
    """A question of an attempt, with its answer."""

    id: int
    quiz_id: int
    position: int
    question_name: str
    question_text: str
    question_type: str
    points_possible: float
    answer: Any
    flagged: bool
    answers: list[dict[str, Any]]
    matches: list[dict[str, Any]]
    correct: NotRequired[bool | None]
    score: NotRequired[float]
    comment: NotRequired[str | None]


class SubmissionQuestionsJSON(TypedDict):
    """Questions under the key that Canvas puts them."""

    quiz_submission_questions: list[SubmissionQuestionJSON]


class TimeJSON(TypedDict):
    """How long an attempt has still to go."""

    end_at: dt.datetime | None
    time_left: int | None


def quiz_submission_json(row: AnyRow, viewer: Viewer) -> QuizSubmissionJSON:
    """One student's latest attempt; its token for whom it is."""
    is_open = row.workflow_state == OPEN
    allowed = row.allowed_attempts
    ended = row.finished_at or viewer.now
    body: QuizSubmissionJSON = {
        "id": row.id,
        "quiz_id": row.quiz_id,
        "quiz_version": row.quiz_version,
        "user_id": row.user_id,
        "submission_id": row.submission_id,
        "attempt": row.attempt,
        "workflow_state": row.workflow_state,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        "end_at": row.end_at,
        "time_spent": max(int((ended - row.started_at).total_seconds()), 0),
        "score": row.score,
        "kept_score": row.kept_score,
        "score_before_regrade": None,
        "fudge_points": row.fudge_points,
        "quiz_points_possible": row.quiz_points_possible,
        "attempts_left": -1 if allowed == -1 else max(allowed + row.extra_attempts - row.attempt, 0),
        "extra_attempts": row.extra_attempts,
        "extra_time": row.extra_time,
        "manually_unlocked": row.manually_unlocked,
        "overdue_and_needs_submission": is_open and row.end_at is not None and row.end_at < viewer.now,
        "html_url": f"{viewer.base_url}/courses/{row.course_id}/quizzes/{row.quiz_id}/submissions/{row.id}",
    }
    if is_open and row.user_id == viewer.user_id:
        body["validation_token"] = row.validation_token
    return body


def submission_question_json(
    question: Mapping[str, Any], answer: Any, result: Mapping[str, Any] | None, *, show_right: bool
) -> SubmissionQuestionJSON:
    """One question of an attempt; `result` once it is over, what is right only if `show_right`."""
    body: SubmissionQuestionJSON = {
        "id": question["id"],
        "quiz_id": question["quiz_id"],
        "position": question["position"],
        "question_name": question["question_name"],
        "question_text": question["question_text"],
        "question_type": question["question_type"],
        "points_possible": question["points_possible"],
        "answer": answer,
        "flagged": False,
        "answers": question["answers"] if show_right else _to_choose_from(question),
        "matches": question["matches"],
    }
    if result is not None:
        body |= {"correct": result["correct"], "score": result["score"], "comment": result["comment"]}
    return body


def _to_choose_from(question: Mapping[str, Any]) -> list[dict[str, Any]]:
    if question["question_type"] not in PICKED:
        return []
    shown = ("id", "text", "html", "blank_id")
    return [{name: answer[name] for name in shown if name in answer} for answer in question["answers"]]
