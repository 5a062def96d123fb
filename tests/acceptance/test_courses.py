"""Courses: made, published, changed, ended; who sees which."""

import datetime as dt

import pytest
from canvasapi.course import Course
from canvasapi.exceptions import BadRequest, Forbidden, ResourceDoesNotExist

from tests.acceptance.live import Lms, Person, enroll, unique


def listed(person: Person, **options: object) -> list[int]:
    return [course.id for course in person.canvas.get_courses(**options)]


def test_a_new_course_is_unpublished_unless_offered(lms: Lms) -> None:
    draft = lms.account.create_course(course={"name": "Draft", "course_code": "D1"})
    assert (draft.name, draft.course_code, draft.workflow_state, draft.account_id) == ("Draft", "D1", "unpublished", 1)
    assert lms.account.create_course(course={"name": "Live"}, offer=True).workflow_state == "available"


def test_a_course_keeps_what_it_was_made_with(lms: Lms) -> None:
    start = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
    made = lms.account.create_course(
        course={"name": unique("Full"), "start_at": start, "end_at": "2026-06-30T18:00:00+09:00", "time_zone": "Asia/Seoul"}
        | {"syllabus_body": "<p>Hi</p>", "apply_assignment_group_weights": True, "default_view": "syllabus", "license": "private"}
    )
    course = lms.admin.get_course(made.id, include=["syllabus_body"])
    assert (course.start_at_date, course.end_at) == (start, "2026-06-30T09:00:00Z")
    assert course.apply_assignment_group_weights is True
    assert (course.time_zone, course.default_view, course.license) == ("Asia/Seoul", "syllabus", "private")
    assert course.syllabus_body == "<p>Hi</p>"


def test_the_syllabus_is_shown_only_where_asked_for_and_without_scripts(lms: Lms, course: Course, taught: Course) -> None:
    taught.update(course={"syllabus_body": "<p>Week 1</p><script>alert(1)</script>"})
    assert not hasattr(lms.admin.get_course(course.id), "syllabus_body")
    assert lms.admin.get_course(course.id, include=["syllabus_body"]).syllabus_body == "<p>Week 1</p>"


def test_a_teacher_changes_the_course_and_a_student_does_not(taught: Course, attended: Course) -> None:
    name = unique("Renamed")
    assert taught.update(course={"name": name, "course_code": "NEW"}) == name
    assert (taught.name, taught.course_code) == (name, "NEW")
    with pytest.raises(Forbidden):
        attended.update(course={"name": "Mine"})


def test_a_blank_clears_a_date_and_leaves_a_name(lms: Lms) -> None:
    course = lms.course(start_at="2026-03-01")
    assert course.start_at == "2026-03-01T00:00:00Z"
    name = course.name
    course.update(course={"start_at": "", "name": name})
    assert (course.start_at, course.name) == (None, name)


def test_events_publish_conclude_delete_and_bring_back(lms: Lms, student: Person) -> None:
    course = lms.course(offer=False)
    enroll(course, student)
    for event, state in (("offer", "available"), ("claim", "unpublished"), ("offer", "available"), ("conclude", "completed")):
        course.update(course={"event": event})
        assert lms.admin.get_course(course.id).workflow_state == state
    course.update(course={"event": "delete"})
    with pytest.raises(ResourceDoesNotExist):
        lms.admin.get_course(course.id)
    course.update(course={"event": "undelete"})
    assert lms.admin.get_course(course.id).workflow_state == "unpublished"


def test_an_unknown_event_is_refused(taught: Course) -> None:
    with pytest.raises(BadRequest):
        taught.update(course={"event": "explode"})


def test_conclude_and_delete_answer_with_their_own_name(lms: Lms, course: Course, student: Person) -> None:
    assert course.conclude() is True
    assert student.canvas.get_course(course.id).workflow_state == "completed"
    assert course.delete() is True
    with pytest.raises(ResourceDoesNotExist):
        student.canvas.get_course(course.id)
    assert course.id not in listed(student)


def test_a_teacher_may_conclude_a_course_but_not_delete_it(taught: Course, attended: Course) -> None:
    for act in (attended.conclude, attended.delete, taught.delete):
        with pytest.raises(Forbidden):
            act()
    assert taught.conclude() is True


def test_students_never_see_unpublished_courses_and_teachers_do(lms: Lms, teacher: Person, student: Person) -> None:
    draft = lms.course(offer=False)
    enroll(draft, teacher, "Teacher")
    enroll(draft, student)
    assert draft.id in listed(teacher) and draft.id not in listed(student)
    assert draft.id not in listed(student, state=["unpublished"])
    assert draft.id in listed(teacher, state=["unpublished"])
    assert teacher.canvas.get_course(draft.id).workflow_state == "unpublished"
    with pytest.raises((Forbidden, ResourceDoesNotExist)):
        student.canvas.get_course(draft.id)


def test_a_list_of_courses_is_filtered_by_what_one_is_in_them(lms: Lms, course: Course, teacher: Person) -> None:
    other = lms.course()
    enroll(other, teacher)
    assert listed(teacher) == [course.id, other.id]
    assert listed(teacher, enrollment_type="teacher") == [course.id]
    assert listed(teacher, enrollment_type="student") == [other.id]
    assert listed(teacher, enrollment_role="StudentEnrollment") == [other.id]
    assert listed(teacher, enrollment_state="completed") == []


def test_a_list_of_courses_shows_what_is_included(course: Course, teacher: Person, student: Person) -> None:
    include = ["teachers", "total_students", "syllabus_body", "sections", "total_scores", "needs_grading_count"]
    (seen,) = student.canvas.get_courses(include=include)
    assert [card["display_name"] for card in seen.teachers] == [teacher.name]
    assert seen.total_students == 1 and seen.syllabus_body is None
    (mine,) = seen.enrollments
    assert (mine["type"], mine["role"], mine["enrollment_state"]) == ("student", "StudentEnrollment", "active")
    assert mine["computed_current_score"] is None
    assert [section["enrollment_role"] for section in seen.sections] == ["StudentEnrollment"]
    assert not hasattr(seen, "needs_grading_count")
    (taught,) = teacher.canvas.get_courses(include=include)
    assert taught.needs_grading_count == 0


def test_an_admin_finds_courses_of_the_account(lms: Lms) -> None:
    mark = unique("mark")
    live, draft = lms.course(name=f"{mark} B"), lms.course(name=f"{mark} A", offer=False)
    found = lms.account.get_courses
    assert [course.id for course in found(search_term=mark)] == [live.id, draft.id]
    assert [course.id for course in found(search_term=mark, sort="course_name")] == [draft.id, live.id]
    assert [course.id for course in found(search_term=mark, published=True)] == [live.id]
    assert [course.id for course in found(search_term=mark, published=False)] == [draft.id]
    assert [course.id for course in found(search_term=mark, state=["unpublished"])] == [draft.id]
    assert list(found(search_term=mark, with_enrollments=True)) == []


def test_a_course_is_found_by_its_sis_id(lms: Lms) -> None:
    sis_id = unique("SIS").replace(" ", ".")
    course = lms.course(sis_course_id=sis_id)
    assert lms.admin.get_course(sis_id, use_sis_id=True).id == course.id
    with pytest.raises(ResourceDoesNotExist):
        lms.admin.get_course(unique("absent"), use_sis_id=True)


def test_a_sis_id_of_a_course_is_taken_once_and_set_by_admins_only(lms: Lms, taught: Course) -> None:
    sis_id = unique("SIS")
    lms.course(sis_course_id=sis_id)
    with pytest.raises(BadRequest, match="sis_course_id"):
        lms.course(sis_course_id=sis_id)
    with pytest.raises(Forbidden):
        taught.update(course={"sis_course_id": unique("SIS")})


def test_permissions_are_told_by_name(lms: Lms, course: Course, student: Person, teacher: Person) -> None:
    for person, expected in ((teacher, True), (student, False)):
        answer = lms.call("GET", f"courses/{course.id}/permissions?permissions[]=manage_grades&permissions[]=no_such", person.token)
        assert answer.json() == {"manage_grades": expected, "no_such": False}


def test_a_person_lists_their_own_courses_and_an_admin_anybodys(lms: Lms, course: Course, student: Person, teacher: Person) -> None:
    assert [found.id for found in lms.admin.get_user(student.id).get_courses()] == [course.id]
    assert [found.id for found in student.canvas.get_current_user().get_courses()] == [course.id]
    with pytest.raises(Forbidden):
        list(teacher.canvas.get_user(student.id).get_courses())


def test_only_an_admin_makes_courses(lms: Lms, teacher: Person) -> None:
    with pytest.raises(Forbidden):
        teacher.through(lms.account).create_course(course={"name": "Mine"})
