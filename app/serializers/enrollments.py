"""Enrolments as Canvas shows them: grades only for students, only to staff and to the student."""

import datetime as dt
from typing import NotRequired

from typing_extensions import TypedDict

from app.grading.totals import Totals
from app.models.types import AnyRow
from app.serializers.viewer import Viewer


class GradesJSON(TypedDict):
    """A student's totals in percent."""

    html_url: str
    current_score: float | None
    current_grade: str | None
    final_score: float | None
    final_grade: str | None
    unposted_current_score: float | None
    unposted_current_grade: str | None
    unposted_final_score: float | None
    unposted_final_grade: str | None


class EnrolledUserJSON(TypedDict):
    """Who is enrolled."""

    id: int
    name: str
    created_at: dt.datetime
    sortable_name: str
    short_name: str
    login_id: NotRequired[str]
    sis_user_id: NotRequired[str | None]
    avatar_url: NotRequired[str | None]


class EnrollmentJSON(TypedDict):
    """One enrolment."""

    id: int
    user_id: int
    course_id: int
    course_section_id: int
    root_account_id: int
    type: str
    role: str
    role_id: int | None
    enrollment_state: str
    created_at: dt.datetime
    updated_at: dt.datetime
    start_at: dt.datetime | None
    end_at: dt.datetime | None
    last_activity_at: dt.datetime | None
    last_attended_at: dt.datetime | None
    total_activity_time: int
    limit_privileges_to_course_section: bool
    associated_user_id: int | None
    course_integration_id: str | None
    section_integration_id: str | None
    sis_account_id: str | None
    sis_user_id: NotRequired[str | None]
    sis_course_id: str | None
    sis_section_id: str | None
    sis_import_id: int | None
    html_url: str
    user: EnrolledUserJSON
    grades: NotRequired[GradesJSON]


def enrollment_json(row: AnyRow, viewer: Viewer, totals: Totals | None = None) -> EnrollmentJSON:
    """One enrolment; with `totals`, its grades."""
    url = f"{viewer.base_url}/courses/{row.course_id}/users/{row.user_id}"
    body: EnrollmentJSON = {
        "id": row.id,
        "user_id": row.user_id,
        "course_id": row.course_id,
        "course_section_id": row.course_section_id,
        "root_account_id": 1,
        "type": row.type,
        "role": row.type,
        "role_id": None,
        "enrollment_state": row.workflow_state,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "start_at": row.start_at,
        "end_at": row.end_at,
        "last_activity_at": row.last_activity_at,
        "last_attended_at": row.last_attended_at,
        "total_activity_time": 0,
        "limit_privileges_to_course_section": row.limit_privileges_to_course_section,
        "associated_user_id": row.associated_user_id,
        "course_integration_id": None,
        "section_integration_id": row.section_integration_id,
        "sis_account_id": None,
        "sis_course_id": row.sis_course_id,
        "sis_section_id": row.sis_section_id,
        "sis_import_id": None,
        "html_url": url,
        "user": _user(row, viewer),
    }
    if viewer.staff or row.user_id == viewer.user_id:
        body["sis_user_id"] = row.sis_user_id
    if totals is not None:
        body["grades"] = grades_json(f"{viewer.base_url}/courses/{row.course_id}/grades/{row.user_id}", totals)
    return body


def _user(row: AnyRow, viewer: Viewer) -> EnrolledUserJSON:
    body: EnrolledUserJSON = {
        "id": row.user_id,
        "name": row.user_name,
        "created_at": row.user_created_at,
        "sortable_name": row.sortable_name,
        "short_name": row.short_name,
    }
    if viewer.staff or row.user_id == viewer.user_id:
        body["login_id"] = row.login_id
        body["sis_user_id"] = row.sis_user_id
    return body


def grades_json(url: str, totals: Totals) -> GradesJSON:
    """Totals under the names that clients read; a letter is shown only where a course has a grading standard."""
    return {
        "html_url": url,
        "current_score": totals.current,
        "current_grade": totals.current_grade,
        "final_score": totals.final,
        "final_grade": totals.final_grade,
        "unposted_current_score": totals.current,
        "unposted_current_grade": totals.current_grade,
        "unposted_final_score": totals.final,
        "unposted_final_grade": totals.final_grade,
    }
