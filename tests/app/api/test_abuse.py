"""Ways in which rights could be widened, things leaked, or the server worn out; each was tried once."""

from collections.abc import Callable
from typing import Any

import pytest

from app.models.courses import Course
from tests.conftest import Api
from tests.factories import (
    AssignmentFactory,
    AssignmentGroupFactory,
    CourseFactory,
    EnrollmentFactory,
    SectionFactory,
    SubmissionFactory,
    UserFactory,
)


@pytest.fixture
def limited(enrolled: Callable[..., Api], course: Course) -> Callable[[str], tuple[Api, int]]:
    """Makes somebody of the staff who is limited to a section of their own; with its id."""

    def limited(kind: str) -> tuple[Api, int]:
        section_id = SectionFactory(course=course).id
        return enrolled(kind, course_section_id=section_id, limit_privileges_to_course_section=True), section_id

    return limited


class TestSisIds:
    """A SIS id that is used again names the living only."""

    def test_of_a_course_it_gives_no_rights_from_a_deleted_one(self, admin: Api, enrolled: Callable[..., Api]) -> None:
        gone = CourseFactory(sis_course_id="X", workflow_state="deleted")
        teacher = enrolled("TeacherEnrollment", course=gone)
        living = CourseFactory(sis_course_id="X")
        assert admin.ok("GET", "/courses/sis_course_id:X")["id"] == living.id
        assert not any(teacher.ok("GET", "/courses/sis_course_id:X/permissions").values())
        assert teacher.get("/courses/sis_course_id:X/users").status_code == 403

    def test_of_a_user_it_is_theirs(self, sign_in: Callable[..., Api], teacher: Api, course: Course) -> None:
        UserFactory(sis_user_id="U", workflow_state="deleted")
        me = sign_in(UserFactory(sis_user_id="U"))
        EnrollmentFactory(course=course, user=me.user)
        work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
        assert len(me.ok("GET", "/users/sis_user_id:U/courses")) == 1
        assert teacher.ok("GET", f"/courses/{course.id}/assignments/{work.id}/submissions/sis_user_id:U")["user_id"] == me.id
        assert len(teacher.ok("GET", f"/courses/{course.id}/students/submissions?student_ids[]=sis_user_id:U")) == 1


class TestSectionLimits:
    """Whoever is limited to a section cannot lift that themselves."""

    def test_not_by_becoming_a_student_too(self, limited: Callable[[str], tuple[Api, int]], student: Api, course: Course) -> None:
        ta, section_id = limited("TaEnrollment")
        work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
        enrollment = {"user_id": "self", "type": "StudentEnrollment", "enrollment_state": "active", "course_section_id": section_id}
        ta.ok("POST", f"/courses/{course.id}/enrollments", json={"enrollment": enrollment})
        target = f"/courses/{course.id}/assignments/{work.id}/submissions/{student.id}"
        assert ta.put(target, json={"submission": {"posted_grade": "1"}}).status_code == 403

    def test_not_by_enrolling_without_the_limit(self, limited: Callable[[str], tuple[Api, int]], student: Api, course: Course) -> None:
        teacher, section_id = limited("TeacherEnrollment")
        enrollment = {"user_id": "self", "type": "TeacherEnrollment", "enrollment_state": "active", "course_section_id": section_id}
        made = teacher.ok(
            "POST", f"/courses/{course.id}/enrollments", json={"enrollment": {**enrollment, "limit_privileges_to_course_section": False}}
        )
        assert made["limit_privileges_to_course_section"] is True
        assert student.id not in [user["id"] for user in teacher.ok("GET", f"/courses/{course.id}/users")]

    def test_nor_by_observing(self, limited: Callable[[str], tuple[Api, int]], student: Api, course: Course) -> None:
        ta, section_id = limited("TaEnrollment")
        work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
        EnrollmentFactory(
            course=course, user=ta.user, type="ObserverEnrollment", associated_user_id=student.id, course_section_id=section_id
        )
        assert ta.get(f"/courses/{course.id}/assignments/{work.id}/submissions/{student.id}").status_code == 403
        assert ta.ok("GET", f"/courses/{course.id}/students/submissions?student_ids[]={student.id}") == []

    def test_but_they_read_their_own_work(self, limited: Callable[[str], tuple[Api, int]], course: Course) -> None:
        ta, _ = limited("TaEnrollment")
        AssignmentFactory(group=AssignmentGroupFactory(course=course))
        EnrollmentFactory(course=course, user=ta.user)
        assert [row["user_id"] for row in ta.ok("GET", f"/courses/{course.id}/students/submissions")] == [ta.id]

    def test_nor_in_other_sections_of_the_course(self, limited: Callable[[str], tuple[Api, int]], course: Course) -> None:
        teacher, section_id = limited("TeacherEnrollment")
        other = SectionFactory(course=course)
        body = {"course_section": {"name": "Mine"}}
        assert teacher.put(f"/sections/{other.id}", json=body).status_code == 403
        assert teacher.delete(f"/sections/{other.id}").status_code == 403
        assert teacher.post(f"/courses/{course.id}/sections", json=body).status_code == 403
        assert teacher.ok("PUT", f"/sections/{section_id}", json=body)["name"] == "Mine"

    def test_nor_through_a_students_assignments(self, limited: Callable[[str], tuple[Api, int]], student: Api, course: Course) -> None:
        ta, _ = limited("TaEnrollment")
        assert ta.get(f"/users/{student.id}/courses/{course.id}/assignments?include[]=submission").status_code == 403


class TestLeaks:
    """What is not one's to know."""

    def test_a_designer_is_told_no_single_score(self, designer: Api, teacher: Api, course: Course) -> None:
        work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
        SubmissionFactory(assignment=work, score=3.0, workflow_state="graded")
        url = f"/courses/{course.id}/assignments/{work.id}?include[]=score_statistics"
        assert designer.ok("GET", url)["score_statistics"] is None
        assert teacher.ok("GET", url)["score_statistics"]["max"] == 3.0

    def test_the_invited_see_the_course_but_not_into_it(self, enrolled: Callable[..., Api]) -> None:
        course = CourseFactory(syllabus_body="<p>Secret</p>")
        guest = enrolled("TaEnrollment", course=course, workflow_state="invited")
        (seen,) = guest.ok("GET", "/courses?include[]=syllabus_body&include[]=needs_grading_count")
        assert not {"syllabus_body", "needs_grading_count"} & seen.keys()

    def test_nor_do_those_whose_enrolment_is_over(self, enrolled: Callable[..., Api], admin: Api) -> None:
        course = CourseFactory(syllabus_body="<p>Secret</p>")
        former = enrolled("TaEnrollment", course=course, end_at=course.created_at)
        (seen,) = former.ok("GET", "/courses?include[]=syllabus_body&include[]=needs_grading_count")
        assert not {"syllabus_body", "needs_grading_count"} & seen.keys()
        EnrollmentFactory(course=course, user=admin.user, workflow_state="invited")
        assert admin.ok("GET", f"/courses/{course.id}?include[]=syllabus_body")["syllabus_body"] == "<p>Secret</p>"

    def test_staff_that_was_sees_no_profiles(self, enrolled: Callable[..., Api], student: Api) -> None:
        former = enrolled("TeacherEnrollment", end_at=student.user.created_at if student.user else None)
        assert former.get(f"/users/{student.id}/profile").status_code == 403

    def test_students_do_not_see_who_left_nor_find_people_by_login(
        self, student: Api, enrolled: Callable[..., Api], course: Course
    ) -> None:
        away = enrolled(workflow_state="inactive")
        url = f"/courses/{course.id}"
        assert away.id not in [row["user_id"] for row in student.ok("GET", f"{url}/enrollments?state[]=inactive")]
        peer = enrolled(user=UserFactory(login_id="who@x.test", sis_user_id="S77"))
        for query in ("user_id=sis_login_id:who@x.test", "user_id=sis_login_id:none@x.test", "sis_user_id[]=S77"):
            assert student.get(f"{url}/enrollments?{query}").status_code == 404
        assert student.ok("GET", f"{url}/enrollments?state[]=completed") == []
        assert student.get(f"{url}/users/sis_login_id:who@x.test").status_code == 404
        assert student.ok("GET", f"{url}/users/{peer.id}")["id"] == peer.id

    def test_an_exam_is_not_read_before_it_begins(self, student: Api, teacher: Api, course: Course) -> None:
        exam = AssignmentFactory(group=AssignmentGroupFactory(course=course), description="<p>1+1?</p>")
        url = f"/courses/{course.id}/assignments/{exam.id}"
        teacher.ok("PUT", url, json={"assignment": {"unlock_at": "2100-01-01"}})
        assert student.ok("GET", url)["description"] is None
        assert teacher.ok("GET", url)["description"] == "<p>1+1?</p>"


class TestWear:
    """One request cannot wear the server out."""

    def test_lists_and_bodies_are_bounded(self, teacher: Api, course: Course) -> None:
        url = f"/courses/{course.id}/students/submissions"
        assert teacher.call("GET", url, json={"student_ids": ["sis_user_id:0"] * 1001}).status_code == 400
        assert teacher.call("GET", url, json={"assignment_ids": {str(number): 1 for number in range(70_000)}}).status_code in (400, 413)
        assert (
            teacher.call("GET", "/users/self", data=b'{"a":[' + b"[]," * 500_000 + b"[]]}", content_type="application/json").status_code
            == 413
        )

    def test_as_many_sis_ids_as_a_list_takes_are_looked_up(self, teacher: Api, student: Api, course: Course) -> None:
        url = f"/courses/{course.id}/students/submissions"
        asked = [f"sis_user_id:{number}" for number in range(999)]
        assert teacher.ok("GET", url, json={"student_ids": [*asked, str(student.id)]}) == []

    def test_many_sis_ids_are_one_statement(self, teacher: Api, course: Course, statements: Callable[[], Any]) -> None:
        with statements() as seen:
            teacher.call("GET", f"/courses/{course.id}/students/submissions", json={"student_ids": [f"sis_user_id:{n}" for n in range(50)]})
        assert len(seen) <= 3

    @pytest.mark.parametrize("name", ["assignments", "discussion_topics", "files", "pages", "quizzes", "modules", "users"])
    def test_what_is_searched_for_is_bounded(self, teacher: Api, course: Course, name: str) -> None:
        given = {"search_term": "x" * 60_000}
        assert teacher.call("GET", f"/courses/{course.id}/{name}", json=given).status_code == 400

    def test_many_kinds_of_files_are_not_asked_for_at_once(self, teacher: Api, course: Course) -> None:
        for name in ("content_types", "exclude_content_types"):
            url = f"/courses/{course.id}/files"
            assert teacher.call("GET", url, json={name: ["image/png", "video"] * 500}).status_code == 400
            assert teacher.call("GET", url, json={name: ["image/png", "video"] * 25}).status_code == 200

    def test_positions_leave_room(self, teacher: Api, course: Course) -> None:
        work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
        url = f"/courses/{course.id}/assignments/{work.id}"
        assert teacher.put(url, json={"assignment": {"position": 2147483647}}).status_code == 400

    def test_scopes_that_would_not_be_held_are_refused(self, student: Api) -> None:
        body = {"token": {"purpose": "x", "scopes": ["url:GET|/api/v1/courses"]}}
        assert student.post("/users/self/tokens", json=body).status_code == 400


class TestGradesThatAreShownAnew:
    """A change of the assignment changes no grade in silence."""

    def test_each_is_recorded(self, teacher: Api, student: Api, course: Course, fetch: Callable[[str], list[Any]]) -> None:
        work = AssignmentFactory(group=AssignmentGroupFactory(course=course), grading_type="percent")
        url = f"/courses/{course.id}/assignments/{work.id}"
        teacher.ok("PUT", f"{url}/submissions/{student.id}", json={"submission": {"posted_grade": "8"}})
        teacher.ok("PUT", url, json={"assignment": {"points_possible": 16}})
        assert [tuple(row) for row in fetch("SELECT grade_before, grade_after FROM grade_changes ORDER BY id")] == [
            (None, "80%"),
            ("80%", "50%"),
        ]

    def test_pass_or_fail_out_of_nothing_stays(self, teacher: Api, student: Api, course: Course) -> None:
        work = AssignmentFactory(group=AssignmentGroupFactory(course=course), grading_type="pass_fail", points_possible=None)
        url = f"/courses/{course.id}/assignments/{work.id}"
        teacher.ok("PUT", f"{url}/submissions/{student.id}", json={"submission": {"posted_grade": "complete"}})
        teacher.ok("PUT", url, json={"assignment": {"name": "Renamed", "points_possible": 0}})
        assert teacher.ok("GET", f"{url}/submissions/{student.id}")["grade"] == "complete"
        teacher.ok("PUT", url, json={"assignment": {"points_possible": 10}})
        seen = teacher.ok("GET", f"{url}/submissions/{student.id}")
        assert (seen["grade"], seen["score"]) == ("complete", 10.0)


def test_ungraded_work_does_not_count(teacher: Api, student: Api, course: Course) -> None:
    group = AssignmentGroupFactory(course=course)
    AssignmentFactory(group=group, submission_types=["not_graded"])
    SubmissionFactory(assignment=AssignmentFactory(group=group), user=student.user, score=10.0, workflow_state="graded")
    (row,) = teacher.ok("GET", f"/courses/{course.id}/enrollments?user_id={student.id}")
    assert row["grades"]["final_score"] == 100.0


def test_a_living_course_is_not_brought_back(admin: Api, course: Course) -> None:
    assert admin.put(f"/courses/{course.id}", json={"course": {"event": "undelete"}}).status_code == 400


def test_a_login_has_no_control_characters(admin: Api) -> None:
    assert admin.post("/accounts/1/users", json={"pseudonym": {"unique_id": "a\nb"}}).status_code == 400
