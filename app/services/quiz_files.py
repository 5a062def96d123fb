"""Files that answer questions of quizzes."""

from typing import Any

from sqlalchemy import select, update

from app.errors import Invalid
from app.extensions import db
from app.models.files import QUIZ, File
from app.models.quiz_submissions import QuizAttempt
from app.services.permissions import Caller

KIND = "file_upload_question"


def attach(attempt: QuizAttempt, course_id: int, caller: Caller, answered: list[dict[str, Any]]) -> None:
    """Keep those files that answer one of the questions just `answered`. Raises Invalid unless the caller uploaded them for it.

    From then on whoever grades may read them, and nobody deletes them.
    """
    asked = [str(question["id"]) for question in answered if question["question_type"] == KIND]
    ids = {file_id for key in asked for file_id in attempt.answers.get(key, ())}
    if not ids:
        return
    own = (File.id.in_(ids), File.purpose == QUIZ, File.uploader_id == caller.id, File.course_id == course_id)
    found = db.session.scalars(select(File.id).where(*own, File.workflow_state == "available").order_by(File.id).with_for_update()).all()
    if len(found) < len(ids):
        raise Invalid.field("answer", "must be files that you uploaded for a quiz of this course")
    kept = update(File).where(File.id.in_(found)).values(quiz_submission_id=attempt.quiz_submission_id)
    db.session.execute(kept, execution_options={"synchronize_session": False})
