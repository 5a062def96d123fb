"""Courses: made, listed, changed, ended; rights in them."""

from collections.abc import Callable
from typing import Any

import pytest

from app.models.courses import Course
from tests.conftest import Api
from tests.factories import AssignmentFactory, AssignmentGroupFactory, CourseFactory, EnrollmentFactory, SubmissionFactory


def ids(courses: list[dict[str, Any]]) -> list[int]:
    return [course["id"] for course in courses]


def test_a_new_course_is_unpublished_and_has_a_section(admin: Api) -> None:
    course = admin.ok("POST", "/accounts/1/courses", data={"course[name]": "HTTP", "course[sis_course_id]": "C1"})
    assert (course["workflow_state"], course["course_code"], course["sis_course_id"]) == ("unpublished", "HTTP", "C1")
    assert len(admin.ok("GET", "/courses/sis_course_id:C1/sections")) == 1


def test_a_course_can_be_published_and_taught_at_once(admin: Api) -> None:
    course = admin.ok("POST", "/accounts/1/courses", json={"course": {}, "offer": True, "enroll_me": "1"})
    assert (course["name"], course["workflow_state"]) == ("Unnamed Course", "available")
    assert course["enrollments"][0]["type"] == "teacher"


@pytest.mark.parametrize(
    "fields", [{"sis_course_id": "TAKEN"}, {"name": " "}, {"start_at": "soon"}, {"default_view": "x"}, {"name": "x" * 300}]
)
def test_a_bad_course_is_refused(admin: Api, fields: dict[str, str]) -> None:
    CourseFactory(sis_course_id="TAKEN")
    assert admin.post("/accounts/1/courses", json={"course": fields}).status_code == 400


def test_students_never_see_unpublished_courses_and_teachers_do(enrolled: Callable[..., Api]) -> None:
    draft = CourseFactory(workflow_state="unpublished")
    teacher, student = enrolled("TeacherEnrollment", course=draft), enrolled(course=draft)
    assert ids(teacher.ok("GET", "/courses")) == [draft.id]
    assert student.ok("GET", "/courses") == []
    assert student.get(f"/courses/{draft.id}").status_code == 403
    assert teacher.ok("GET", f"/courses/{draft.id}")["id"] == draft.id


def test_a_finished_course_is_read_only_for_students(enrolled: Callable[..., Api]) -> None:
    done = CourseFactory(workflow_state="completed")
    student, teacher = enrolled(course=done), enrolled("TeacherEnrollment", course=done)
    work = AssignmentFactory(group=AssignmentGroupFactory(course=done))
    assert student.ok("GET", f"/courses/{done.id}/assignments")[0]["id"] == work.id
    hand_in = student.post(f"/courses/{done.id}/assignments/{work.id}/submissions", json={"submission": {"submission_type": "online_url"}})
    assert hand_in.status_code == 403
    assert teacher.put(f"/courses/{done.id}", json={"course": {"name": "X"}}).status_code == 200


@pytest.mark.parametrize("state", ["inactive", "completed", "invited", "deleted", "rejected"])
def test_an_enrolment_that_is_not_active_gives_no_rights(enrolled: Callable[..., Api], course: Course, state: str) -> None:
    assert enrolled(workflow_state=state).get(f"/courses/{course.id}").status_code == 403


def test_a_course_is_listed_by_role_state_and_enrolment(teacher: Api, course: Course) -> None:
    draft = CourseFactory(workflow_state="unpublished")
    EnrollmentFactory(course=draft, user=teacher.user, type="TeacherEnrollment")
    student_in = CourseFactory()
    EnrollmentFactory(course=student_in, user=teacher.user)
    asked = CourseFactory()
    EnrollmentFactory(course=asked, user=teacher.user, workflow_state="invited")
    assert ids(teacher.ok("GET", "/courses?enrollment_type=student&enrollment_state=active")) == [student_in.id]
    assert ids(teacher.ok("GET", "/courses?enrollment_role=TeacherEnrollment&state[]=available")) == [course.id]
    assert ids(teacher.ok("GET", "/courses?state[]=unpublished")) == [draft.id]
    assert ids(teacher.ok("GET", "/courses?enrollment_state=invited_or_pending")) == [asked.id]
    assert teacher.get("/courses?enrollment_state=x").status_code == 400


def test_what_is_included_is_shown(teacher: Api, student: Api, course: Course) -> None:
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
    SubmissionFactory(assignment=work, user=student.user)
    query = "&".join(
        f"include[]={name}" for name in ("teachers", "total_students", "needs_grading_count", "sections", "syllabus_body", "term")
    )
    (mine,) = teacher.ok("GET", f"/courses?{query}")
    assert (mine["total_students"], mine["needs_grading_count"], mine["syllabus_body"]) == (1, 1, None)
    assert [found["id"] for found in mine["teachers"]] == [teacher.id]
    assert mine["term"]["id"] == mine["enrollment_term_id"] == 1
    assert mine["sections"][0]["enrollment_role"] == "TeacherEnrollment"
    (theirs,) = student.ok("GET", f"/courses?{query}&include[]=total_scores")
    assert "needs_grading_count" not in theirs
    assert theirs["enrollments"][0]["computed_final_score"] == 0.0


def test_a_course_changes_field_by_field(teacher: Api, course: Course) -> None:
    url = f"/courses/{course.id}"
    changed = teacher.ok("PUT", url, json={"course": {"syllabus_body": "<h1>Hi</h1><script>x</script>", "start_at": "2026-03-01"}})
    assert (changed["syllabus_body"], changed["start_at"], changed["name"]) == ("<h1>Hi</h1>", "2026-03-01T00:00:00Z", course.name)
    assert teacher.ok("PUT", url, data={"course[start_at]": ""})["start_at"] is None


def test_only_an_admin_sets_a_sis_id_and_it_must_be_free(teacher: Api, admin: Api, course: Course) -> None:
    CourseFactory(sis_course_id="TAKEN")
    url = f"/courses/{course.id}"
    assert teacher.put(url, json={"course": {"sis_course_id": "X"}}).status_code == 403
    assert admin.put(url, json={"course": {"sis_course_id": "TAKEN"}}).status_code == 400
    assert admin.ok("PUT", url, json={"course": {"sis_course_id": "X"}})["sis_course_id"] == "X"


@pytest.mark.parametrize(("event", "state"), [("claim", "unpublished"), ("conclude", "completed"), ("offer", "available")])
def test_a_teacher_brings_a_course_from_state_to_state(teacher: Api, course: Course, event: str, state: str) -> None:
    assert teacher.ok("PUT", f"/courses/{course.id}", json={"course": {"event": event}})["workflow_state"] == state


def test_a_course_ends_with_the_key_that_clients_read(teacher: Api, admin: Api, course: Course) -> None:
    url = f"/courses/{course.id}"
    assert teacher.ok("DELETE", url, data={"event": "conclude"}) == {"conclude": True}
    assert teacher.delete(url, data={"event": "delete"}).status_code == 403
    assert admin.ok("DELETE", f"{url}?event=delete") == {"delete": True}
    assert admin.get(url).status_code == 404
    assert admin.delete(f"{url}?event=vanish").status_code == 400


def test_only_an_admin_brings_a_deleted_course_back(teacher: Api, admin: Api, course: Course) -> None:
    url = f"/courses/{course.id}"
    admin.ok("DELETE", url, json={"event": "delete"})
    assert teacher.put(url, json={"course": {"event": "undelete"}}).status_code == 404
    assert admin.put(url, json={"course": {"name": "X"}}).status_code == 404
    assert admin.put(url, json={"course": {"event": "offer"}}).status_code == 400
    assert admin.ok("PUT", url, json={"course": {"event": "undelete"}})["workflow_state"] == "unpublished"


def test_the_account_lists_its_courses_by_what_is_asked(admin: Api, teacher: Api, course: Course) -> None:
    draft = CourseFactory(workflow_state="unpublished", name="Zebra 100%", sis_course_id="ZZ")
    gone = CourseFactory(workflow_state="deleted")
    url = "/accounts/1/courses"
    assert ids(admin.ok("GET", url)) == [course.id, draft.id]
    assert ids(admin.ok("GET", f"{url}?search_term=0%25")) == ids(admin.ok("GET", f"{url}?search_term=zz")) == [draft.id]
    assert ids(admin.ok("GET", f"{url}?published=true")) == [course.id]
    assert ids(admin.ok("GET", f"{url}?published=false")) == [draft.id]
    assert ids(admin.ok("GET", f"{url}?with_enrollments=1")) == [course.id]
    assert ids(admin.ok("GET", f"{url}?with_enrollments=0")) == [draft.id]
    assert ids(admin.ok("GET", f"{url}?state[]=deleted")) == [gone.id]
    assert ids(admin.ok("GET", f"{url}?sort=course_name&order=desc")) == [draft.id, course.id]


def test_permissions_are_told_by_name_or_all(teacher: Api, student: Api, stranger: Api, course: Course) -> None:
    url = f"/courses/{course.id}/permissions"
    assert teacher.ok("GET", f"{url}?permissions[]=manage_grades&permissions[]=fly") == {"manage_grades": True, "fly": False}
    assert student.ok("GET", f"{url}?permissions[]=manage_grades") == {"manage_grades": False}
    everything = student.ok("GET", url)
    assert everything["read"] and not everything["view_all_grades"]
    assert not any(stranger.ok("GET", url).values())


def test_a_public_course_can_be_read_but_not_its_people(stranger: Api) -> None:
    public = CourseFactory(is_public=True)
    assert stranger.ok("GET", f"/courses/{public.id}")["id"] == public.id
    assert stranger.get(f"/courses/{public.id}/users").status_code == 403
