"""Courses with what `include[]` asks for: one statement for each kind of thing, however many courses."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from app.http.auth import caller, viewer
from app.http.links import download_url
from app.models.enrollments import LISTED
from app.models.types import AnyRow
from app.serializers.courses import (
    CourseJSON,
    course_enrollment_json,
    course_json,
    course_progress_json,
    course_section_json,
    teacher_json,
)
from app.services import course_embeds, course_progress
from app.services.totals import totals_of


def image_of(settings: Mapping[str, Any] | None) -> str | None:
    """Where the course's picture is: an address that was given, or a file of the course, for the caller to download."""
    stored = settings or {}
    file_id = stored.get("image_id")
    return download_url(file_id, caller().id) if file_id else stored.get("image_url")


def shown(rows: Sequence[AnyRow], include: Collection[str], user_id: int, states: Collection[str] = LISTED) -> list[CourseJSON]:
    """Courses with the user's own enrolments, of those states, and what `include` asks for."""
    ids = [row.id for row in rows]
    looking = viewer()
    mine = course_embeds.enrollments_of(user_id, ids, states)
    # An enrolment that gives no rights (an invitation, one that is over) shows the course, not what is in it.
    closed = set() if looking.admin else {course_id for course_id, held in mine.items() if not any(row.in_force for row in held)}
    bodies = {row.id: course_json(row, looking, () if row.id in closed else include) for row in rows}
    student_in = [(course_id, user_id) for course_id, held in mine.items() if any(row.type == "StudentEnrollment" for row in held)]
    totals = totals_of(student_in, staff=looking.admin) if "total_scores" in include else {}
    for course_id, body in bodies.items():
        held = mine.get(course_id, [])
        of_student = totals.get((course_id, user_id))
        body["enrollments"] = [course_enrollment_json(row, of_student if row.type == "StudentEnrollment" else None) for row in held]
        if "sections" in include:
            body["sections"] = [course_section_json(row) for row in held]
    if "course_image" in include:
        for row in rows:
            bodies[row.id]["image_download_url"] = image_of(row.settings)
    if "favorites" in include:
        for course_id, body in bodies.items():
            body["is_favorite"] = any(row.favorite for row in mine.get(course_id, []))
    if "course_progress" in include:
        studied = [course_id for course_id, _ in student_in if course_id not in closed]
        progress = course_progress.of_courses(studied, user_id, looking.now)
        for course_id, body in bodies.items():
            body["course_progress"] = course_progress_json(course_id, progress.get(course_id), looking)
    _embed({course_id: body for course_id, body in bodies.items() if course_id not in closed}, include)
    return list(bodies.values())


def _embed(bodies: dict[int, CourseJSON], include: Collection[str]) -> None:
    if "teachers" in include:
        teachers = course_embeds.teachers_of(bodies)
        for course_id, body in bodies.items():
            body["teachers"] = [teacher_json(row, viewer()) for row in teachers.get(course_id, [])]
    if "total_students" in include:
        counts = course_embeds.student_counts(bodies)
        for course_id, body in bodies.items():
            body["total_students"] = counts.get(course_id, 0)
    if "needs_grading_count" in include:
        waiting = course_embeds.needs_grading_counts([course_id for course_id, body in bodies.items() if _grades(body)])
        for course_id, body in bodies.items():
            if _grades(body):
                body["needs_grading_count"] = waiting.get(course_id, 0)


def _grades(body: CourseJSON) -> bool:
    """Whether the caller is told how much work waits for a grade."""
    return caller().admin or any(held["type"] in ("teacher", "ta") for held in body.get("enrollments", []))
