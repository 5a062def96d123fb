"""A course's settings as Canvas shows them."""

from collections.abc import Mapping
from typing import Any

from typing_extensions import TypedDict

from app.models.types import AnyRow


class CourseSettingsJSON(TypedDict):
    """What is set in a course."""

    allow_final_grade_override: bool
    allow_student_discussion_topics: bool
    allow_student_forum_attachments: bool
    allow_student_discussion_editing: bool
    allow_student_discussion_reporting: bool
    allow_student_anonymous_discussion_topics: bool
    allow_student_organized_groups: bool
    conditional_release: bool
    default_due_time: str
    filter_speed_grader_by_student_group: bool
    hide_distribution_graphs: bool
    hide_final_grades: bool
    hide_sections_on_course_users_page: bool
    home_page_announcement_limit: int | None
    homeroom_course: bool
    lock_all_announcements: bool
    restrict_quantitative_data: bool
    restrict_student_future_view: bool
    restrict_student_past_view: bool
    show_announcements_on_home_page: bool
    syllabus_course_summary: bool
    usage_rights_required: bool
    grading_standard_enabled: bool
    grading_standard_id: int | None
    grade_passback_setting: str | None
    image: str | None
    image_id: int | None
    image_url: str | None


def course_settings_json(row: AnyRow, settings: Mapping[str, Any], image: str | None) -> CourseSettingsJSON:
    """The settings of the course that `row` is, each by name; `image` is where its picture is."""
    shown: CourseSettingsJSON = {key: settings.get(key) for key in CourseSettingsJSON.__annotations__}  # type: ignore[assignment]
    return {
        **shown,
        "grading_standard_enabled": row.grading_standard_id is not None,
        "grading_standard_id": row.grading_standard_id,
        "grade_passback_setting": None,
        "image": image,
    }
