"""Grading standards, and the letters that they give."""

from typing import Any

import pytest
from sqlalchemy import select

from app.models.courses import Course
from app.models.submissions import GradeChange
from tests.app.api import quizzes
from tests.conftest import Api
from tests.factories import AssignmentFactory, AssignmentGroupFactory, CourseFactory, GradingStandardFactory, SubmissionFactory

ENTRIES = [{"name": "Tin", "value": 0}, {"name": "Gold", "value": "80.5"}, {"name": "Silver", "value": 60}]


def of_course(course: Course) -> int:
    """A standard of the course: Gold from 60 %, else Tin."""
    return int(GradingStandardFactory(account_id=None, course_id=course.id).id)


@pytest.fixture
def work(course: Course) -> str:
    """A letter-graded assignment of 10 points."""
    made = AssignmentFactory(group=AssignmentGroupFactory(course=course), grading_type="letter_grade")
    return f"/courses/{course.id}/assignments/{made.id}"


def grade(api: Api, work: str, student: Api, text: str) -> tuple[Any, Any]:
    found = api.ok("PUT", f"{work}/submissions/{student.id}", json={"submission": {"posted_grade": text}})
    return found["score"], found["grade"]


def test_a_standard_is_made_listed_and_read(teacher: Api, student: Api, admin: Api, course: Course) -> None:
    url = f"/courses/{course.id}/grading_standards"
    response = teacher.post(url, json={"title": "Metals", "grading_scheme_entry": ENTRIES})
    made = response.get_json()
    assert response.status_code == 201
    assert (made["title"], made["context_type"], made["context_id"]) == ("Metals", "Course", course.id)
    assert made["grading_scheme"] == [{"name": "Gold", "value": 0.805}, {"name": "Silver", "value": 0.6}, {"name": "Tin", "value": 0.0}]
    form = {"title": "All", "grading_scheme_entry[][name]": "A", "grading_scheme_entry[][value]": "0"}
    shared = admin.ok("POST", "/accounts/1/grading_standards", data=form)
    assert (shared["context_type"], shared["context_id"]) == ("Account", 1)
    of_course(CourseFactory())
    assert student.ok("GET", url) == [made, shared]
    assert student.ok("GET", f"{url}/{made['id']}") == made
    assert student.ok("GET", f"{url}/{shared['id']}") == shared
    assert admin.ok("GET", "/accounts/1/grading_standards") == [shared]
    assert admin.get(f"/accounts/1/grading_standards/{made['id']}").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"title": "X"},
        {"grading_scheme_entry": ENTRIES},
        {"title": "X", "grading_scheme_entry": []},
        {"title": "X", "grading_scheme_entry": [{"name": "A", "value": 50}]},
        {"title": "X", "grading_scheme_entry": [{"name": "A", "value": 50}, {"name": "a", "value": 0}]},
        {"title": "X", "grading_scheme_entry": [{"name": "A", "value": 0}, {"name": "B", "value": 0}]},
        {"title": "X", "grading_scheme_entry": [{"name": "A", "value": 101}, {"name": "B", "value": 0}]},
        {"title": "X", "grading_scheme_entry": [{"name": " ", "value": 0}]},
        {"title": "X", "grading_scheme_entry": [{"name": "A" * 41, "value": 0}]},
        {"title": "X", "grading_scheme_entry": [{"name": "A", "value": "nan"}]},
        {"title": "X", "grading_scheme_entry": "A"},
    ],
)
def test_a_standard_that_says_nothing_clear_is_refused(teacher: Api, course: Course, body: dict[str, Any]) -> None:
    assert teacher.post(f"/courses/{course.id}/grading_standards", json=body).status_code == 400


def test_only_a_standard_that_is_at_hand_is_used(teacher: Api, course: Course, work: str) -> None:
    other = of_course(CourseFactory())
    for number in (other, 10**9):
        assert teacher.put(work, json={"assignment": {"grading_standard_id": number}}).status_code == 400
        assert teacher.put(f"/courses/{course.id}", json={"course": {"grading_standard_id": number}}).status_code == 400
        new = {"name": "X", "grading_standard_id": number}
        assert teacher.post(f"/courses/{course.id}/assignments", json={"assignment": new}).status_code == 400


def test_letters_mean_what_the_assignment_says_else_the_course_else_the_default(
    teacher: Api, student: Api, course: Course, work: str
) -> None:
    assert grade(teacher, work, student, "7") == (7.0, "C-")
    url, standard = f"/courses/{course.id}", GradingStandardFactory().id
    assert teacher.ok("PUT", url, json={"course": {"grading_standard_id": standard}})["grading_standard_id"] == standard
    assert student.ok("GET", f"{work}/submissions/self")["grade"] == "Gold"
    assert grade(teacher, work, student, "tin") == (5.9, "Tin")
    own = GradingStandardFactory(data=[("High", 50), ("Low", 0)]).id
    assert teacher.ok("PUT", work, json={"assignment": {"grading_standard_id": own}})["grading_standard_id"] == own
    assert student.ok("GET", f"{work}/submissions/self")["grade"] == "High"
    assert grade(teacher, work, student, "Low") == (4.9, "Low")
    teacher.ok("PUT", url, json={"course": {"grading_standard_id": ""}})
    assert student.ok("GET", f"{work}/submissions/self")["grade"] == "Low"
    teacher.ok("PUT", work, json={"assignment": {"grading_standard_id": None}})
    assert student.ok("GET", f"{work}/submissions/self")["grade"] == "F"


def test_a_grade_that_is_shown_anew_is_recorded(teacher: Api, student: Api, course: Course, work: str, fetch: Any) -> None:
    grade(teacher, work, student, "7")
    teacher.ok("PUT", f"/courses/{course.id}", json={"course": {"grading_standard_id": of_course(course)}})
    changes = fetch(select(GradeChange.grade_before, GradeChange.grade_after, GradeChange.grader_id).order_by(GradeChange.id))
    assert changes == [(None, "C-", teacher.id), ("C-", "Gold", teacher.id)]


def test_totals_have_letters_where_the_course_has_a_standard(teacher: Api, student: Api, course: Course, work: str) -> None:
    grade(teacher, work, student, "7")
    url = f"/courses/{course.id}"
    seen = []
    for number in (None, 0, of_course(course)):
        teacher.ok("PUT", url, json={"course": {"grading_standard_id": number}})
        (enrollment,) = student.ok("GET", f"{url}/enrollments?user_id=self")
        (mine,) = student.ok("GET", "/courses?include[]=total_scores")
        grades = enrollment["grades"]
        assert grades["current_grade"] == grades["unposted_final_grade"] == mine["enrollments"][0]["computed_current_grade"]
        seen.append((grades["current_score"], grades["current_grade"], grades["final_grade"]))
    assert seen == [(70.0, None, None), (70.0, "C-", "C-"), (70.0, "Gold", "Gold")]


def test_no_letter_where_there_is_no_total(teacher: Api, student: Api, course: Course) -> None:
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
    SubmissionFactory(assignment=work, user=student.user)
    teacher.ok("PUT", f"/courses/{course.id}", json={"course": {"grading_standard_id": 0}})
    (enrollment,) = student.ok("GET", f"/courses/{course.id}/enrollments?user_id=self")
    assert (enrollment["grades"]["current_grade"], enrollment["grades"]["final_grade"]) == (None, "F")


def test_a_quiz_gives_letters_too(teacher: Api, student: Api, course: Course) -> None:
    url = quizzes.maker(teacher, course)()
    own = {"grading_type": "letter_grade", "grading_standard_id": of_course(course)}
    teacher.ok("PUT", f"/courses/{course.id}/assignments/{teacher.ok('GET', url)['assignment_id']}", json={"assignment": own})
    taken = quizzes.begin(student, url)
    quizzes.answer(student, taken)
    quizzes.complete(student, url, taken)
    assert quizzes.work(student, url, student)["grade"] == "Gold"
