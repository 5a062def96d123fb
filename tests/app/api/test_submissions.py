"""Handing in, reading and commenting work; grading is in test_grading.py."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from app.models.assignments import Assignment
from app.models.courses import Course
from tests.conftest import Api
from tests.factories import AssignmentFactory, AssignmentGroupFactory, SectionFactory, SubmissionFactory

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)
TEXT = {"submission": {"submission_type": "online_text_entry", "body": "<b>x</b><script>1</script>"}}


@pytest.fixture
def work(course: Course) -> Assignment:
    found: Assignment = AssignmentFactory(group=AssignmentGroupFactory(course=course))
    return found


def url_of(work: Assignment) -> str:
    return f"/courses/{work.course_id}/assignments/{work.id}/submissions"


def test_text_is_handed_in_and_sanitised(student: Api, work: Assignment) -> None:
    response = student.post(url_of(work), json=TEXT)
    made = response.get_json()
    assert response.status_code == 201
    assert (made["attempt"], made["body"], made["workflow_state"], made["late"]) == (1, "<b>x</b>", "submitted", False)
    assert (made["user_id"], made["grade"], made["submission_type"]) == (student.id, None, "online_text_entry")


def test_a_url_is_handed_in_with_a_comment(student: Api, work: Assignment) -> None:
    form = {"submission[submission_type]": "online_url", "submission[url]": "git.example.com/me", "comment[text_comment]": "a < b"}
    made = student.ok("POST", url_of(work), data=form)
    assert (made["url"], made["submission_comments"][0]["comment"]) == ("http://git.example.com/me", "a < b")


@pytest.mark.parametrize(
    "submission",
    [
        {},
        {"submission_type": "telepathy"},
        {"submission_type": "online_text_entry"},
        {"submission_type": "online_text_entry", "body": " "},
        {"submission_type": "online_url"},
        {"submission_type": "online_url", "url": "javascript:alert(1)"},
        {"submission_type": "online_url", "url": "ftp://x.test/a"},
    ],
)
def test_bad_work_is_refused(student: Api, work: Assignment, submission: dict[str, str]) -> None:
    assert student.post(url_of(work), json={"submission": submission}).status_code == 400
    assert student.ok("GET", f"{url_of(work)}/self")["workflow_state"] == "unsubmitted"


def test_a_type_that_the_assignment_does_not_take_is_refused(student: Api, course: Course) -> None:
    paper = AssignmentFactory(group=AssignmentGroupFactory(course=course), submission_types=["on_paper"])
    assert student.post(url_of(paper), json=TEXT).status_code == 400


@pytest.mark.parametrize("dates", [{"unlock_at": NOW + DAY}, {"lock_at": NOW - DAY}])
def test_locked_work_is_refused_and_says_when(student: Api, course: Course, dates: dict[str, Any]) -> None:
    locked = AssignmentFactory(group=AssignmentGroupFactory(course=course), **dates)
    response = student.post(url_of(locked), json=TEXT)
    assert response.status_code == 403
    assert "locked" in response.get_json()["errors"][0]["message"]


def test_late_work_is_taken_and_flagged(student: Api, course: Course) -> None:
    late = AssignmentFactory(group=AssignmentGroupFactory(course=course), due_at=dt.datetime.now(dt.UTC) - DAY)
    assert student.ok("GET", f"{url_of(late)}/self")["missing"] is True
    made = student.ok("POST", url_of(late), json=TEXT)
    assert made["late"] is True and made["missing"] is False
    assert abs(made["seconds_late"] - DAY.total_seconds()) < 60


def test_attempts_are_counted_kept_and_limited(student: Api, course: Course) -> None:
    limited = AssignmentFactory(group=AssignmentGroupFactory(course=course), allowed_attempts=2)
    student.ok("POST", url_of(limited), json=TEXT)
    second = {"submission": {"submission_type": "online_url", "url": "https://x.test/2"}, "include": ["submission_history"]}
    made = student.ok("POST", url_of(limited), json=second)
    assert [(past["attempt"], past["submission_type"]) for past in made["submission_history"]] == [
        (1, "online_text_entry"),
        (2, "online_url"),
    ]
    assert made["submission_history"][0]["body"] == "<b>x</b>"
    refused = student.post(url_of(limited), json=TEXT)
    assert refused.status_code == 400 and "attempts" in refused.get_json()["errors"][0]["message"]


def test_staff_and_outsiders_do_not_hand_in(teacher: Api, admin: Api, stranger: Api, observer: Api, work: Assignment) -> None:
    for api in (teacher, admin, stranger, observer):
        assert api.post(url_of(work), json=TEXT).status_code == 403


def test_an_admin_hands_in_as_a_student(admin: Api, student: Api, work: Assignment) -> None:
    assert admin.ok("POST", f"{url_of(work)}?as_user_id={student.id}", json=TEXT)["user_id"] == student.id


def test_every_active_student_is_listed_handed_in_or_not(
    teacher: Api, student: Api, enrolled: Callable[..., Api], work: Assignment
) -> None:
    idle = enrolled()
    enrolled(workflow_state="inactive")
    student.ok("POST", url_of(work), json=TEXT)
    rows = teacher.ok("GET", f"{url_of(work)}?include[]=user&include[]=assignment")
    assert [(row["user_id"], row["workflow_state"]) for row in rows] == [(student.id, "submitted"), (idle.id, "unsubmitted")]
    assert rows[0]["user"]["id"] == student.id and rows[0]["assignment"]["id"] == work.id
    assert teacher.get(f"/courses/{work.course_id}/assignments/999999/submissions").status_code == 404


def test_work_is_read_by_its_student_their_observer_and_staff(
    student: Api, observer: Api, teacher: Api, ta: Api, designer: Api, enrolled: Callable[..., Api], work: Assignment
) -> None:
    student.ok("POST", url_of(work), json=TEXT)
    for api in (student, observer, teacher, ta):
        assert api.ok("GET", f"{url_of(work)}/{student.id}")["attempt"] == 1
    peer = enrolled()
    for api in (peer, designer):
        assert api.get(f"{url_of(work)}/{student.id}").status_code == 403
        assert api.get(url_of(work)).status_code == 403
    assert teacher.get(f"{url_of(work)}/{teacher.id}").status_code == 404


def test_a_draft_has_no_submissions_for_students(student: Api, course: Course) -> None:
    draft = AssignmentFactory(group=AssignmentGroupFactory(course=course), workflow_state="unpublished")
    assert student.post(url_of(draft), json=TEXT).status_code == 403
    assert student.get(f"{url_of(draft)}/self").status_code == 403


def test_students_and_staff_comment_and_nobody_else(student: Api, teacher: Api, enrolled: Callable[..., Api], work: Assignment) -> None:
    target = f"{url_of(work)}/{student.id}"
    student.ok("PUT", target, json={"comment": {"text_comment": "Is this right?"}})
    seen = teacher.ok("PUT", target, data={"comment[text_comment]": "Yes."})
    assert [(note["author_id"], note["comment"]) for note in seen["submission_comments"]] == [
        (student.id, "Is this right?"),
        (teacher.id, "Yes."),
    ]
    assert len(student.ok("GET", f"{target}?include[]=submission_comments")["submission_comments"]) == 2
    assert enrolled().put(target, json={"comment": {"text_comment": "Hm"}}).status_code == 403
    assert student.put(target, json={"comment": {"text_comment": " "}}).status_code == 400


def test_who_is_limited_to_a_section_grades_only_there(
    enrolled: Callable[..., Api], student: Api, work: Assignment, course: Course
) -> None:
    section = SectionFactory(course=course)
    limited = enrolled("TaEnrollment", course_section_id=section.id, limit_privileges_to_course_section=True)
    near = enrolled(course_section_id=section.id)
    assert [row["user_id"] for row in limited.ok("GET", url_of(work))] == [near.id]
    assert limited.put(f"{url_of(work)}/{near.id}", json={"submission": {"posted_grade": "5"}}).status_code == 200
    assert limited.put(f"{url_of(work)}/{student.id}", json={"submission": {"posted_grade": "5"}}).status_code == 403


class TestWorkOfSeveralStudents:
    """GET /courses/:id/students/submissions."""

    @pytest.fixture
    def url(self, course: Course) -> str:
        return f"/courses/{course.id}/students/submissions"

    def test_without_ids_it_is_ones_own(self, student: Api, teacher: Api, work: Assignment, url: str) -> None:
        assert [row["user_id"] for row in student.ok("GET", url)] == [student.id]
        assert teacher.ok("GET", url) == []

    def test_staff_ask_for_all_or_some_on_some(
        self, teacher: Api, student: Api, enrolled: Callable[..., Api], work: Assignment, url: str
    ) -> None:
        peer = enrolled()
        other = AssignmentFactory(group=AssignmentGroupFactory(course_id=work.course_id))
        everything = {(row["user_id"], row["assignment_id"]) for row in teacher.ok("GET", f"{url}?student_ids[]=all")}
        assert everything == {(who, what) for who in (student.id, peer.id) for what in (work.id, other.id)}
        some = teacher.ok("GET", f"{url}?student_ids[]={peer.id}&assignment_ids[]={work.id}")
        assert [(row["user_id"], row["assignment_id"]) for row in some] == [(peer.id, work.id)]
        assert teacher.get(f"{url}?student_ids[]=x").status_code == 400

    def test_a_student_asks_for_nobody_else(
        self, student: Api, observer: Api, enrolled: Callable[..., Api], work: Assignment, url: str
    ) -> None:
        peer = enrolled()
        assert student.get(f"{url}?student_ids[]={peer.id}").status_code == 403
        assert [row["user_id"] for row in student.ok("GET", f"{url}?student_ids[]=all")] == [student.id]
        assert [row["user_id"] for row in observer.ok("GET", f"{url}?student_ids[]={student.id}")] == [student.id]

    def test_grouped_is_a_row_a_student(self, teacher: Api, student: Api, enrolled: Callable[..., Api], work: Assignment, url: str) -> None:
        peer = enrolled()
        SubmissionFactory(assignment=work, user=student.user)
        rows = teacher.ok("GET", f"{url}?student_ids[]=all&grouped=true&include[]=submission_comments")
        assert [row["user_id"] for row in rows] == [student.id, peer.id]
        assert rows[0]["section_id"] is not None
        assert [found["attempt"] for found in rows[0]["submissions"]] == [1]

    def test_filters_and_order(self, teacher: Api, student: Api, enrolled: Callable[..., Api], work: Assignment, url: str) -> None:
        peer = enrolled()
        SubmissionFactory(assignment=work, user=peer.user, submitted_at=NOW, graded_at=NOW, score=1.0, workflow_state="graded")

        def found(query: str) -> list[int]:
            return [row["user_id"] for row in teacher.ok("GET", f"{url}?student_ids[]=all&{query}")]

        assert found("workflow_state=graded") == [peer.id]
        assert found("workflow_state=unsubmitted") == [student.id]
        since = (NOW - DAY).strftime("%Y-%m-%dT%H:%M:%SZ")
        assert found(f"submitted_since={since}") == found(f"graded_since={since}") == [peer.id]
        assert found("order_direction=descending") == [peer.id, student.id]
        assert found("order=graded_at") == [peer.id, student.id]
