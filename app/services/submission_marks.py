"""Marks on submissions: who has read the grade."""

import datetime as dt

from sqlalchemy import update

from app.extensions import db
from app.models.submission_marks import SubmissionMark
from app.models.writes import insert_unless_there


def mark(submission_id: int, user_id: int, read_at: dt.datetime | None) -> None:
    """Mark as read at that instant; None: as unread."""
    if insert_unless_there(SubmissionMark, submission_id=submission_id, user_id=user_id, read_at=read_at) is None:
        own = update(SubmissionMark).where(SubmissionMark.submission_id == submission_id, SubmissionMark.user_id == user_id)
        db.session.execute(own.values(read_at=read_at), execution_options={"synchronize_session": False})
