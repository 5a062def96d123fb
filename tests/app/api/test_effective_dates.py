"""What overrides mean to a student: everywhere the same dates, and nothing of what is not theirs."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from app.models.assignments import Assignment
from app.models.courses import Course
from tests.app.api.quizzes import begin, maker
from tests.conftest import Api
from tests.factories import (
    AssignmentFactory,
    AssignmentGroupFactory,
    EnrollmentFactory,
    ModuleFactory,
    ModuleItemFactory,
    SectionFactory,
    SubmissionFactory,
)

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
DAY = dt.timedelta(days=1)
ESSAY = {"submission": {"submission_type": "online_text_entry", "body": "x"}}


def shown(when: dt.datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture
def work(course: Course) -> Callable[..., Assignment]:
    """A maker of assignments of the course."""
    group = AssignmentGroupFactory(course=course)

    def work(**fields: Any) -> Assignment:
        found: Assignment = AssignmentFactory(group=group, **fields)
        return found

    return work


@pytest.fixture
def override(teacher: Api, course: Course) -> Callable[..., int]:
    """A maker of overrides of an assignment; their ids."""

    def override(assignment_id: int, **fields: Any) -> int:
        dates = {name: shown(value) if isinstance(value, dt.datetime) else value for name, value in fields.items()}
        url = f"/courses/{course.id}/assignments/{assignment_id}/overrides"
        return int(teacher.ok("POST", url, json={"assignment_override": dates})["id"])

    return override


@pytest.fixture
def peer(enrolled: Callable[..., Api]) -> Api:
    """Another student."""
    return enrolled()


def test_a_student_and_who_observes_them_see_their_own_dates_and_others_the_assignments(
    student: Api, peer: Api, observer: Api, teacher: Api, course: Course, work: Callable[..., Assignment], override: Callable[..., int]
) -> None:
    essay = work(due_at=NOW - DAY, lock_at=NOW + DAY)
    override(essay.id, student_ids=[student.id], due_at=NOW + 2 * DAY, lock_at=None)
    url = f"/courses/{course.id}/assignments"
    theirs, own = (shown(NOW + 2 * DAY), None), (shown(NOW - DAY), shown(NOW + DAY))
    groups = f"/courses/{course.id}/assignment_groups?include[]=assignments"
    for api, expected in ((student, theirs), (observer, theirs), (peer, own), (teacher, own)):
        found = [*api.ok("GET", url), api.ok("GET", f"{url}/{essay.id}"), *api.ok("GET", groups)[0]["assignments"]]
        found += [api.ok("GET", f"/calendar_events/assignment_{essay.id}")["assignment"]]
        assert [(row["due_at"], row["lock_at"]) for row in found] == [expected] * 4
    for api in (student, observer, teacher):
        (seen,) = api.ok("GET", f"/users/{student.id}{url}?include[]=submission")
        assert (seen["due_at"], seen["submission"]["cached_due_date"], seen["submission"]["missing"]) == (theirs[0], theirs[0], False)
    assert teacher.ok("GET", f"/users/{peer.id}{url}?include[]=submission")[0]["submission"]["missing"] is True


def test_in_two_sections_the_later_end_and_the_earlier_beginning_hold(
    student: Api, course: Course, work: Callable[..., Assignment], override: Callable[..., int]
) -> None:
    essay = work(due_at=NOW)
    for days in (1, 2):
        section = SectionFactory(course=course)
        EnrollmentFactory(course=course, user=student.user, course_section_id=section.id)
        override(essay.id, course_section_id=section.id, due_at=NOW + days * DAY, unlock_at=NOW - days * DAY, lock_at=NOW + days * DAY)
    seen = student.ok("GET", f"/courses/{course.id}/assignments/{essay.id}")
    assert (seen["due_at"], seen["unlock_at"], seen["lock_at"]) == (shown(NOW + 2 * DAY), shown(NOW - 2 * DAY), shown(NOW + 2 * DAY))


def test_the_dates_of_a_section_go_with_the_enrolment(
    student: Api, teacher: Api, course: Course, work: Callable[..., Assignment], override: Callable[..., int]
) -> None:
    essay, section = work(due_at=NOW), SectionFactory(course=course)
    enrollment = EnrollmentFactory(course=course, user=student.user, course_section_id=section.id).id
    override(essay.id, course_section_id=section.id, due_at=NOW + DAY)
    url, gone = f"/courses/{course.id}/assignments/{essay.id}", f"/courses/{course.id}/enrollments/{enrollment}"
    assert student.ok("GET", url)["due_at"] == shown(NOW + DAY)
    teacher.ok("DELETE", f"{gone}?task=inactivate")
    assert student.ok("GET", url)["due_at"] == shown(NOW)
    teacher.ok("PUT", f"{gone}/reactivate")
    assert student.ok("GET", url)["due_at"] == shown(NOW + DAY)
    teacher.ok("DELETE", f"{gone}?task=delete")
    assert student.ok("GET", url)["due_at"] == shown(NOW)


def test_buckets_order_and_lists_of_what_waits_go_by_the_students_dates(
    student: Api, peer: Api, course: Course, work: Callable[..., Assignment], override: Callable[..., int]
) -> None:
    first, second = work(due_at=NOW - DAY), work(due_at=NOW + DAY)
    override(first.id, student_ids=[student.id], due_at=NOW + 3 * DAY)
    override(second.id, student_ids=[student.id], due_at=NOW - 2 * DAY)
    url = f"/courses/{course.id}/assignments"

    def ids(api: Api, path: str) -> list[int]:
        return [row["id"] for row in api.ok("GET", path)]

    for api, past, coming in ((student, second, first), (peer, first, second)):
        assert ids(api, f"{url}?bucket=past") == ids(api, f"{url}?bucket=overdue") == [past.id]
        assert ids(api, f"{url}?bucket=upcoming") == ids(api, f"{url}?bucket=future") == [coming.id]
        assert ids(api, f"{url}?order_by=due_at") == [past.id, coming.id]
        assert ids(api, "/users/self/missing_submissions") == [past.id]
        assert [row["assignment"]["id"] for row in api.ok("GET", "/users/self/todo")] == [coming.id]
        day = shown(NOW + (3 if api is student else 1) * DAY)
        events = api.ok("GET", f"/calendar_events?type=assignment&context_codes[]=course_{course.id}&start_date={day}&end_date={day}")
        assert [event["assignment"]["id"] for event in events] == [coming.id]
    override(work(due_at=NOW).id, student_ids=[student.id], due_at=None)
    assert len(ids(student, f"{url}?bucket=undated")) == 1 and ids(peer, f"{url}?bucket=undated") == []


def test_it_is_locked_and_opened_for_whom_an_override_says_so(
    student: Api, peer: Api, course: Course, work: Callable[..., Assignment], override: Callable[..., int]
) -> None:
    ended, running = work(lock_at=NOW - DAY), work(submission_types=["online_text_entry", "online_upload"])
    override(ended.id, student_ids=[student.id], lock_at=NOW + DAY)
    override(running.id, student_ids=[student.id], unlock_at=NOW + DAY)
    url = f"/courses/{course.id}/assignments"

    def submits(api: Api, assignment: Assignment) -> int:
        return api.post(f"{url}/{assignment.id}/submissions", json=ESSAY).status_code

    assert (submits(student, ended), submits(peer, ended)) == (201, 403)
    assert (submits(student, running), submits(peer, running)) == (403, 201)
    seen = student.ok("GET", f"{url}/{running.id}")
    assert (seen["locked_for_user"], seen["description"]) == (True, None)
    upload = {"name": "a.txt", "size": 1}
    path = f"{url}/{running.id}/submissions/self/files"
    assert (student.post(path, json=upload).status_code, peer.post(path, json=upload).status_code) == (403, 200)


def test_work_is_late_or_missing_by_each_students_dates(
    student: Api, peer: Api, teacher: Api, course: Course, work: Callable[..., Assignment], override: Callable[..., int]
) -> None:
    essay, undone = work(due_at=NOW - DAY), work(due_at=NOW - DAY)
    for user in (student.user, peer.user):
        SubmissionFactory(assignment=essay, user=user, submitted_at=NOW)
    granted = override(essay.id, student_ids=[student.id], due_at=NOW - dt.timedelta(hours=1))
    override(undone.id, student_ids=[student.id], due_at=None)
    url = f"/courses/{course.id}"

    def late(path: str) -> list[tuple[int, int]]:
        rows = teacher.ok("GET", path)
        return sorted((row["user_id"], row["seconds_late"]) for row in rows if row["assignment_id"] == essay.id)

    expected = sorted([(student.id, 3600), (peer.id, 86400)])
    everybody = f"{url}/students/submissions?student_ids[]=all&per_page=50"
    assert late(everybody) == late(f"{url}/assignments/{essay.id}/submissions") == expected
    missing = {row["user_id"]: row["missing"] for row in teacher.ok("GET", everybody) if row["assignment_id"] == undone.id}
    assert missing == {student.id: False, peer.id: True}
    one = f"{url}/assignments/{essay.id}/submissions/{student.id}"
    history = teacher.ok("GET", f"{one}?include[]=submission_history&include[]=assignment")
    assert history["submission_history"][0]["seconds_late"] == history["seconds_late"] == 3600
    assert student.ok("GET", f"{one}?include[]=assignment")["assignment"]["due_at"] == shown(NOW - dt.timedelta(hours=1))
    teacher.ok("PUT", f"{url}/assignments/{essay.id}/overrides/{granted}", json={"assignment_override": {"due_at": shown(NOW + DAY)}})
    assert teacher.ok("GET", one)["late"] is False
    teacher.ok("DELETE", f"{url}/assignments/{essay.id}/overrides/{granted}")
    assert teacher.ok("GET", one)["seconds_late"] == 86400


def test_what_is_not_theirs_is_nowhere_for_a_student(
    student: Api, peer: Api, observer: Api, teacher: Api, course: Course, work: Callable[..., Assignment], override: Callable[..., int]
) -> None:
    common, essay = work(due_at=NOW + DAY), work(due_at=NOW + DAY, only_visible_to_overrides=True)
    override(essay.id, student_ids=[student.id], due_at=NOW + DAY)
    module = ModuleFactory(course=course)
    for thing in (common, essay):
        fields = {"type": "Assignment", "content_id": thing.id, "requirement": "must_submit"}
        ModuleItemFactory(module=module, title=None, external_url=None, **fields)
    url = f"/courses/{course.id}"
    calendar = f"/calendar_events?type=assignment&all_events=1&context_codes[]=course_{course.id}"
    lists = {
        f"{url}/assignments": "id",
        f"{url}/students/submissions": "assignment_id",
        f"{url}/modules/{module.id}/items": "content_id",
        f"/users/self{url}/assignments": "id",
    }
    for api, expected in ((student, {common.id, essay.id}), (peer, {common.id}), (observer, {common.id, essay.id})):
        for path, key in lists.items():
            if api is not observer or "self" not in path:
                query = f"?student_ids[]={student.id}" if api is observer else ""
                assert {row[key] for row in api.ok("GET", path + query)} == expected, path
        assert {row["assignment"]["id"] for row in api.ok("GET", calendar)} == expected
        assert {row["id"] for row in api.ok("GET", f"{url}/assignment_groups?include[]=assignments")[0]["assignments"]} == expected
        assert api.ok("GET", f"{url}/modules")[0]["items_count"] == len(expected)
    assert len(student.ok("GET", "/users/self/todo")) == 2 and len(peer.ok("GET", "/users/self/todo")) == 1
    target = f"{url}/assignments/{essay.id}"
    for path in (target, f"{target}/submissions/self", f"/calendar_events/assignment_{essay.id}"):
        assert (student.get(path).status_code, peer.get(path).status_code) == (200, 403)
    assert peer.post(f"{target}/submissions", json=ESSAY).status_code == 403
    grade = {"submission": {"posted_grade": "5"}}
    assert teacher.put(f"{target}/submissions/{peer.id}", json=grade).status_code == 403
    assert [row["user_id"] for row in teacher.ok("GET", f"{target}/submissions")] == [student.id]
    assert {row["id"] for row in teacher.ok("GET", f"{url}/assignments")} == {common.id, essay.id}
    assert [row["id"] for row in teacher.ok("GET", f"/users/{peer.id}{url}/assignments")] == [common.id]


def test_a_module_does_not_wait_for_work_that_is_not_theirs(
    student: Api, peer: Api, course: Course, work: Callable[..., Assignment]
) -> None:
    essay, other = work(only_visible_to_overrides=True), work()
    first = ModuleFactory(course=course, position=1)
    later = ModuleFactory(course=course, position=2, prerequisite_module_ids=[first.id])
    fields = {"title": None, "external_url": None, "type": "Assignment"}
    ModuleItemFactory(module=first, content_id=essay.id, requirement="must_submit", **fields)
    ModuleItemFactory(module=later, content_id=other.id, **fields)
    assert student.ok("GET", f"/courses/{course.id}/assignments/{other.id}")["locked_for_user"] is False


def test_module_items_tell_the_students_dates(
    student: Api, peer: Api, course: Course, work: Callable[..., Assignment], override: Callable[..., int]
) -> None:
    essay, module = work(due_at=NOW), ModuleFactory(course=course)
    ModuleItemFactory(module=module, title=None, external_url=None, type="Assignment", content_id=essay.id)
    override(essay.id, student_ids=[student.id], due_at=NOW + DAY, lock_at=NOW - DAY)
    for api, expected in ((student, (shown(NOW + DAY), True)), (peer, (shown(NOW), False))):
        (item,) = api.ok("GET", f"/courses/{course.id}/modules/{module.id}/items?include[]=content_details")
        assert (item["content_details"]["due_at"], item["content_details"]["locked_for_user"]) == expected


def test_what_is_not_theirs_does_not_count_in_totals_nor_wait_for_a_grade(
    student: Api, peer: Api, teacher: Api, course: Course, work: Callable[..., Assignment], override: Callable[..., int]
) -> None:
    common, essay, waiting = (work() for _ in range(3))
    for user in (student.user, peer.user):
        SubmissionFactory(assignment=common, user=user, score=10.0, workflow_state="graded")
        SubmissionFactory(assignment=essay, user=user, score=0.0, workflow_state="graded")
        SubmissionFactory(assignment=waiting, user=user)
    url = f"/courses/{course.id}"

    def scores() -> dict[int, float]:
        rows = teacher.ok("GET", f"{url}/enrollments?type[]=StudentEnrollment")
        return {row["user_id"]: row["grades"]["current_score"] for row in rows}

    assert scores() == {student.id: 50.0, peer.id: 50.0}
    for thing in (essay, waiting):
        override(thing.id, student_ids=[student.id])
        teacher.ok("PUT", f"{url}/assignments/{thing.id}", json={"assignment": {"only_visible_to_overrides": True}})
    assert scores() == {student.id: 50.0, peer.id: 100.0}
    assert teacher.ok("GET", f"{url}/assignments/{waiting.id}")["needs_grading_count"] == 1
    assert teacher.ok("GET", f"{url}?include[]=needs_grading_count")["needs_grading_count"] == 1


def test_a_quiz_has_the_dates_of_the_overrides_of_its_assignment(
    student: Api, peer: Api, teacher: Api, course: Course, override: Callable[..., int]
) -> None:
    url = maker(teacher, course)(lock_at=shown(NOW - DAY), due_at=shown(NOW - 2 * DAY))
    assignment = teacher.ok("GET", url)["assignment_id"]
    end = NOW + DAY
    override(assignment, student_ids=[student.id], lock_at=end, due_at=None)
    seen = [student.ok("GET", url), student.ok("GET", f"/courses/{course.id}/quizzes")[0]]
    assert [(quiz["lock_at"], quiz["due_at"], quiz["locked_for_user"]) for quiz in seen] == [(shown(end), None, False)] * 2
    assert peer.ok("GET", url)["locked_for_user"] is True
    assert begin(student, url)["end_at"] == shown(end)
    assert peer.post(f"{url}/submissions").status_code == 403


def test_a_quiz_that_is_not_theirs_is_hidden(student: Api, peer: Api, teacher: Api, course: Course, override: Callable[..., int]) -> None:
    url = maker(teacher, course)()
    work = f"/courses/{course.id}/assignments/{teacher.ok('GET', url)['assignment_id']}"
    override(int(work.rpartition("/")[2]), student_ids=[student.id])
    taken = begin(peer, url)
    teacher.ok("PUT", work, json={"assignment": {"only_visible_to_overrides": True}})
    assert (student.get(url).status_code, peer.get(url).status_code) == (200, 403)
    assert (len(student.ok("GET", f"/courses/{course.id}/quizzes")), peer.ok("GET", f"/courses/{course.id}/quizzes")) == (1, [])
    assert peer.post(f"{url}/submissions").status_code == peer.get(f"/quiz_submissions/{taken['id']}/questions").status_code == 403
    practice = maker(teacher, course)(quiz_type="practice_quiz")
    assert peer.get(practice).status_code == 200


def test_staff_who_grade_see_what_waits_in_restricted_work(
    student: Api, teacher: Api, course: Course, work: Callable[..., Assignment], override: Callable[..., int]
) -> None:
    essay = work(only_visible_to_overrides=True)
    override(essay.id, student_ids=[student.id])
    student.ok("POST", f"/courses/{course.id}/assignments/{essay.id}/submissions", json=ESSAY)
    assert [(row["type"], row["assignment"]["id"]) for row in teacher.ok("GET", "/users/self/todo")] == [("grading", essay.id)]
