"""Quizzes, questions and attempts."""

import datetime as dt

from app.models.courses import Course
from tests.app.api.surface import GRADERS, READERS, STAFF, Allowed, C, Feature
from tests.conftest import Api
from tests.factories import QuizFactory, QuizQuestionFactory, QuizSubmissionFactory

QUIZ = f"{C}/quizzes/<ref:quiz>"
SUBMISSION = f"{QUIZ}/submissions/<ref:submission>"
OF_ATTEMPT = "/quiz_submissions/<ref:quiz_submission>/questions"
TOKEN = {"attempt": 1, "validation_token": "token"}
OPERATIONS = {
    f"GET {C}/quizzes": Allowed(READERS),
    f"POST {C}/quizzes": Allowed(STAFF, {"quiz": {"title": "New"}}),
    f"GET {QUIZ}": Allowed(READERS),
    f"PUT {QUIZ}": Allowed(STAFF, {"quiz": {"title": "New"}}),
    f"DELETE {QUIZ}": Allowed(STAFF),
    f"GET {QUIZ}/questions": Allowed(STAFF),
    f"POST {QUIZ}/questions": Allowed(STAFF, {"question": {"question_type": "essay_question"}}),
    f"GET {QUIZ}/questions/<ref:question>": Allowed(STAFF),
    f"PUT {QUIZ}/questions/<ref:question>": Allowed(STAFF, {"question": {"question_name": "New"}}),
    f"DELETE {QUIZ}/questions/<ref:question>": Allowed(STAFF),
    f"POST {QUIZ}/submissions": Allowed({"student", "peer"}),
    f"POST {QUIZ}/submissions/self/files": Allowed({"student", "peer"}, {"name": "answer.txt"}),
    f"POST {QUIZ}/extensions": Allowed(GRADERS, {"quiz_extensions": []}),
    f"GET {QUIZ}/statistics": Allowed(GRADERS),
    f"GET {QUIZ}/submissions": Allowed(READERS),
    f"GET {QUIZ}/submission": Allowed(READERS),
    f"GET {SUBMISSION}": Allowed(GRADERS | {"student", "observer"}),
    f"PUT {SUBMISSION}": Allowed(GRADERS, {"quiz_submissions": []}),
    f"GET {SUBMISSION}/time": Allowed(GRADERS | {"student", "observer"}),
    f"POST {SUBMISSION}/complete": Allowed({"student"}, TOKEN),
    f"GET {OF_ATTEMPT}": Allowed(GRADERS | {"student"}),
    f"POST {OF_ATTEMPT}": Allowed({"student"}, {**TOKEN, "quiz_questions": []}),
}
LISTS = ("/courses/<ref:course>/quizzes", "/courses/<ref:course>/quizzes/<ref:quiz>/questions")


def targets(course: Course, student: Api) -> dict[str, object]:
    """A quiz with a question, and the student's attempt: so short before its end that another may begin."""
    quiz = QuizFactory(course=course, allowed_attempts=-1)
    taken = QuizSubmissionFactory(quiz=quiz, user=student.user, taken__end_at=dt.datetime.now(dt.UTC) - dt.timedelta(seconds=5))
    return {"quiz": quiz.id, "question": QuizQuestionFactory(quiz=quiz).id, "submission": taken.id, "quiz_submission": taken.id}


def grow(course: Course, caller: Api) -> None:
    """One more quiz, and one more question in each."""
    QuizFactory(course=course)


FEATURE = Feature(OPERATIONS, LISTS, targets=targets, grow=grow)
