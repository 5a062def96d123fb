"""Late policies: made, changed, and what they do to grades."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import time_machine

from app.models.courses import Course
from tests.app.api.quizzes import answer, begin, complete, maker
from tests.app.api.quizzes import work as quiz_work
from tests.conftest import Api
from tests.factories import AssignmentFactory, AssignmentGroupFactory, LatePolicyFactory, SubmissionFactory

Fetch = Callable[[Any], list[Any]]
Desk = Callable[..., str]
HANDED_IN = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
LONG_AGO = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
TEXT = {"submission": {"submission_type": "online_text_entry", "body": "My work."}}
PERCENTAGES = ("late_submission_deduction", "late_submission_minimum_percent", "missing_submission_deduction")


@pytest.fixture
def desk(course: Course, student: Api) -> Desk:
    """A maker of assignments of 10 points that the student handed in some hours late, or not at all; the submission's URL."""

    def desk(hours: float | None = 30, **fields: Any) -> str:
        due = {"due_at": LONG_AGO if hours is None else HANDED_IN - dt.timedelta(hours=hours)}
        made = AssignmentFactory(group=AssignmentGroupFactory(course=course), **{**due, **fields})
        if hours is not None:
            SubmissionFactory(assignment=made, user=student.user)
        return f"/courses/{course.id}/assignments/{made.id}/submissions/{student.id}"

    return desk


def grade(api: Api, url: str, posted: object = None, **more: Any) -> dict[str, Any]:
    given = {} if posted is None else {"posted_grade": posted}
    found: dict[str, Any] = api.ok("PUT", url, json={"submission": given | more})
    return found


def marks(seen: dict[str, Any]) -> tuple[Any, ...]:
    """What was given, what was taken, what is left."""
    return seen["entered_score"], seen["points_deducted"], seen["score"]


@pytest.mark.parametrize("due_at", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:01Z", "1969-12-31T23:59:59Z"])
def test_what_was_due_before_all_time_is_no_bug(teacher: Api, course: Course, due_at: str) -> None:
    LatePolicyFactory(course=course)
    made = teacher.ok("POST", f"/courses/{course.id}/assignments", json={"assignment": {"name": "Old", "due_at": due_at}})
    changed = teacher.ok(
        "PUT", f"/courses/{course.id}/assignments/{made['id']}", json={"assignment": {"due_at": due_at, "published": True}}
    )
    assert made["due_at"] == changed["due_at"] == due_at


def test_a_course_has_one_policy_at_most(teacher: Api, course: Course) -> None:
    url = f"/courses/{course.id}/late_policy"
    assert teacher.get(url).status_code == teacher.call("PATCH", url, json={"late_policy": {}}).status_code == 404
    made = teacher.post(url, data={"late_policy[late_submission_deduction]": "12.5", "late_policy[late_submission_interval]": "hour"})
    policy = made.get_json()["late_policy"]
    assert (made.status_code, policy["course_id"], policy["late_submission_interval"]) == (201, course.id, "hour")
    assert [policy[name] for name in PERCENTAGES] == [12.5, 0, 0]
    assert [value for name, value in policy.items() if name.endswith("_enabled")] == [False] * 3
    assert teacher.ok("GET", url)["late_policy"] == policy
    again = teacher.post(url, json={"late_policy": {}})
    assert again.status_code == 400 and "only one late policy" in again.get_data(as_text=True)
    changed = teacher.call("PATCH", url, json={"late_policy": {"late_submission_deduction_enabled": True}})
    assert (changed.status_code, changed.get_data()) == (204, b"")
    assert teacher.ok("GET", url)["late_policy"]["late_submission_deduction_enabled"] is True


@pytest.mark.parametrize(
    "wrong",
    [{name: value} for name in PERCENTAGES for value in (-0.1, 100.1, "much", None)]
    + [{"late_submission_interval": value} for value in ("week", "", None)]
    + [{"late_submission_deduction_enabled": "perhaps"}, None],
)
def test_nonsense_is_refused_and_makes_no_policy(teacher: Api, course: Course, wrong: dict[str, Any] | None, fetch: Fetch) -> None:
    assert teacher.post(f"/courses/{course.id}/late_policy", json={"late_policy": wrong} if wrong else {}).status_code == 400
    assert fetch("SELECT id FROM late_policies") == []


def test_staff_of_one_section_change_no_grades_of_others(enrolled: Callable[..., Api], course: Course) -> None:
    ta = enrolled("TaEnrollment", limit_privileges_to_course_section=True)
    assert ta.post(f"/courses/{course.id}/late_policy", json={"late_policy": {}}).status_code == 403


def test_late_work_loses_what_the_policy_takes(teacher: Api, student: Api, course: Course, desk: Desk, fetch: Fetch) -> None:
    LatePolicyFactory(course=course)
    url = desk(30)
    seen = grade(teacher, url, "9")
    assert (marks(seen), seen["grade"], seen["entered_grade"]) == ((9, 2, 7), "7", "9")
    assert (seen["late"], seen["seconds_late"]) == (True, 30 * 3600)
    assert marks(student.ok("GET", url)) == (9, 2, 7)
    assert fetch("SELECT score_before, score_after, grade_after FROM grade_changes") == [(None, 7, "7")]
    (row,) = teacher.ok("GET", f"/courses/{course.id}/enrollments?type[]=StudentEnrollment")
    assert row["grades"]["current_score"] == row["grades"]["final_score"] == 70
    assert marks(grade(teacher, url, "")) == (None, None, None)


@pytest.mark.parametrize(
    ("kind", "posted", "wanted", "grades"),
    [
        ("percent", "90%", (9, 2, 7), ("70%", "90%")),
        ("letter_grade", "A", (10, 2, 8), ("B-", "A")),
        ("gpa_scale", "A", (10, 2, 8), ("B-", "A")),
        ("pass_fail", "complete", (10, 0, 10), ("complete", "complete")),
    ],
)
def test_every_grading_type_shows_both_grades(
    teacher: Api, course: Course, desk: Desk, kind: str, posted: str, wanted: tuple[float, ...], grades: tuple[str, str]
) -> None:
    LatePolicyFactory(course=course)
    seen = grade(teacher, desk(30, grading_type=kind), posted)
    assert (marks(seen), (seen["grade"], seen["entered_grade"])) == (wanted, grades)


def test_staff_say_how_late_work_is(teacher: Api, course: Course, desk: Desk, fetch: Fetch) -> None:
    LatePolicyFactory(course=course)
    url = desk(30)
    grade(teacher, url, "9")
    for status in ("none", "extended"):
        seen = grade(teacher, url, late_policy_status=status)
        assert (marks(seen), seen["late_policy_status"]) == ((9, None, 9), status)
        assert (seen["late"], seen["missing"], seen["seconds_late"]) == (False, False, 0)
    seen = grade(teacher, url, late_policy_status="late", seconds_late_override=3 * 86400)
    assert (marks(seen), seen["late"], seen["seconds_late"]) == ((9, 3, 6), True, 3 * 86400)
    assert marks(grade(teacher, url, seconds_late_override=86400)) == (9, 1, 8)
    assert marks(grade(teacher, url, seconds_late_override=None)) == (9, 0, 9)
    seen = grade(teacher, url, late_policy_status="missing", seconds_late_override=5)
    assert (marks(seen), seen["missing"], seen["late"]) == ((9, None, 9), True, False)
    assert fetch("SELECT seconds_late_override FROM submissions") == [(None,)]
    assert marks(grade(teacher, url, late_policy_status=None)) == (9, 2, 7)
    changes = [row for (row,) in fetch("SELECT score_after FROM grade_changes ORDER BY id")]
    assert changes == [7, 9, 6, 8, 9, 7]
    seen = grade(teacher, url, excuse=True)
    assert (marks(seen), seen["late"], seen["seconds_late"]) == ((None, None, None), False, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"late_policy_status": "later"},
        {"late_policy_status": 1},
        {"seconds_late_override": -1},
        {"seconds_late_override": "x"},
        {"seconds_late_override": 10**12},
    ],
)
def test_nonsense_about_lateness_is_refused(teacher: Api, desk: Desk, wrong: dict[str, Any]) -> None:
    assert teacher.put(desk(), json={"submission": wrong}).status_code == 400


def test_students_say_nothing_of_their_own_lateness(student: Api, desk: Desk) -> None:
    assert student.put(desk(), json={"submission": {"late_policy_status": "none"}}).status_code == 403


def test_missing_work_gets_its_score_and_gives_it_back(teacher: Api, student: Api, course: Course, desk: Desk, fetch: Fetch) -> None:
    LatePolicyFactory(course=course, missing_submission_deduction=80.0)
    url = desk(None, due_at=None)
    assert teacher.ok("GET", url)["missing"] is False
    seen = grade(teacher, url, late_policy_status="missing")
    assert (marks(seen), seen["missing"], seen["workflow_state"], seen["grader_id"]) == ((2, None, 2), True, "graded", None)
    assert fetch("SELECT grader_id, score_after FROM grade_changes") == [(teacher.id, 2)]
    missed = student.ok("GET", "/users/self/missing_submissions")
    assert [work["course_id"] for work in missed] == [course.id]
    seen = grade(teacher, url, late_policy_status=None)
    assert (marks(seen), seen["grade"], seen["workflow_state"], seen["graded_at"]) == ((None, None, None), None, "unsubmitted", None)
    assert marks(grade(teacher, url, "7", late_policy_status="missing")) == (7, None, 7)
    seen = grade(teacher, url, late_policy_status="none")
    assert (marks(seen), seen["missing"]) == ((7, None, 7), False)


def test_taking_the_grade_of_missing_work_away_leaves_what_the_policy_gives(teacher: Api, course: Course, desk: Desk) -> None:
    LatePolicyFactory(course=course)
    url = desk(None)
    assert grade(teacher, url, "7")["missing"] is False
    seen = grade(teacher, url, "")
    assert (seen["score"], seen["grade"], seen["missing"], seen["workflow_state"]) == (0, "0", True, "graded")


def test_work_handed_in_again_keeps_the_deduction_of_the_attempt_that_was_graded(
    teacher: Api, student: Api, course: Course, desk: Desk
) -> None:
    LatePolicyFactory(course=course)
    url = desk(30)
    grade(teacher, url, "9")
    teacher.ok("PUT", url, json={"comment": {"text_comment": "Again, please."}})
    seen = student.ok("POST", f"{url.rpartition('/')[0]}?include[]=submission_history", json=TEXT)
    assert (marks(seen), seen["workflow_state"], seen["grade_matches_current_submission"]) == ((9, 2, 7), "submitted", False)
    first, second = seen["submission_history"]
    assert (first["seconds_late"], marks(first), first["entered_grade"]) == (30 * 3600, (9, 2, 7), "9")
    assert second["seconds_late"] == seen["seconds_late"] > 30 * 3600
    # A change of the policy meets the attempt that was graded.
    teacher.call("PATCH", f"/courses/{course.id}/late_policy", json={"late_policy": {"late_submission_deduction": 20}})
    assert marks(teacher.ok("GET", url)) == (9, 4, 5)
    seen = grade(teacher, url, "9")
    assert (marks(seen), seen["grade_matches_current_submission"]) == ((9, 9, 0), True)


def test_an_attempt_keeps_what_staff_said_of_it(teacher: Api, student: Api, course: Course, desk: Desk) -> None:
    LatePolicyFactory(course=course)
    url = desk(None)
    collection = f"{url.rpartition('/')[0]}?include[]=submission_history"
    student.ok("POST", collection, json=TEXT)
    grade(teacher, url, "9", late_policy_status="late", seconds_late_override=60)
    again = student.ok("POST", collection, json=TEXT)
    assert (again["late_policy_status"], marks(again)) == (None, (9, 1, 8))
    first = again["submission_history"][0]
    assert (first["late_policy_status"], first["seconds_late"], first["late"]) == ("late", 60, True)
    teacher.call("PATCH", f"/courses/{course.id}/late_policy", json={"late_policy": {"late_submission_deduction": 20}})
    assert marks(teacher.ok("GET", url)) == (9, 1, 8)  # nobody can say what it would have cost
    grade(teacher, url, "9", late_policy_status="extended")
    assert student.ok("POST", collection, json=TEXT)["late_policy_status"] == "extended"


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"due_at": "2026-02-27T12:00:00Z"}, (9, 2, 7)),
        ({"due_at": "2026-02-28T12:00:01Z"}, (9, 1, 8)),
        ({"due_at": "2026-03-01T12:00:00Z"}, (9, None, 9)),
        ({"due_at": None}, (9, None, 9)),
        ({"points_possible": 20}, (9, 4, 5)),
        ({"points_possible": 0}, (9, 0, 9)),
        ({"grading_type": "not_graded"}, (9, 0, 9)),
    ],
)
def test_a_change_of_the_assignment_recomputes_its_deductions(
    teacher: Api, course: Course, desk: Desk, fetch: Fetch, change: dict[str, Any], wanted: tuple[float, ...]
) -> None:
    LatePolicyFactory(course=course)
    url = desk(30)
    grade(teacher, url, "9")
    teacher.ok("PUT", url.partition("/submissions")[0], json={"assignment": change})
    assert marks(teacher.ok("GET", url)) == wanted
    changes = [row for (row,) in fetch("SELECT score_after FROM grade_changes ORDER BY id")]
    assert changes == ([7] if wanted[2] == 7 else [7, wanted[2]])


def test_the_policy_that_comes_and_changes_recomputes_what_is_graded(teacher: Api, course: Course, desk: Desk, fetch: Fetch) -> None:
    late, in_time, ungraded = desk(30), desk(0), desk(30)
    for url in (late, in_time):
        grade(teacher, url, "9")
    assert marks(teacher.ok("GET", late)) == (9, 0, 9)
    url = f"/courses/{course.id}/late_policy"
    teacher.ok("POST", url, json={"late_policy": {"late_submission_deduction": 30, "late_submission_deduction_enabled": True}})
    assert [marks(teacher.ok("GET", work)) for work in (late, in_time, ungraded)] == [(9, 6, 3), (9, None, 9), (None, None, None)]
    teacher.call(
        "PATCH", url, json={"late_policy": {"late_submission_minimum_percent": 50, "late_submission_minimum_percent_enabled": True}}
    )
    assert marks(teacher.ok("GET", late)) == (9, 4, 5)
    teacher.call("PATCH", url, json={"late_policy": {"late_submission_deduction_enabled": False}})
    assert marks(teacher.ok("GET", late)) == (9, 0, 9)
    recorded = fetch("SELECT score_before, score_after, grader_id FROM grade_changes ORDER BY id")
    assert recorded == [(None, 9, teacher.id)] * 2 + [(9, 3, teacher.id), (3, 5, teacher.id), (5, 9, teacher.id)]


def test_late_quizzes_lose_points_for_the_attempt_that_counts(teacher: Api, student: Api, course: Course) -> None:
    url = maker(teacher, course)(allowed_attempts=-1, due_at="2026-01-01T00:00:00Z")
    LatePolicyFactory(course=course, late_submission_deduction=1.0, late_submission_minimum_percent=25.0)
    taken = begin(student, url)
    answer(student, taken)
    complete(student, url, taken)
    seen = quiz_work(teacher, url, student)
    assert (marks(seen), seen["late"]) == ((1, 1, 0), True)
    change = {"late_submission_minimum_percent_enabled": True}
    teacher.call("PATCH", f"/courses/{course.id}/late_policy", json={"late_policy": change})
    assert marks(quiz_work(teacher, url, student)) == (1, 0.75, 0.25)
    # Another attempt that is worse and later still changes nothing.
    complete(student, url, begin(student, url))
    assert marks(quiz_work(teacher, url, student)) == (1, 0.75, 0.25)


def test_a_worse_attempt_after_the_due_date_costs_nothing(teacher: Api, student: Api, course: Course) -> None:
    LatePolicyFactory(course=course)
    with time_machine.travel(HANDED_IN, tick=False) as clock:
        url = maker(teacher, course)(allowed_attempts=-1, due_at=(HANDED_IN + dt.timedelta(hours=1)).isoformat())
        taken = begin(student, url)
        answer(student, taken)
        complete(student, url, taken)
        clock.shift(2 * 86400)
        complete(student, url, begin(student, url))
        seen = quiz_work(teacher, url, student)
    assert (marks(seen), seen["late"], seen["seconds_late"]) == ((1, None, 1), True, 47 * 3600 - 60)
