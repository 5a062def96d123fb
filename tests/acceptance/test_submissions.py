"""Handing in: what a student sends, when, how often, and who reads it."""

import datetime as dt

import pytest
from canvasapi.assignment import Assignment
from canvasapi.course import Course
from canvasapi.exceptions import BadRequest, Forbidden, ResourceDoesNotExist

from tests.acceptance.live import Classroom, Lms, Person, enroll

TEXT = {"submission_type": "online_text_entry", "body": "<p>My work.</p>"}
URL = {"submission_type": "online_url", "url": "https://example.com/work?a=1&b=2"}


def from_now(**delta: float) -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(**delta)


@pytest.fixture
def mine(student: Person, essay: Assignment) -> Assignment:
    """`essay`, as the student sees it."""
    return student.through(essay)


def test_a_student_hands_in_a_text(mine: Assignment, student: Person) -> None:
    before = from_now()
    made = mine.submit(TEXT)
    assert (made.user_id, made.assignment_id, made.attempt, made.workflow_state) == (student.id, mine.id, 1, "submitted")
    assert (made.submission_type, made.body, made.url) == ("online_text_entry", "<p>My work.</p>", None)
    assert (made.score, made.grade, made.late, made.missing, made.excused) == (None, None, False, False, False)
    assert made.grade_matches_current_submission is True
    assert before <= made.submitted_at_date <= from_now(seconds=1)


def test_a_student_hands_in_an_address(mine: Assignment) -> None:
    made = mine.submit(URL)
    assert (made.submission_type, made.url, made.body) == ("online_url", URL["url"], None)


@pytest.mark.parametrize(
    "work",
    [
        {"submission_type": "online_text_entry"},
        {"submission_type": "online_text_entry", "body": "   "},
        {"submission_type": "online_url"},
        {"submission_type": "online_url", "url": ""},
        {"submission_type": "online_url", "url": "javascript:alert(1)"},
        {"submission_type": "online_url", "url": "ftp://example.com/x"},
        {"submission_type": "online_url", "url": "https://" + "x" * 3000},
        {"submission_type": "online_upload", "file_ids": [1]},
        {"submission_type": "carrier_pigeon", "body": "x"},
        {"submission_type": "", "body": "x"},
    ],
)
def test_work_that_the_assignment_does_not_take_is_refused(table: Classroom, work: dict[str, object]) -> None:
    mine = table.student.through(table.essay)
    with pytest.raises(BadRequest):
        mine.submit(work)
    assert mine.get_submission("self").workflow_state == "unsubmitted"


def test_work_on_paper_is_not_handed_in_online(taught: Course, student: Person) -> None:
    paper = taught.create_assignment({"name": "Paper", "published": True, "submission_types": ["on_paper"]})
    with pytest.raises(BadRequest):
        student.through(paper).submit(TEXT)


def test_scripts_are_taken_out_of_a_text(mine: Assignment) -> None:
    made = mine.submit({**TEXT, "body": '<b onclick="x()">Hi</b><script>x()</script><a href="javascript:x()">y</a>'})
    assert "<b>Hi</b>" in made.body
    assert "script" not in made.body and "onclick" not in made.body


def test_an_admin_hands_in_as_a_student(lms: Lms, essay: Assignment, student: Person, taught: Course) -> None:
    made = lms.admin.get_course(taught.id).get_assignment(essay.id).submit(TEXT, as_user_id=student.id)
    assert made.user_id == student.id
    assert essay.get_submission(student.id).attempt == 1


def test_nobody_hands_in_but_a_student_of_the_course(lms: Lms, essay: Assignment, outsider: Person, teacher: Person) -> None:
    for seen in (outsider.through(essay), teacher.through(essay), lms.admin.get_course(essay.course_id).get_assignment(essay.id)):
        with pytest.raises(Forbidden):
            seen.submit(TEXT)


def test_a_student_who_is_no_longer_active_hands_in_nothing(course: Course, mine: Assignment, student: Person) -> None:
    (enrollment,) = course.get_enrollments(user_id=student.id)
    enrollment.deactivate("conclude")
    with pytest.raises(Forbidden):
        mine.submit(TEXT)


def test_nothing_is_handed_in_to_a_finished_course(course: Course, mine: Assignment) -> None:
    mine.submit(TEXT)
    course.conclude()
    with pytest.raises(Forbidden):
        mine.submit(TEXT)
    assert mine.get_submission("self").attempt == 1


def test_a_comment_comes_with_the_work(essay: Assignment, mine: Assignment, student: Person) -> None:
    mine.submit(TEXT, comment={"text_comment": "I tried."})
    seen = essay.get_submission(student.id, include=["submission_comments"])
    assert [(row["comment"], row["author_id"], row["author_name"]) for row in seen.submission_comments] == [
        ("I tried.", student.id, student.name)
    ]


def test_student_and_teacher_talk_in_comments(essay: Assignment, mine: Assignment, student: Person, teacher: Person) -> None:
    mine.submit(TEXT)
    mine.get_submission("self").edit(comment={"text_comment": "Any news?"})
    answer = essay.get_submission(student.id).edit(comment={"text_comment": "Soon. <b>Wait</b> & see"})
    assert [(row["author_id"], row["comment"]) for row in answer.submission_comments] == [
        (student.id, "Any news?"),
        (teacher.id, "Soon. <b>Wait</b> & see"),
    ]
    assert answer.workflow_state == "submitted" and answer.score is None
    with pytest.raises(BadRequest):
        answer.edit(comment={"text_comment": "  "})


def test_work_after_the_due_date_is_late_and_none_is_missing(taught: Course, student: Person) -> None:
    fields = {"published": True, "submission_types": ["online_text_entry"], "due_at": from_now(hours=-1)}
    overdue = student.through(taught.create_assignment({"name": "Overdue", **fields}))
    before = overdue.get_submission("self")
    assert (before.missing, before.late, before.workflow_state) == (True, False, "unsubmitted")
    made = overdue.submit(TEXT)
    assert (made.late, made.missing) == (True, False)
    assert 3600 <= made.seconds_late <= 3630


@pytest.mark.parametrize("dates", [{"unlock_at": 1}, {"lock_at": -1}, {"unlock_at": -2, "lock_at": -1}])
def test_a_locked_assignment_takes_nothing(taught: Course, student: Person, dates: dict[str, int]) -> None:
    fields = {"published": True, "submission_types": ["online_text_entry"]} | {key: from_now(hours=value) for key, value in dates.items()}
    locked = taught.create_assignment({"name": "Locked", **fields})
    with pytest.raises(Forbidden):
        student.through(locked).submit(TEXT)
    locked.edit(assignment={"unlock_at": from_now(hours=-2), "lock_at": from_now(hours=1)})
    assert student.through(locked).submit(TEXT).attempt == 1


def test_attempts_are_counted_and_limited(essay: Assignment, mine: Assignment) -> None:
    essay.edit(assignment={"allowed_attempts": 2})
    assert [mine.submit({**TEXT, "body": f"{number}"}).attempt for number in (1, 2)] == [1, 2]
    with pytest.raises(BadRequest):
        mine.submit(TEXT)
    assert (mine.get_submission("self").body, mine.get_submission("self").attempt) == ("2", 2)
    essay.edit(assignment={"allowed_attempts": -1})
    assert mine.submit(TEXT).attempt == 3


def test_the_history_keeps_every_attempt(essay: Assignment, mine: Assignment, student: Person) -> None:
    mine.submit({**TEXT, "body": "first"})
    mine.submit(URL)
    mine.submit({**TEXT, "body": "third"})
    for seen in (
        essay.get_submission(student.id, include=["submission_history"]),
        mine.get_submission("self", include=["submission_history"]),
    ):
        rows = [(row["attempt"], row["submission_type"], row["body"], row["url"]) for row in seen.submission_history]
        assert rows == [
            (1, "online_text_entry", "first", None),
            (2, "online_url", None, URL["url"]),
            (3, "online_text_entry", "third", None),
        ]


def test_the_list_has_a_row_for_each_active_student_once(lms: Lms, course: Course, essay: Assignment, mine: Assignment) -> None:
    idle, gone, section = lms.person(), lms.person(), course.create_course_section(course_section={"name": "Second"})
    enroll(course, idle)
    enroll(course, idle, course_section_id=section.id)
    enroll(course, gone).deactivate("deactivate")
    made = mine.submit(TEXT)
    rows = {row.user_id: row for row in essay.get_submissions(include=["user", "submission_history", "assignment"])}
    assert len(list(essay.get_submissions())) == 2 and rows.keys() == {made.user_id, idle.id}
    assert rows[made.user_id].workflow_state == "submitted"
    assert (rows[idle.id].workflow_state, rows[idle.id].attempt, rows[idle.id].submitted_at) == ("unsubmitted", None, None)
    assert rows[idle.id].user["name"] == idle.name and rows[idle.id].assignment["id"] == essay.id


def test_a_students_work_is_read_by_them_and_by_staff_only(lms: Lms, course: Course, mine: Assignment, student: Person) -> None:
    mine.submit(TEXT)
    classmate, assistant, observer, outsider = (lms.person() for _ in range(4))
    enroll(course, classmate)
    enroll(course, assistant, "Ta")
    enroll(course, observer, "Observer", associated_user_id=student.id)
    for person in (student, assistant, observer):
        assert person.through(mine).get_submission(student.id).body == TEXT["body"]
    for person in (classmate, outsider):
        with pytest.raises(Forbidden):
            person.through(mine).get_submission(student.id)


def test_the_submission_of_somebody_else_entirely_does_not_exist(essay: Assignment, outsider: Person) -> None:
    for user_id in (outsider.id, 999_999_999):
        with pytest.raises(ResourceDoesNotExist):
            essay.get_submission(user_id)
