"""Courses as Canvas shows them."""

import datetime as dt
from collections.abc import Container
from typing import Any, NotRequired

from typing_extensions import TypedDict

from app.grading.totals import Totals
from app.models.modules import CourseProgress
from app.models.types import AnyRow
from app.serializers.viewer import Viewer


class TeacherJSON(TypedDict):
    """A teacher, as a name card on a course."""

    id: int
    display_name: str
    avatar_image_url: str | None
    html_url: str


class CourseEnrollmentJSON(TypedDict):
    """The caller's own enrolment, as a note on a course."""

    type: str
    role: str
    role_id: int | None
    user_id: int
    enrollment_state: str
    limit_privileges_to_course_section: bool
    computed_current_score: NotRequired[float | None]
    computed_final_score: NotRequired[float | None]
    computed_current_grade: NotRequired[str | None]
    computed_final_grade: NotRequired[str | None]


class CourseSectionJSON(TypedDict):
    """A section of the caller's, as a note on a course."""

    id: int
    name: str
    start_at: dt.datetime | None
    end_at: dt.datetime | None
    enrollment_role: str


class TermJSON(TypedDict):
    """When courses are taught."""

    id: int
    name: str
    start_at: dt.datetime | None
    end_at: dt.datetime | None


class IcsJSON(TypedDict):
    """Where a calendar can be subscribed to."""

    ics: str | None


class CourseProgressJSON(TypedDict):
    """How far a student is in a course's modules."""

    requirement_count: int
    requirement_completed_count: int
    next_requirement_url: str | None
    completed_at: dt.datetime | None


class ProblemJSON(TypedDict):
    """Why there is none."""

    message: str


class NoProgressJSON(TypedDict):
    """That there is no progress to tell of."""

    error: ProblemJSON


NO_PROGRESS: NoProgressJSON = {
    "error": {
        "message": "no progress available because this course is not module based (has modules and module completion requirements) "
        "or the user is not enrolled as a student in this course"
    }
}


class CourseJSON(TypedDict):
    """A course."""

    id: int
    name: str
    course_code: str
    workflow_state: str
    account_id: int
    root_account_id: int
    enrollment_term_id: int
    grading_standard_id: int | None
    sis_course_id: NotRequired[str | None]
    integration_id: NotRequired[str | None]
    start_at: dt.datetime | None
    end_at: dt.datetime | None
    created_at: dt.datetime
    time_zone: str
    default_view: str
    license: str | None
    is_public: bool
    is_public_to_auth_users: bool
    apply_assignment_group_weights: bool
    hide_final_grades: bool
    blueprint: bool
    calendar: IcsJSON
    uuid: str | None
    friendly_name: str | None
    enrollments: NotRequired[list[CourseEnrollmentJSON]]
    term: NotRequired[TermJSON]
    syllabus_body: NotRequired[str | None]
    public_description: NotRequired[str | None]
    restrict_quantitative_data: NotRequired[bool]
    total_students: NotRequired[int]
    needs_grading_count: NotRequired[int]
    teachers: NotRequired[list[TeacherJSON]]
    sections: NotRequired[list[CourseSectionJSON]]
    image_download_url: NotRequired[str | None]
    is_favorite: NotRequired[bool]
    course_progress: NotRequired[CourseProgressJSON | NoProgressJSON]
    account: NotRequired[dict[str, Any]]


DEFAULT_TIME_ZONE = "Asia/Seoul"


def course_json(row: AnyRow, viewer: Viewer, include: Container[str] = ()) -> CourseJSON:
    """One course. `include` may name term, syllabus_body, public_description, restrict_quantitative_data; the route does the rest."""
    body: CourseJSON = {
        "id": row.id,
        "name": row.name,
        "course_code": row.course_code,
        "workflow_state": row.workflow_state,
        "account_id": row.account_id,
        "root_account_id": 1,
        "enrollment_term_id": row.enrollment_term_id,
        "grading_standard_id": row.grading_standard_id,
        "start_at": row.start_at,
        "end_at": row.end_at,
        "created_at": row.created_at,
        "time_zone": row.time_zone or DEFAULT_TIME_ZONE,
        "default_view": row.default_view,
        "license": row.license,
        "is_public": row.is_public,
        "is_public_to_auth_users": row.is_public_to_auth_users,
        "apply_assignment_group_weights": row.apply_assignment_group_weights,
        "hide_final_grades": bool((row.settings or {}).get("hide_final_grades")),
        "blueprint": False,
        "calendar": {"ics": None},
        "uuid": None,
        "friendly_name": None,
        "sis_course_id": row.sis_course_id,
        "integration_id": None,
    }
    if "syllabus_body" in include:
        body["syllabus_body"] = row.syllabus_body
    if "term" in include:
        body["term"] = {"id": row.enrollment_term_id, "name": row.term_name, "start_at": row.term_start_at, "end_at": row.term_end_at}
    if "public_description" in include:
        body["public_description"] = row.public_description
    if "restrict_quantitative_data" in include:
        body["restrict_quantitative_data"] = bool((row.settings or {}).get("restrict_quantitative_data"))
    return body


def course_progress_json(course_id: int, progress: CourseProgress | None, viewer: Viewer) -> CourseProgressJSON | NoProgressJSON:
    """How far the student is; without progress, that there is none."""
    if progress is None:
        return NO_PROGRESS
    items = f"{viewer.base_url}/courses/{course_id}/modules/items"
    return {
        "requirement_count": progress.asked,
        "requirement_completed_count": progress.met,
        "next_requirement_url": None if progress.next_item_id is None else f"{items}/{progress.next_item_id}",
        "completed_at": progress.completed_at,
    }


def teacher_json(row: AnyRow, viewer: Viewer) -> TeacherJSON:
    """A teacher's name card."""
    url = f"{viewer.base_url}/courses/{row.course_id}/users/{row.id}"
    return {"id": row.id, "display_name": row.short_name, "avatar_image_url": row.avatar_url, "html_url": url}


def course_enrollment_json(row: AnyRow, totals: Totals | None = None) -> CourseEnrollmentJSON:
    """The caller's own enrolment, with their totals where they were asked for."""
    body: CourseEnrollmentJSON = {
        "type": row.type.removesuffix("Enrollment").lower(),
        "role": row.type,
        "role_id": None,
        "user_id": row.user_id,
        "enrollment_state": row.workflow_state,
        "limit_privileges_to_course_section": row.limit_privileges_to_course_section,
    }
    if totals is not None:
        body["computed_current_score"] = totals.current
        body["computed_final_score"] = totals.final
        body["computed_current_grade"] = totals.current_grade
        body["computed_final_grade"] = totals.final_grade
    return body


def course_section_json(row: AnyRow) -> CourseSectionJSON:
    """A section of the caller's."""
    return {
        "id": row.course_section_id,
        "name": row.section_name,
        "start_at": row.section_start_at,
        "end_at": row.section_end_at,
        "enrollment_role": row.type,
    }
