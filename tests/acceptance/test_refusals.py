"""Who is refused what, and how: as the exceptions that canvasapi makes of it."""

import pytest
import requests
from canvasapi.assignment import Assignment
from canvasapi.course import Course
from canvasapi.exceptions import Forbidden, InvalidAccessToken, ResourceDoesNotExist

from tests.acceptance.live import Lms, Person, enroll

TEXT = {"submission_type": "online_text_entry", "body": "My work."}


@pytest.mark.parametrize("token", ["wrong", "x" * 5000, "a b", "ünïcode".encode().decode("latin-1"), "'; --"])
def test_a_wrong_token_is_an_invalid_access_token(lms: Lms, token: str) -> None:
    with pytest.raises(InvalidAccessToken):
        lms.as_(token).get_current_user()
    with pytest.raises(InvalidAccessToken):
        lms.as_(token).get_course(1)


def test_no_token_is_asked_to_sign_in(lms: Lms) -> None:
    answer = requests.get(f"{lms.url}/api/v1/users/self", timeout=10)
    assert (answer.status_code, answer.json()["status"]) == (401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_refusal_for_want_of_rights_does_not_ask_to_sign_in_again(lms: Lms, student: Person) -> None:
    answer = lms.call("GET", "accounts/1", student.token)
    assert (answer.status_code, answer.json()["status"]) == (403, "unauthorized")
    assert "WWW-Authenticate" not in answer.headers


@pytest.mark.parametrize(
    "path", ["no/such/thing", "courses/abc", "courses/-1", "courses/1.5", "users/abc", "users/sis_pet_id:1", "courses/9e9"]
)
def test_an_unknown_path_is_not_there_in_json(lms: Lms, path: str) -> None:
    answer = lms.call("GET", path)
    assert (answer.status_code, answer.json()) == (404, {"errors": [{"message": "The specified resource does not exist."}]})


def test_what_is_missing_does_not_exist(lms: Lms, course: Course) -> None:
    for number in (999_999_999, 2**63 - 1, 2**63, 10**40):
        for find in (
            lms.admin.get_course,
            lms.admin.get_user,
            lms.admin.get_section,
            lms.admin.get_account,
            course.get_assignment,
            course.get_assignment_group,
            course.get_section,
            course.get_user,
        ):
            with pytest.raises(ResourceDoesNotExist):
                find(number)


def test_a_student_may_not_grade_not_even_themselves(essay: Assignment, student: Person) -> None:
    student.through(essay).submit(TEXT)
    own = student.through(essay.get_submission(student.id))
    for given in ({"posted_grade": "10"}, {"excuse": True}, {"posted_grade": ""}):
        with pytest.raises(Forbidden):
            own.edit(submission=given)
        with pytest.raises(Forbidden):
            own.edit(submission=given, comment={"text_comment": "please"})
    after = essay.get_submission(student.id, include=["submission_comments"])
    assert (after.score, after.excused, after.submission_comments) == (None, False, [])


def test_a_student_may_not_read_or_touch_anothers_work(lms: Lms, course: Course, essay: Assignment, student: Person) -> None:
    student.through(essay).submit(TEXT)
    classmate = lms.person()
    enroll(course, classmate)
    theirs = essay.get_submission(student.id)
    with pytest.raises(Forbidden):
        classmate.through(essay).get_submission(student.id)
    with pytest.raises(Forbidden):
        classmate.through(theirs).edit(comment={"text_comment": "hello"})
    with pytest.raises(Forbidden):
        classmate.through(theirs).edit(submission={"posted_grade": "0"})


def test_a_student_may_not_list_the_gradebook(essay: Assignment, student: Person, outsider: Person) -> None:
    for person in (student, outsider):
        with pytest.raises(Forbidden):
            list(person.through(essay).get_submissions())


def test_students_see_no_addresses_or_logins_of_classmates(course: Course, student: Person, teacher: Person) -> None:
    seen = {user.id: user for user in student.through(course).get_users(include=["email", "enrollments"])}[teacher.id]
    assert not hasattr(seen, "email") and not hasattr(seen, "login_id") and not hasattr(seen, "sis_user_id")
    for row in student.through(course).get_enrollments():
        assert row.user_id == student.id or "login_id" not in row.user


def test_a_teacher_of_another_course_is_an_outsider(course: Course, essay: Assignment, student: Person, outsider: Person) -> None:
    foreign, group = outsider.through(course), course.get_assignment_groups()[0]
    theirs = outsider.through(essay.get_submission(student.id))
    for act in (
        lambda: outsider.canvas.get_course(course.id),
        lambda: foreign.update(course={"name": "Stolen"}),
        foreign.conclude,
        foreign.delete,
        lambda: list(foreign.get_users()),
        lambda: list(foreign.get_enrollments()),
        lambda: list(foreign.get_assignments()),
        lambda: list(foreign.get_assignment_groups()),
        lambda: list(foreign.get_sections()),
        lambda: foreign.get_user(student.id),
        outsider.through(group).delete,
        outsider.through(essay).delete,
        lambda: theirs.edit(submission={"posted_grade": "0"}),
        lambda: theirs.edit(comment={"text_comment": "hello"}),
    ):
        with pytest.raises(Forbidden):
            act()
    assert course.id not in [found.id for found in outsider.canvas.get_courses()]


def test_what_belongs_to_another_course_cannot_be_reached_through_ones_own(
    lms: Lms, course: Course, essay: Assignment, student: Person, outsider: Person
) -> None:
    (own,) = outsider.canvas.get_courses()
    (enrollment,) = course.get_enrollments(user_id=student.id)
    paths = [("PUT", f"assignments/{essay.id}/submissions/{student.id}"), ("GET", f"assignments/{essay.id}/submissions")]
    paths += [("GET", f"assignments/{essay.id}"), ("DELETE", f"assignments/{essay.id}"), ("DELETE", f"enrollments/{enrollment.id}")]
    paths += [("DELETE", f"assignment_groups/{essay.assignment_group_id}"), ("GET", f"users/{student.id}")]
    for method, path in paths:
        answer = lms.call(method, f"courses/{own.id}/{path}", outsider.token, json={"submission": {"posted_grade": "0"}})
        assert answer.status_code == 404, f"{method} {path}: {answer.status_code}"
    assert essay.get_submission(student.id).score is None


def test_a_teacher_who_is_no_longer_active_is_an_outsider(course: Course, teacher: Person) -> None:
    (enrollment,) = course.get_enrollments(user_id=teacher.id)
    enrollment.deactivate("inactivate")
    with pytest.raises(Forbidden):
        teacher.through(course).update(course={"name": "Back"})


def test_an_observer_reads_only_whom_they_observe(lms: Lms, course: Course, essay: Assignment, student: Person) -> None:
    other, observer = lms.person(), lms.person()
    enroll(course, other)
    enroll(course, observer, "Observer", associated_user_id=student.id)
    assert observer.through(essay).get_submission(student.id).user_id == student.id
    with pytest.raises(Forbidden):
        observer.through(essay).get_submission(other.id)
    with pytest.raises(Forbidden):
        observer.through(essay).submit(TEXT)


def test_the_server_answers_to_its_own_name_only(lms: Lms) -> None:
    assert lms.call("GET", "users/self", headers={"Host": "evil.example.com"}).status_code == 400
    answer = lms.call("GET", "accounts/1/users", headers={"X-Forwarded-Host": "evil.example.com"})
    assert "evil" not in answer.headers["Link"]
