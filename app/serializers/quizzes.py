"""Quizzes and their questions as Canvas shows them."""

import datetime as dt
from typing import Any, NotRequired

from typing_extensions import TypedDict

from app.grading.lateness import lock_explanation
from app.models.types import AnyRow
from app.serializers.viewer import Viewer


class QuizPermissionsJSON(TypedDict):
    """What the caller may do with a quiz."""

    read: bool
    submit: bool
    update: bool
    delete: bool
    manage: bool
    grade: bool
    read_statistics: bool


class QuizJSON(TypedDict):
    """A quiz."""

    id: int
    title: str
    html_url: str
    mobile_url: str
    description: str | None
    quiz_type: str
    time_limit: int | None
    shuffle_answers: bool
    show_correct_answers: bool
    scoring_policy: str
    allowed_attempts: int
    one_question_at_a_time: bool
    question_count: int
    points_possible: float
    question_types: list[str]
    published: bool
    due_at: dt.datetime | None
    lock_at: dt.datetime | None
    unlock_at: dt.datetime | None
    assignment_id: int | None
    assignment_group_id: int | None
    version_number: int
    has_access_code: bool
    access_code: NotRequired[str | None]
    locked_for_user: bool
    lock_explanation: NotRequired[str]
    permissions: QuizPermissionsJSON


class QuizQuestionJSON(TypedDict):
    """A question as its author sees it."""

    id: int
    quiz_id: int
    position: int
    question_name: str
    question_text: str
    question_type: str
    points_possible: float
    correct_comments: str | None
    incorrect_comments: str | None
    neutral_comments: str | None
    answers: list[dict[str, Any]]
    matches: list[dict[str, Any]]


def quiz_json(row: AnyRow, viewer: Viewer, permissions: QuizPermissionsJSON, lock: str | None = None) -> QuizJSON:
    """One quiz; its access code for those who may change it. `lock` says why a module keeps it from a student."""
    url = f"{viewer.base_url}/courses/{row.course_id}/quizzes/{row.id}"
    body: QuizJSON = {
        "id": row.id,
        "title": row.title,
        "html_url": url,
        "mobile_url": url,
        "description": row.description,
        "quiz_type": row.quiz_type,
        "time_limit": row.time_limit,
        "shuffle_answers": row.shuffle_answers,
        "show_correct_answers": row.show_correct_answers,
        "scoring_policy": row.scoring_policy,
        "allowed_attempts": row.allowed_attempts,
        "one_question_at_a_time": row.one_question_at_a_time,
        "question_count": row.question_count,
        "points_possible": row.points_possible,
        "question_types": row.question_types,
        "published": row.workflow_state == "published",
        "due_at": row.due_at,
        "lock_at": row.lock_at,
        "unlock_at": row.unlock_at,
        "assignment_id": row.assignment_id,
        "assignment_group_id": row.assignment_group_id,
        "version_number": row.version_number,
        "has_access_code": bool(row.access_code),
        "locked_for_user": False,
        "permissions": permissions,
    }
    if permissions["update"]:
        body["access_code"] = row.access_code
    if not viewer.staff and (explanation := lock or lock_explanation(row.unlock_at, row.lock_at, viewer.now)):
        body |= {"locked_for_user": True, "lock_explanation": lock or explanation.replace("assignment", "quiz")}
        if lock or (row.unlock_at is not None and viewer.now < row.unlock_at):
            body["description"] = None  # an exam is not read before it begins
    return body


def quiz_question_json(row: AnyRow) -> QuizQuestionJSON:
    """One question, with its right answers."""
    return {
        "id": row.id,
        "quiz_id": row.quiz_id,
        "position": row.position,
        "question_name": row.question_name,
        "question_text": row.question_text,
        "question_type": row.question_type,
        "points_possible": row.points_possible,
        "correct_comments": row.correct_comments,
        "incorrect_comments": row.incorrect_comments,
        "neutral_comments": row.neutral_comments,
        "answers": row.answers,
        "matches": row.matches,
    }
