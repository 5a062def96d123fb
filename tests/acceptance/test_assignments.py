"""Assignments: made, changed, listed, hidden while they are drafts."""

import datetime as dt

import pytest
from canvasapi.assignment import Assignment
from canvasapi.course import Course
from canvasapi.exceptions import BadRequest, Forbidden, ResourceDoesNotExist

from tests.acceptance.live import Classroom, Lms, Person, unique

TYPES = ["online_text_entry", "online_url", "online_upload", "media_recording"]


def made(course: Course, name: str, **fields: object) -> Assignment:
    return course.create_assignment({"name": name, "published": True, "submission_types": ["online_text_entry"], **fields})


def names(course: Course, **options: object) -> list[str]:
    return [assignment.name for assignment in course.get_assignments(**options)]


def from_now(**delta: float) -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(**delta)


def test_an_assignment_needs_only_a_name(taught: Course) -> None:
    assignment = taught.create_assignment({"name": "Essay"})
    assert (assignment.name, assignment.course_id, assignment.published) == ("Essay", taught.id, False)
    assert (assignment.workflow_state, assignment.submission_types, assignment.allowed_attempts) == ("unpublished", ["none"], -1)
    (group,) = taught.get_assignment_groups()
    assert (group.name, group.id) == ("Assignments", assignment.assignment_group_id)


def test_an_assignment_keeps_what_it_was_made_with(taught: Course) -> None:
    due, lock, unlock = from_now(days=2), from_now(days=3), from_now(days=-1)
    fields = {"points_possible": 12.5, "grading_type": "percent", "due_at": due, "lock_at": lock, "unlock_at": unlock}
    fields |= {"submission_types": TYPES, "allowed_extensions": ["pdf", "docx"], "allowed_attempts": 3, "omit_from_final_grade": True}
    read = taught.get_assignment(made(taught, "Full", description="<b>Write</b>", position=1, peer_reviews=True, **fields).id)
    assert (read.points_possible, read.grading_type, read.submission_types) == (12.5, "percent", TYPES)
    assert (read.due_at_date, read.lock_at_date, read.unlock_at_date) == (due, lock, unlock)
    assert (read.allowed_extensions, read.allowed_attempts, read.position) == (["pdf", "docx"], 3, 1)
    assert read.omit_from_final_grade is True and read.peer_reviews is True and read.published is True
    assert read.description == "<b>Write</b>"


def test_an_assignment_is_changed_and_a_blank_clears_a_date(taught: Course) -> None:
    assignment = made(taught, "Old", due_at=from_now(days=1), points_possible=5)
    assignment.edit(assignment={"name": "New", "points_possible": 20, "published": False})
    assert (assignment.name, assignment.points_possible, assignment.published) == ("New", 20, False)
    assert assignment.due_at is not None
    assert assignment.edit(assignment={"due_at": ""}).due_at is None


def test_a_deleted_assignment_is_gone(taught: Course) -> None:
    assignment = made(taught, "Short-lived")
    assert assignment.delete().id == assignment.id
    assert names(taught) == []
    with pytest.raises(ResourceDoesNotExist):
        taught.get_assignment(assignment.id)
    with pytest.raises(ResourceDoesNotExist):
        assignment.edit(assignment={"name": "Back"})


def test_drafts_are_hidden_from_students(taught: Course, attended: Course, student: Person) -> None:
    draft, live = made(taught, "Draft", published=False), made(taught, "Live")
    assert names(taught) == ["Draft", "Live"] and names(attended) == ["Live"]
    assert attended.get_assignment(live.id).name == "Live"
    with pytest.raises((Forbidden, ResourceDoesNotExist)):
        attended.get_assignment(draft.id)
    with pytest.raises((Forbidden, ResourceDoesNotExist)):
        student.through(draft).submit({"submission_type": "online_text_entry", "body": "x"})
    (group,) = attended.get_assignment_groups(include=["assignments"])
    assert [row["name"] for row in group.assignments] == ["Live"]


def test_assignments_are_listed_in_the_order_asked_for(taught: Course) -> None:
    for name, days in (("B", 3), ("C", 1), ("A", None)):
        made(taught, name, **({"due_at": from_now(days=days)} if days else {}))
    assert names(taught) == names(taught, order_by="position") == ["B", "C", "A"]
    assert names(taught, order_by="name") == ["A", "B", "C"]
    assert names(taught, order_by="due_at") == ["C", "B", "A"]


def test_an_assignment_put_first_comes_first(taught: Course) -> None:
    made(taught, "A")
    made(taught, "B")
    made(taught, "C", position=1)
    assert names(taught) == ["C", "A", "B"]
    taught.get_assignments(search_term="B")[0].edit(assignment={"position": 1})
    assert names(taught) == ["B", "C", "A"]


def test_assignments_are_searched_by_name_and_id(taught: Course) -> None:
    essay, quiz = made(taught, "100% Essay"), made(taught, "Exam")
    assert names(taught, search_term="essay") == ["100% Essay"]
    assert names(taught, search_term="%") == ["100% Essay"]
    assert names(taught, assignment_ids=[quiz.id]) == ["Exam"]
    assert names(taught, assignment_ids=[essay.id, quiz.id], search_term="nothing") == []


def test_buckets_tell_what_is_past_overdue_undated_and_to_come(taught: Course, attended: Course) -> None:
    handed_in = made(taught, "Done", due_at=from_now(days=-1))
    made(taught, "Overdue", due_at=from_now(days=-1))
    made(taught, "Upcoming", due_at=from_now(days=1))
    made(taught, "Undated")
    attended.get_assignment(handed_in.id).submit({"submission_type": "online_text_entry", "body": "x"})
    expected = {
        "past": ["Done", "Overdue"],
        "overdue": ["Overdue"],
        "undated": ["Undated"],
        "unsubmitted": ["Overdue", "Undated", "Upcoming"],
        "upcoming": ["Upcoming"],
        "future": ["Upcoming"],
    }
    assert {bucket: sorted(names(attended, bucket=bucket)) for bucket in expected} == expected
    assert names(taught, bucket="ungraded") == ["Done"]


def test_staff_see_how_much_waits_for_a_grade_and_students_do_not(taught: Course, attended: Course, essay: Assignment) -> None:
    attended.get_assignment(essay.id).submit({"submission_type": "online_url", "url": "https://example.com/essay"})
    seen = taught.get_assignment(essay.id)
    assert (seen.needs_grading_count, seen.has_submitted_submissions, seen.unpublishable) == (1, True, False)
    assert not hasattr(attended.get_assignment(essay.id), "needs_grading_count")
    with pytest.raises(BadRequest):
        essay.edit(assignment={"published": False})


def test_a_student_is_told_why_an_assignment_is_locked(taught: Course, attended: Course) -> None:
    early = made(taught, "Early", unlock_at=from_now(days=1))
    seen = attended.get_assignment(early.id)
    assert seen.locked_for_user is True and seen.lock_explanation
    assert taught.get_assignment(early.id).locked_for_user is False


def test_a_list_includes_ones_own_submission(attended: Course, essay: Assignment) -> None:
    attended.get_assignment(essay.id).submit({"submission_type": "online_text_entry", "body": "mine"})
    (seen,) = attended.get_assignments(include=["submission"])
    assert (seen.submission["body"], seen.submission["workflow_state"]) == ("mine", "submitted")


def test_a_teacher_lists_assignments_as_they_concern_a_student(course: Course, taught: Course, student: Person, outsider: Person) -> None:
    assignment = made(taught, "Essay")
    found = student.canvas.get_current_user().get_assignments(course.id)
    assert [each.id for each in found] == [assignment.id]
    with pytest.raises(Forbidden):
        list(outsider.canvas.get_current_user().get_assignments(course.id))


@pytest.mark.parametrize("name", ["", " ", "x" * 256])
def test_a_name_is_not_changed_to_nothing_or_too_much(table: Classroom, name: str) -> None:
    with pytest.raises(BadRequest):
        table.essay.edit(assignment={"name": name})


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": " "},
        {"name": "x" * 256},
        {"submission_types": ["carrier_pigeon"]},
        {"submission_types": ["none", "online_url"]},
        {"grading_type": "stars"},
        {"points_possible": "many"},
        {"points_possible": -1},
        {"points_possible": "nan"},
        {"points_possible": "1e400"},
        {"due_at": "tomorrow"},
        {"due_at": "2026-02-30T00:00:00Z"},
        {"allowed_attempts": "twice"},
        {"allowed_attempts": -2},
        {"assignment_group_id": 999_999_999},
        {"published": "perhaps"},
        {"position": "first"},
    ],
)
def test_an_assignment_with_nonsense_is_refused(table: Classroom, fields: dict[str, object]) -> None:
    with pytest.raises(BadRequest):
        table.course.create_assignment({"name": "Nonsense", **fields})
    assert names(table.course) == ["Essay"]


def test_only_staff_make_change_and_delete_assignments(attended: Course, essay: Assignment, student: Person, outsider: Person) -> None:
    for person in (student, outsider):
        with pytest.raises(Forbidden):
            person.through(attended).create_assignment({"name": "Mine"})
        with pytest.raises(Forbidden):
            person.through(essay).edit(assignment={"points_possible": 1})
        with pytest.raises(Forbidden):
            person.through(essay).delete()


def test_an_assignment_of_another_course_is_not_this_courses(lms: Lms, course: Course) -> None:
    elsewhere = lms.course().create_assignment({"name": unique("Elsewhere")})
    with pytest.raises(ResourceDoesNotExist):
        course.get_assignment(elsewhere.id)
