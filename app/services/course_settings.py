"""What can be set in a course. Some of it is only kept and shown: docs/api.md tells which."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.extensions import db
from app.models.courses import Course
from app.services import discussions

TOPICS = "allow_student_discussion_topics"
"""Kept with the discussions, which ask for it alone."""
DEFAULTS: dict[str, Any] = {
    "allow_final_grade_override": False,
    "allow_student_forum_attachments": True,
    "allow_student_discussion_editing": True,
    "allow_student_discussion_reporting": True,
    "allow_student_anonymous_discussion_topics": False,
    "allow_student_organized_groups": True,
    "conditional_release": False,
    "default_due_time": "23:59:59",
    "filter_speed_grader_by_student_group": False,
    "hide_distribution_graphs": False,
    "hide_final_grades": False,
    "hide_sections_on_course_users_page": False,
    "home_page_announcement_limit": None,
    "homeroom_course": False,
    "lock_all_announcements": False,
    "restrict_quantitative_data": False,
    "restrict_student_future_view": False,
    "restrict_student_past_view": False,
    "show_announcements_on_home_page": False,
    "syllabus_course_summary": True,
    "usage_rights_required": False,
    "image_id": None,
    "image_url": None,
}


def stored(course_id: int) -> dict[str, Any]:
    """What is set in the course, but for what is kept with the discussions."""
    return DEFAULTS | (db.session.scalar(select(Course.settings).where(Course.id == course_id)) or {})


def of_course(course_id: int) -> dict[str, Any]:
    """Everything that is set in the course."""
    return {**stored(course_id), TOPICS: discussions.students_start_topics(course_id)}


def change(course_id: int, fields: dict[str, Any]) -> None:
    """Set what `fields` gives; of two at once, neither loses what the other set."""
    given = {key: value for key, value in fields.items() if value is not None or (key in DEFAULTS and DEFAULTS[key] is None)}
    topics = given.pop(TOPICS, None)
    if topics is not None:
        discussions.let_students_start_topics(course_id, topics)
    if given:
        keep(db.session.scalars(select(Course).where(Course.id == course_id).with_for_update(key_share=True)).one(), given)


def keep(course: Course, given: Mapping[str, Any]) -> None:
    """Set that in the course, which is locked; a new dict, because changes inside one are not noticed."""
    course.settings = {**(course.settings or {}), **given}
