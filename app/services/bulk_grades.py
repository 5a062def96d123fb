"""Many grades and comments at once: asked for in a request, given one by one by a job."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from app.errors import Invalid, InvalidGrade
from app.extensions import db
from app.models.enrollments import Enrollment
from app.models.jobs import Job
from app.services import gradebook, jobs, submissions
from app.services.permissions import Access, Caller

KIND = "bulk_grades"
Asked = Mapping[str, Any]
"""What is to happen to one submission: posted_grade, excuse, text_comment, each only if it was given."""


def enqueue(mine: Access, caller: Caller, asked: Sequence[tuple[int, int, Asked]], unknown: Sequence[str]) -> Job:
    """Ask for those (assignment id, user id, what) to be done in the course of `mine`; `unknown` are references that name nobody.

    Whom `mine` does not cover counts as unknown too. In a fixed order, so that two jobs at once lock one after the other.
    """
    wanted = {user_id for _, user_id, _ in asked}
    students = select(Enrollment.user_id).where(
        Enrollment.course_id == mine.course_id, Enrollment.type == "StudentEnrollment", Enrollment.workflow_state != "deleted"
    )
    if mine.section_ids is not None:
        students = students.where(Enrollment.course_section_id.in_(mine.section_ids))
    covered = set(db.session.scalars(students.distinct())) & wanted
    grades = sorted(([a, u, dict(what)] for a, u, what in asked if u in covered), key=lambda grade: grade[:2])
    missing = [*unknown, *(str(user_id) for user_id in sorted(wanted - covered))]
    return jobs.enqueue(KIND, caller, course_id=mine.course_id, grades=grades, missing=missing)


def give(course_id: int, assignment_id: int, user_id: int, what: Asked, caller: Caller) -> str | None:
    """Grade and comment one submission; nothing of it is done if anything is wrong, and what that is comes back."""
    target = gradebook.target_or_none(course_id, assignment_id, user_id)
    if target is None or not target.assigned:
        return f"user {user_id} has no submission on assignment {assignment_id}"
    try:
        with db.session.begin_nested():
            if "posted_grade" in what or "excuse" in what:
                posted = (what["posted_grade"] or "") if "posted_grade" in what else None
                submissions.grade(target, caller, posted, what.get("excuse"))
            if what.get("text_comment"):
                submissions.comment(target, caller, what["text_comment"])
    except (Invalid, InvalidGrade) as problem:
        return f"user {user_id} on assignment {assignment_id}: {problem.message}"
    return None
