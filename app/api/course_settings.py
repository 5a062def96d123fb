"""The settings of a course."""

from typing import Annotated

from flask import Blueprint
from pydantic import Field

from app.extensions import db
from app.http.auth import require_right
from app.http.lookup import Ref, find_row
from app.http.params import Flag, Params, Short, takes
from app.models.courses import Course, course_rows
from app.resources.courses import image_of
from app.serializers.course_settings import CourseSettingsJSON, course_settings_json
from app.services import course_settings
from app.services.permissions import Right

blueprint = Blueprint("course_settings", __name__, url_prefix="/api/v1")
URL = "/courses/<ref:course>/settings"
TimeOfDay = Annotated[Short, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?|inherit)$")]


class SettingsParams(Params):
    """What is set in a course."""

    allow_student_discussion_topics: Flag | None = None
    """Whether students may start discussions."""
    hide_final_grades: Flag | None = None
    """Whether totals are hidden from students and observers."""
    hide_distribution_graphs: Flag | None = None
    """Whether the statistics of scores are hidden from students and observers."""
    home_page_announcement_limit: int | None = Field(None, ge=1, le=15)
    default_due_time: TimeOfDay | None = None
    """By the clock, such as 23:59:59; or inherit."""
    allow_final_grade_override: Flag | None = None
    allow_student_forum_attachments: Flag | None = None
    allow_student_discussion_editing: Flag | None = None
    allow_student_discussion_reporting: Flag | None = None
    allow_student_anonymous_discussion_topics: Flag | None = None
    allow_student_organized_groups: Flag | None = None
    conditional_release: Flag | None = None
    filter_speed_grader_by_student_group: Flag | None = None
    hide_sections_on_course_users_page: Flag | None = None
    homeroom_course: Flag | None = None
    lock_all_announcements: Flag | None = None
    restrict_quantitative_data: Flag | None = None
    restrict_student_future_view: Flag | None = None
    restrict_student_past_view: Flag | None = None
    show_announcements_on_home_page: Flag | None = None
    syllabus_course_summary: Flag | None = None
    usage_rights_required: Flag | None = None


@blueprint.get(URL)
def get_settings(course: Ref) -> CourseSettingsJSON:
    """Tell what is set in a course."""
    return _shown(require_right(Right.READ).course_id)


@blueprint.put(URL)
@takes(SettingsParams)
def change_settings(params: SettingsParams, course: Ref) -> CourseSettingsJSON:
    """Change what is set in a course; what is not said stays."""
    mine = require_right(Right.MANAGE_COURSE)
    course_settings.change(mine.course_id, params.given())
    db.session.commit()
    return _shown(mine.course_id)


def _shown(course_id: int) -> CourseSettingsJSON:
    row = find_row(course_rows().where(Course.id == course_id))
    return course_settings_json(row, course_settings.of_course(course_id), image_of(row.settings))
