"""Enrolments: made, accepted, ended, brought back."""

import pytest
from canvasapi.course import Course
from canvasapi.exceptions import BadRequest, Conflict, Forbidden, ResourceDoesNotExist

from tests.acceptance.live import Classroom, Lms, Person, enroll, unique

KINDS = ("Student", "Teacher", "Ta", "Designer", "Observer")


def states(course: Course, person: Person, *wanted: str) -> list[str]:
    return [row.enrollment_state for row in course.get_enrollments(user_id=person.id, state=list(wanted))]


@pytest.mark.parametrize("kind", KINDS)
def test_somebody_is_enrolled_as_each_of_the_five_types(lms: Lms, course: Course, kind: str) -> None:
    person = lms.person()
    made = enroll(course, person, kind)
    assert (made.user_id, made.course_id, made.type, made.role) == (person.id, course.id, f"{kind}Enrollment", f"{kind}Enrollment")
    assert (made.enrollment_state, made.user["name"]) == ("active", person.name)
    assert [row.id for row in course.get_enrollments(type=[f"{kind}Enrollment"])] == [made.id]
    assert [row.id for row in course.get_enrollments(role=[f"{kind}Enrollment"])] == [made.id]
    assert [user.id for user in course.get_users(enrollment_type=[kind.lower()])] == [person.id]
    assert person.canvas.get_course(course.id).id == course.id


def test_grades_are_told_of_students_only(lms: Lms, course: Course) -> None:
    for kind in KINDS:
        assert hasattr(enroll(course, lms.person(), kind), "grades") is (kind == "Student")


def test_an_enrolment_is_an_invitation_unless_told_otherwise(lms: Lms, course: Course) -> None:
    person = lms.person()
    made = course.enroll_user(person.id, enrollment={"type": "StudentEnrollment"})
    assert made.enrollment_state == "invited"
    assert states(course, person) == ["invited"]


def test_an_invited_student_gets_in_by_accepting(lms: Lms, course: Course) -> None:
    person = lms.person()
    made = enroll(course, person, enrollment_state="invited")
    invitation = person.through(made)
    with pytest.raises(Forbidden):
        person.canvas.get_course(course.id)
    assert invitation.accept() is True
    assert person.canvas.get_course(course.id).id == course.id
    assert states(course, person) == ["active"]
    assert invitation.accept() is True
    with pytest.raises(Conflict):
        invitation.reject()


def test_a_rejected_invitation_lets_nobody_in(lms: Lms, course: Course) -> None:
    person = lms.person()
    invitation = person.through(enroll(course, person, enrollment_state="invited"))
    assert invitation.reject() is True
    assert states(course, person) == []
    assert states(course, person, "rejected") == ["rejected"]
    with pytest.raises(Conflict):
        invitation.accept()
    with pytest.raises(Forbidden):
        person.canvas.get_course(course.id)


def test_an_invitation_is_answered_by_whom_it_is_for_only(lms: Lms, course: Course, student: Person, teacher: Person) -> None:
    made = enroll(course, lms.person(), enrollment_state="invited")
    for other in (student, teacher):
        for answer in (other.through(made).accept, other.through(made).reject):
            with pytest.raises(Forbidden):
                answer()
    assert course.get_enrollments(user_id=made.user_id)[0].enrollment_state == "invited"


@pytest.mark.parametrize("task", ["deactivate", "inactivate"])
def test_a_deactivated_student_is_out_until_reactivated(course: Course, student: Person, task: str) -> None:
    (enrollment,) = course.get_enrollments(user_id=student.id)
    assert enrollment.deactivate(task).enrollment_state == "inactive"
    assert states(course, student) == []
    with pytest.raises(Forbidden):
        student.canvas.get_course(course.id)
    assert enrollment.reactivate().enrollment_state == "active"
    assert student.canvas.get_course(course.id).id == course.id


def test_a_concluded_or_deleted_enrolment_is_not_reactivated(lms: Lms, course: Course, student: Person) -> None:
    (enrollment,) = course.get_enrollments(user_id=student.id)
    assert enrollment.deactivate("conclude").enrollment_state == "completed"
    assert states(course, student) == [] and states(course, student, "completed") == ["completed"]
    with pytest.raises(BadRequest):
        enrollment.reactivate()
    assert enrollment.deactivate("delete").enrollment_state == "deleted"
    assert states(course, student, "completed", "active", "inactive") == []
    assert states(course, student, "deleted") == ["deleted"]
    with pytest.raises((BadRequest, ResourceDoesNotExist)):
        enrollment.reactivate()
    assert lms.account.get_enrollment(enrollment.id).enrollment_state == "deleted"


def test_a_deleted_student_of_the_course_is_gone_from_its_people(course: Course, student: Person) -> None:
    (enrollment,) = course.get_enrollments(user_id=student.id)
    enrollment.deactivate("delete")
    assert student.id not in [user.id for user in course.get_users()]
    assert course.id not in [found.id for found in student.canvas.get_courses()]


def test_enrolling_again_is_the_same_row_in_its_new_state(course: Course, student: Person) -> None:
    (first,) = course.get_enrollments(user_id=student.id)
    assert enroll(course, student).id == first.id
    first.deactivate("delete")
    again = enroll(course, student)
    assert (again.id, again.enrollment_state) == (first.id, "active")
    assert enroll(course, student, enrollment_state="inactive").enrollment_state == "inactive"
    assert len(list(course.get_enrollments(user_id=student.id, state=["active", "inactive", "deleted", "invited"]))) == 1


def test_an_invitation_does_not_put_an_active_student_back(course: Course, student: Person) -> None:
    assert enroll(course, student, enrollment_state="invited").enrollment_state == "active"


def test_one_person_holds_several_roles_and_sections(course: Course, student: Person) -> None:
    section = course.create_course_section(course_section={"name": "Second"})
    made = [enroll(course, student, "Ta"), enroll(course, student, course_section_id=section.id)]
    rows = list(course.get_enrollments(user_id=student.id))
    assert len({row.id for row in rows}) == 3 and {row.id for row in made} < {row.id for row in rows}
    assert [user.id for user in course.get_users()] == [student.id]


def test_an_observer_is_associated_with_a_student_of_theirs(lms: Lms, course: Course, student: Person) -> None:
    observer = lms.person()
    made = enroll(course, observer, "Observer", associated_user_id=student.id)
    assert made.associated_user_id == student.id
    other = lms.person()
    enroll(course, other)
    second = enroll(course, observer, "Observer", associated_user_id=other.id)
    assert second.id != made.id
    assert enroll(course, observer, "Observer", associated_user_id=student.id).id == made.id


@pytest.mark.parametrize("kind", ["Pupil", "student", "AccountAdmin", "Student Enrollment", ""])
def test_an_unknown_type_is_refused(table: Classroom, kind: str) -> None:
    with pytest.raises(BadRequest):
        table.course.enroll_user(table.student.id, enrollment={"type": kind})


@pytest.mark.parametrize("fields", [{}, {"enrollment_state": "asleep"}, {"start_at": "soon"}, {"course_section_id": 0}])
def test_an_enrolment_with_nonsense_is_refused(table: Classroom, fields: dict[str, object]) -> None:
    kind = {"type": "StudentEnrollment"} if fields else {}
    with pytest.raises(BadRequest):
        table.course.enroll_user(table.student.id, enrollment={**kind, **fields})


def test_an_unknown_or_deleted_user_does_not_exist(lms: Lms, course: Course) -> None:
    gone = lms.person()
    lms.account.delete_user(gone.id)
    for user_id in (999_999_999, gone.id):
        with pytest.raises(ResourceDoesNotExist):
            course.enroll_user(user_id, enrollment={"type": "StudentEnrollment"})


def test_a_teaching_assistant_enrols_students_but_no_teachers(lms: Lms, course: Course) -> None:
    assistant = lms.person()
    enroll(course, assistant, "Ta")
    seen = assistant.through(course)
    assert enroll(seen, lms.person()).enrollment_state == "active"
    for kind in ("Teacher", "Ta", "Designer"):
        with pytest.raises(Forbidden):
            enroll(seen, lms.person(), kind)


def test_students_and_outsiders_enrol_nobody_and_end_nothing(lms: Lms, course: Course, student: Person, outsider: Person) -> None:
    (enrollment,) = course.get_enrollments(user_id=student.id)
    for person in (student, outsider):
        with pytest.raises(Forbidden):
            enroll(person.through(course), person, "Teacher")
        with pytest.raises(Forbidden):
            person.through(enrollment).deactivate("delete")
    assert states(course, student) == ["active"]


def test_an_enrolment_gives_its_rights_within_its_dates_only(lms: Lms, course: Course) -> None:
    early, late = lms.person(), lms.person()
    enroll(course, early, start_at="2999-01-01T00:00:00Z")
    enroll(course, late, end_at="2001-01-01T00:00:00Z")
    for person in (early, late):
        with pytest.raises(Forbidden):
            person.canvas.get_course(course.id)


def test_a_person_lists_their_own_enrolments(course: Course, student: Person, teacher: Person) -> None:
    (mine,) = student.canvas.get_current_user().get_enrollments()
    assert (mine.course_id, mine.type, mine.grades["current_score"]) == (course.id, "StudentEnrollment", None)
    with pytest.raises(Forbidden):
        list(teacher.canvas.get_user(student.id).get_enrollments())


def test_an_enrolment_carries_the_sis_ids_of_what_it_joins(lms: Lms) -> None:
    course_sis_id, user_sis_id = unique("course"), unique("person")
    course = lms.course(sis_course_id=course_sis_id)
    made = enroll(course, lms.person(sis_user_id=user_sis_id))
    assert (made.sis_course_id, made.sis_user_id, made.root_account_id) == (course_sis_id, user_sis_id, 1)
    assert [row.id for row in course.get_enrollments(sis_user_id=[user_sis_id])] == [made.id]
