"""Many grades at once: asked for, followed, given; what cannot be given is told and hinders nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from app.jobs import batch
from app.models.courses import Course
from tests.app.conftest import Hired
from tests.conftest import Api
from tests.factories import AssignmentFactory, AssignmentGroupFactory, SectionFactory, UserFactory

Hire = Callable[..., Hired]


@pytest.fixture
def work(course: Course) -> int:
    """An assignment of 10 points."""
    return int(AssignmentFactory(group=AssignmentGroupFactory(course=course)).id)


def url(course: Course, work: int) -> str:
    return f"/courses/{course.id}/assignments/{work}/submissions/update_grades"


def score(teacher: Api, course: Course, work: int, user_id: int) -> Any:
    return teacher.ok("GET", f"/courses/{course.id}/assignments/{work}/submissions/{user_id}")["score"]


def test_grades_and_comments_are_given_by_a_job(hire: Hire, teacher: Api, enrolled: Callable[..., Api], course: Course, work: int) -> None:
    ada, bob, cyd = (enrolled(user=UserFactory(sis_user_id=f"S{number}")) for number in range(3))
    given = {
        f"grade_data[{ada.id}][posted_grade]": "85%",
        "grade_data[sis_user_id:S1][posted_grade]": "7",
        "grade_data[sis_user_id:S1][text_comment]": "Well done",
        f"grade_data[{cyd.id}][excuse]": "true",
    }
    begun = teacher.ok("POST", url(course, work), data=given)
    assert (begun["workflow_state"], begun["completion"], begun["context_type"], begun["context_id"]) == ("queued", 0, "Course", course.id)
    assert begun["url"].endswith(f"/api/v1/progress/{begun['id']}")
    hire().all()
    ended = teacher.ok("GET", f"/progress/{begun['id']}")
    assert (ended["workflow_state"], ended["completion"], ended["message"]) == ("completed", 100, None)
    path = f"/courses/{course.id}/assignments/{work}/submissions"
    seen = {row["user_id"]: row for row in teacher.ok("GET", f"{path}?include[]=submission_comments")}
    assert [(seen[who.id]["score"], seen[who.id]["excused"]) for who in (ada, bob, cyd)] == [(8.5, False), (7.0, False), (None, True)]
    assert {row["grader_id"] for row in seen.values()} == {teacher.id}
    assert [(comment["comment"], comment["author_id"]) for comment in seen[bob.id]["submission_comments"]] == [("Well done", teacher.id)]


def test_several_assignments_at_once(hire: Hire, teacher: Api, student: Api, course: Course, work: int) -> None:
    other = AssignmentFactory(group=AssignmentGroupFactory(course=course)).id
    data = {str(work): {str(student.id): {"posted_grade": 3}}, str(other): {str(student.id): {"posted_grade": 4}}}
    teacher.ok("POST", f"/courses/{course.id}/submissions/update_grades", json={"grade_data": data})
    hire().all()
    assert [score(teacher, course, each, student.id) for each in (work, other)] == [3.0, 4.0]


def test_a_blank_grade_is_taken_away_and_what_is_not_named_stays(hire: Hire, teacher: Api, student: Api, course: Course, work: int) -> None:
    for row, wanted in (({"posted_grade": "5"}, 5.0), ({"text_comment": "x"}, 5.0), ({"posted_grade": ""}, None)):
        teacher.ok("POST", url(course, work), json={"grade_data": {str(student.id): row}})
        hire().all()
        assert score(teacher, course, work, student.id) == wanted


def test_what_cannot_be_given_is_told_and_the_rest_is_given(
    hire: Hire, teacher: Api, enrolled: Callable[..., Api], stranger: Api, course: Course, work: int, fetch: Callable[[Any], list[Any]]
) -> None:
    ada, bob = enrolled(), enrolled()
    data = {
        str(ada.id): {"posted_grade": "nonsense", "text_comment": "not sent either"},
        str(bob.id): {"posted_grade": "9"},
        str(stranger.id): {"posted_grade": "9"},
        "sis_user_id:nobody": {"posted_grade": "9"},
    }
    begun = teacher.ok("POST", url(course, work), json={"grade_data": data})
    hire().all()
    ended = teacher.ok("GET", f"/progress/{begun['id']}")
    assert (ended["workflow_state"], ended["completion"]) == ("failed", 100)
    assert ended["message"].startswith(f"Couldn't find User(s) with API ids 'sis_user_id:nobody', '{stranger.id}'; user {ada.id} on ")
    assert score(teacher, course, work, bob.id) == 9.0
    assert fetch("SELECT count(*) FROM submission_comments") == [(0,)]
    assert fetch(f"SELECT count(*) FROM submissions WHERE user_id = {ada.id}") == [(0,)]  # noqa: S608


def test_a_teacher_of_one_section_grades_nobody_elses(hire: Hire, enrolled: Callable[..., Api], course: Course, work: int) -> None:
    section = SectionFactory(course=course).id
    limited = enrolled("TeacherEnrollment", course_section_id=section, limit_privileges_to_course_section=True)
    mine, theirs = enrolled(course_section_id=section), enrolled()
    data = {str(who.id): {"posted_grade": "1"} for who in (mine, theirs)}
    begun = limited.ok("POST", url(course, work), json={"grade_data": data})
    hire().all()
    assert f"'{theirs.id}'" in limited.ok("GET", f"/progress/{begun['id']}")["message"]
    assert score(limited, course, work, mine.id) == 1.0


def test_every_grade_is_recorded_under_who_asked(
    hire: Hire, admin: Api, teacher: Api, student: Api, course: Course, work: int, fetch: Callable[[Any], list[Any]]
) -> None:
    asked = {"grade_data": {str(student.id): {"posted_grade": "5"}}}
    admin.ok("POST", f"{url(course, work)}?as_user_id={teacher.id}", json=asked)
    hire().all()
    assert fetch("SELECT grader_id, real_user_id, score_after FROM grade_changes") == [(teacher.id, admin.id, 5.0)]


def test_a_course_of_many_is_graded_in_batches(
    hire: Hire, teacher: Api, enrolled: Callable[..., Api], course: Course, work: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "BATCH_SECONDS", 0)  # one grade each
    students = [enrolled().id for _ in range(12)]
    data = {str(user_id): {"posted_grade": str(number)} for number, user_id in enumerate(students)}
    begun = teacher.ok("POST", url(course, work), json={"grade_data": data})
    hired = hire()
    seen = []
    while hired.turn():
        seen.append(teacher.ok("GET", f"/progress/{begun['id']}")["completion"])
    assert seen == [100 * (number + 1) // 12 for number in range(12)]
    assert [score(teacher, course, work, user_id) for user_id in students] == [float(number) for number in range(12)]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"grade_data": {}},
        {"grade_data": "7"},
        {"grade_data": {"someone": {"posted_grade": "7"}}},
        {"grade_data": {"1": "7"}},
        {"grade_data": {"1": {"excuse": "perhaps"}}},
        {"grade_data": {"1": {"posted_grade": {"a": "b"}}}},
        {"grade_data": {str(number): {"posted_grade": "1"} for number in range(10_001)}},
    ],
)
def test_what_is_no_grade_data_is_refused(teacher: Api, course: Course, work: int, body: dict[str, Any]) -> None:
    refused = teacher.post(url(course, work), json=body)
    assert refused.status_code == 400 and refused.get_json()["errors"]


def test_an_assignment_of_another_course_is_refused(teacher: Api, student: Api, course: Course) -> None:
    other = AssignmentFactory().id
    data = {str(student.id): {"posted_grade": "1"}}
    assert teacher.post(url(course, other), json={"grade_data": data}).status_code == 404
    refused = teacher.post(f"/courses/{course.id}/submissions/update_grades", json={"grade_data": {str(other): data}})
    assert refused.status_code == 400 and "has no assignment" in refused.text


def test_what_recurs_is_nobodys_progress(hire: Hire, admin: Api) -> None:
    hire().worker._ensure_recurring()
    assert admin.get("/progress/1").status_code == 404


def test_who_is_not_assigned_the_work_gets_no_grade(hire: Hire, teacher: Api, student: Api, course: Course) -> None:
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course), only_visible_to_overrides=True).id
    begun = teacher.ok("POST", url(course, work), json={"grade_data": {str(student.id): {"posted_grade": 3}}})
    hire().all()
    assert f"user {student.id} has no submission" in teacher.ok("GET", f"/progress/{begun['id']}")["message"]
    assert teacher.ok("GET", f"/courses/{course.id}/assignments/{work}/submissions") == []


def test_a_login_counts_in_any_case_of_its_letters(
    hire: Hire, teacher: Api, enrolled: Callable[..., Api], course: Course, work: int
) -> None:
    student = enrolled(user=UserFactory(login_id="ÉMILE@example.com"))
    data = {"sis_login_id:ÉMILE@Example.com": {"posted_grade": "4"}}
    teacher.ok("POST", url(course, work), json={"grade_data": data})
    hire().all()
    assert score(teacher, course, work, student.id) == 4.0
