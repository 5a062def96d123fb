"""Sections of a course."""

import pytest
from canvasapi.course import Course
from canvasapi.exceptions import BadRequest, Forbidden, ResourceDoesNotExist

from tests.acceptance.live import Lms, Person, enroll, unique


def test_each_course_has_a_default_section_that_stays(course: Course) -> None:
    (section,) = course.get_sections()
    assert section.course_id == course.id
    with pytest.raises(BadRequest):
        section.delete()


def test_a_section_is_made_read_changed_and_deleted(lms: Lms, course: Course, taught: Course) -> None:
    section = taught.create_course_section(course_section={"name": "Evening", "start_at": "2026-03-01T00:00:00Z"})
    assert (section.name, section.course_id, section.start_at) == ("Evening", course.id, "2026-03-01T00:00:00Z")
    assert section.edit(course_section={"name": "Night", "start_at": ""}).name == "Night"
    found = lms.admin.get_section(section.id)
    assert (found.name, found.start_at) == ("Night", None)
    assert taught.get_section(section.id).id == section.id
    assert section.id in [each.id for each in taught.get_sections()]
    section.delete()
    assert section.id not in [each.id for each in taught.get_sections()]
    with pytest.raises(ResourceDoesNotExist):
        lms.admin.get_section(section.id)


def test_a_section_is_found_by_its_sis_id_which_is_taken_once(lms: Lms, course: Course, taught: Course) -> None:
    sis_id = unique("SEC").replace(" ", ".")
    section = course.create_course_section(course_section={"name": "A", "sis_section_id": sis_id})
    assert lms.admin.get_section(sis_id, use_sis_id=True).id == section.id
    with pytest.raises(BadRequest, match="sis_section_id"):
        course.create_course_section(course_section={"name": "B", "sis_section_id": sis_id})
    with pytest.raises(Forbidden):
        taught.create_course_section(course_section={"name": "C", "sis_section_id": unique("SEC")})


def test_a_section_counts_its_students(course: Course, student: Person) -> None:
    section = course.create_course_section(course_section={"name": "Small"})
    enroll(course, student, course_section_id=section.id)
    counts = {each.id: each.total_students for each in course.get_sections(include=["total_students"])}
    assert counts[section.id] == 1


def test_people_are_enrolled_in_a_section_and_keep_it_from_being_deleted(lms: Lms, course: Course) -> None:
    section, person = course.create_course_section(course_section={"name": "Full"}), lms.person()
    made = section.enroll_user(person.id, enrollment={"type": "StudentEnrollment", "enrollment_state": "active"})
    assert (made.course_section_id, made.course_id) == (section.id, course.id)
    assert [each.user_id for each in section.get_enrollments()] == [person.id]
    with pytest.raises(BadRequest):
        section.delete()
    made.deactivate("delete")
    assert section.delete().id == section.id


def test_a_section_of_another_course_is_not_this_courses(lms: Lms, course: Course, student: Person) -> None:
    elsewhere = lms.course().create_course_section(course_section={"name": "Elsewhere"})
    with pytest.raises(ResourceDoesNotExist):
        course.get_section(elsewhere.id)
    with pytest.raises(BadRequest):
        enroll(course, student, course_section_id=elsewhere.id)


def test_students_and_outsiders_do_not_touch_sections(course: Course, attended: Course, outsider: Person) -> None:
    section = course.create_course_section(course_section={"name": "A"})
    for seen in (attended, outsider.through(course)):
        with pytest.raises(Forbidden):
            seen.create_course_section(course_section={"name": "Mine"})
    for act in (outsider.through(section).delete, outsider.through(section).edit):
        with pytest.raises(Forbidden):
            act()
    assert course.get_section(section.id).name == "A"


def test_whoever_is_limited_to_a_section_sees_its_people_only(lms: Lms, course: Course, student: Person) -> None:
    section, inside, assistant = course.create_course_section(course_section={"name": "A"}), lms.person(), lms.person()
    enroll(course, inside, course_section_id=section.id)
    enroll(course, assistant, "Ta", course_section_id=section.id, limit_privileges_to_course_section=True)
    seen = assistant.canvas.get_course(course.id)
    assert {user.id for user in seen.get_users()} == {inside.id, assistant.id}
    assert {user.id for user in course.get_users()} == {inside.id, assistant.id, student.id}
    with pytest.raises((Forbidden, ResourceDoesNotExist)):
        seen.get_user(student.id)
