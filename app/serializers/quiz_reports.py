"""Extensions and statistics of quizzes as Canvas shows them."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable

from typing_extensions import TypedDict

from app.models.quiz_submissions import QuizAttempt, QuizSubmission
from app.models.types import AnyRow


class QuizExtensionJSON(TypedDict):
    """What one student is granted."""

    quiz_id: int
    user_id: int
    extra_attempts: int
    extra_time: int
    manually_unlocked: bool
    end_at: dt.datetime | None


class QuizExtensionsJSON(TypedDict):
    """Extensions under the key that Canvas puts them."""

    quiz_extensions: list[QuizExtensionJSON]


class QuestionStatisticsJSON(TypedDict):
    """How one question was answered."""

    id: int
    question_type: str
    question_text: str
    position: int
    responses: int
    correct: int
    incorrect: int
    graded: int
    score_average: float | None


class SubmissionStatisticsJSON(TypedDict):
    """How students scored."""

    unique_count: int
    score_average: float | None
    score_high: float | None
    score_low: float | None
    score_stdev: float | None
    scores: dict[str, int]
    correct_count_average: float | None
    incorrect_count_average: float | None
    duration_average: float | None


class QuizStatisticJSON(TypedDict):
    """How a quiz went."""

    id: int
    quiz_id: int
    points_possible: float
    generated_at: dt.datetime
    includes_all_versions: bool
    multiple_attempts_exist: bool
    question_statistics: list[QuestionStatisticsJSON]
    submission_statistics: SubmissionStatisticsJSON


class QuizStatisticsJSON(TypedDict):
    """Statistics under the key that Canvas puts them."""

    quiz_statistics: list[QuizStatisticJSON]


def quiz_extension_json(submission: QuizSubmission, attempt: QuizAttempt | None) -> QuizExtensionJSON:
    """What one student is granted now."""
    return {
        "quiz_id": submission.quiz_id,
        "user_id": submission.user_id,
        "extra_attempts": submission.extra_attempts,
        "extra_time": submission.extra_time,
        "manually_unlocked": submission.manually_unlocked,
        "end_at": attempt.end_at if attempt else None,
    }


def quiz_statistics_json(quiz: AnyRow, attempts: Iterable[AnyRow], questions: Iterable[AnyRow], now: dt.datetime) -> QuizStatisticJSON:
    """Statistics of latest finished attempts, one row a student."""
    scores: list[float] = []
    seconds: list[float] = []
    right, wrong, earned = Counter[int](), Counter[int](), dict[int, list[float]]()
    for row in attempts:
        scores.append(row.score)
        seconds.append((row.finished_at - row.started_at).total_seconds())
        for key, result in row.results.items():
            earned.setdefault(int(key), []).append(result["score"])
            if result["correct"] is not None:
                (right if result["correct"] else wrong)[int(key)] += 1
    return {
        "id": quiz.id,
        "quiz_id": quiz.id,
        "points_possible": quiz.points_possible,
        "generated_at": now,
        "includes_all_versions": True,
        "multiple_attempts_exist": quiz.allowed_attempts != 1,
        "question_statistics": [_question(row, right, wrong, earned) for row in questions],
        "submission_statistics": {
            "unique_count": len(scores),
            "score_average": _mean(scores),
            "score_high": max(scores, default=None),
            "score_low": min(scores, default=None),
            "score_stdev": _deviation(scores),
            "scores": {str(score): count for score, count in sorted(Counter(_percents(scores, quiz.points_possible)).items())},
            "correct_count_average": sum(right.values()) / len(scores) if scores else None,
            "incorrect_count_average": sum(wrong.values()) / len(scores) if scores else None,
            "duration_average": _mean(seconds),
        },
    }


def _question(row: AnyRow, right: Counter[int], wrong: Counter[int], earned: dict[int, list[float]]) -> QuestionStatisticsJSON:
    judged = right[row.id] + wrong[row.id]
    return {
        "id": row.id,
        "question_type": row.question_type,
        "question_text": row.question_text,
        "position": row.position,
        "responses": len(earned.get(row.id, [])),
        "correct": right[row.id],
        "incorrect": wrong[row.id],
        "graded": judged,
        "score_average": _mean(earned.get(row.id, [])),
    }


def _mean(values: list[float]) -> float | None:
    return round(sum(values) / len(values), 6) if values else None


def _deviation(values: list[float]) -> float | None:
    mean = sum(values) / len(values) if values else 0.0
    return round((sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5, 6) if values else None


def _percents(scores: list[float], points: float) -> list[int]:
    return [round(100 * score / points) for score in scores] if points else []
