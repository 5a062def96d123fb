"""Overrides where features meet: late policies, the clock of missing work, graded discussions, the way through modules."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from app.extensions import db
from app.models.courses import Course
from app.models.types import utc_now
from app.services import late_policies, sis_courses
from app.services.permissions import Caller
from tests.conftest import Api
from tests.factories import (
    AssignmentFactory,
    AssignmentGroupFactory,
    LatePolicyFactory,
    ModuleFactory,
    ModuleItemFactory,
    SectionFactory,
    SubmissionFactory,
)

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
DAY = dt.timedelta(days=1)


@pytest.fixture
def peer(enrolled: Callable[..., Api]) -> Api:
    """Another student."""
    return enrolled()


def given(api: Api, work: str, override: int | None = None, **fields: Any) -> int:
    """An override of that assignment, made or changed; its id."""
    dates = {name: f"{value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, dt.datetime) else value for name, value in fields.items()}
    method, url = ("POST", f"{work}/overrides") if override is None else ("PUT", f"{work}/overrides/{override}")
    return int(api.ok(method, url, json={"assignment_override": dates})["id"])


def test_what_late_work_loses_follows_the_overrides(teacher: Api, student: Api, peer: Api, course: Course) -> None:
    policy = {"late_submission_deduction_enabled": True, "late_submission_deduction": 10, "late_submission_interval": "day"}
    LatePolicyFactory(course=course, **policy)
    made = AssignmentFactory(group=AssignmentGroupFactory(course=course), due_at=NOW - 3 * DAY)
    work = f"/courses/{course.id}/assignments/{made.id}"
    for who in (student, peer):
        SubmissionFactory(assignment=made, user=who.user, submitted_at=NOW - DAY)
        teacher.ok("PUT", f"{work}/submissions/{who.id}", json={"submission": {"posted_grade": 10}})

    def scores() -> list[float]:
        return [teacher.ok("GET", f"{work}/submissions/{who.id}")["score"] for who in (student, peer)]

    assert scores() == [8, 8]
    override = given(teacher, work, student_ids=[student.id], due_at=NOW - 2 * DAY)
    assert scores() == [9, 8]
    given(teacher, work, override, student_ids=[peer.id], due_at=None)
    assert scores() == [8, 10]
    teacher.ok("DELETE", f"{work}/overrides/{override}")
    assert scores() == [8, 8]
    section = SectionFactory(course=course).id
    enrollment = {"user_id": student.id, "type": "StudentEnrollment", "enrollment_state": "active"}
    teacher.ok("POST", f"/sections/{section}/enrollments", json={"enrollment": enrollment})
    given(teacher, work, course_section_id=section, due_at=NOW)
    assert scores() == [10, 8]
    changes = teacher.ok("GET", f"/audit/grade_change/assignments/{made.id}")["events"]
    assert len(changes) == 2 + 5 and {change["links"]["grader"] for change in changes} == {teacher.id}


def test_missing_work_is_looked_for_by_the_dates_that_overrides_set(teacher: Api, student: Api, peer: Api, course: Course) -> None:
    LatePolicyFactory(course=course, missing_submission_deduction_enabled=True, missing_submission_deduction=75)
    made = AssignmentFactory(group=AssignmentGroupFactory(course=course), due_at=NOW + DAY)
    work = f"/courses/{course.id}/assignments/{made.id}"

    def looked() -> list[float | None]:
        place: late_policies.Place | None = late_policies.BEGIN
        teacher_sees = []
        while place is not None:
            place = late_policies.score_missing(utc_now(), place)
        db.session.commit()
        for who in (student, peer):
            teacher_sees.append(teacher.ok("GET", f"{work}/submissions/{who.id}")["score"])
        return teacher_sees

    assert looked() == [None, None]
    override = given(teacher, work, student_ids=[student.id], due_at=NOW - 30 * DAY)
    assert looked() == [2.5, None]
    given(teacher, work, override, due_at=NOW + DAY)
    assert looked() == [None, None]
    given(teacher, work, override, student_ids=[student.id, peer.id], due_at=NOW - 60 * DAY)
    assert looked() == [2.5, 2.5]


def test_a_graded_discussion_has_the_dates_of_overrides_and_is_hidden_where_it_is_not_theirs(
    teacher: Api, student: Api, peer: Api, observer: Api, course: Course
) -> None:
    topics = f"/courses/{course.id}/discussion_topics"
    lock = f"{NOW - DAY:%Y-%m-%dT%H:%M:%SZ}"
    topic = teacher.ok("POST", topics, json={"title": "Talk", "message": "Say", "assignment": {"points_possible": 10, "lock_at": lock}})
    work, url = f"/courses/{course.id}/assignments/{topic['assignment_id']}", f"{topics}/{topic['id']}"
    given(teacher, work, student_ids=[student.id], lock_at=NOW + DAY)

    def says(api: Api) -> int:
        return api.post(f"{url}/entries", json={"message": "I say."}).status_code

    assert (says(student), says(peer)) == (201, 403)
    for api, locked in ((student, False), (observer, False), (peer, True)):
        seen = api.ok("GET", url)
        assert (seen["locked"], seen["assignment"]["lock_at"] == lock) == (locked, locked)
        listed = [row["id"] for row in api.ok("GET", f"{topics}?scope=unlocked")]
        assert listed == ([] if locked else [topic["id"]])
    teacher.ok("PUT", work, json={"assignment": {"only_visible_to_overrides": True}})
    for api, status in ((student, 200), (observer, 200), (peer, 403)):
        assert (api.get(url).status_code, api.get(f"{url}/view").status_code) == (status, status)
        assert len(api.ok("GET", topics)) == (status == 200)
    assert len(teacher.ok("GET", topics)) == 1


def test_the_way_through_modules_leaves_out_what_is_not_theirs(teacher: Api, student: Api, peer: Api, course: Course) -> None:
    group, module = AssignmentGroupFactory(course=course), ModuleFactory(course=course)
    works = [AssignmentFactory(group=group, only_visible_to_overrides=number == 1) for number in range(3)]
    fields = {"title": None, "external_url": None, "type": "Assignment"}
    items = [ModuleItemFactory(module=module, position=n, content_id=work.id, **fields).id for n, work in enumerate(works, 1)]
    given(teacher, f"/courses/{course.id}/assignments/{works[1].id}", student_ids=[student.id])
    path = f"/courses/{course.id}/module_item_sequence?asset_type=ModuleItem&asset_id={items[0]}"
    after = {api.id: api.ok("GET", path)["items"][0]["next"]["id"] for api in (student, peer, teacher)}
    assert after == {student.id: items[1], peer.id: items[2], teacher.id: items[1]}


def test_what_comes_next_and_what_happened_go_by_overrides(teacher: Api, student: Api, peer: Api, observer: Api, course: Course) -> None:
    made = AssignmentFactory(group=AssignmentGroupFactory(course=course), due_at=NOW + 30 * DAY)
    work = f"/courses/{course.id}/assignments/{made.id}"
    given(teacher, work, student_ids=[student.id], due_at=NOW + DAY)
    SubmissionFactory(assignment=made, user=student.user, score=9.0, workflow_state="graded", graded_at=NOW)
    SubmissionFactory(assignment=made, user=peer.user, score=9.0, workflow_state="graded", graded_at=NOW)
    talk = {"title": "Talk", "message": "Say", "assignment": {"points_possible": 10}}
    topic = teacher.ok("POST", f"/courses/{course.id}/discussion_topics", json=talk)
    discussed = f"/courses/{course.id}/assignments/{topic['assignment_id']}"
    given(teacher, discussed, student_ids=[student.id])
    upcoming, stream = "/users/self/upcoming_events", "/users/self/activity_stream"
    everybody = (student, observer, teacher, peer)
    assert [len(api.ok("GET", upcoming)) for api in everybody] == [1, 1, 0, 0]
    assert [len(api.ok("GET", stream)) for api in everybody] == [2, 1, 1, 2]
    for path in (work, discussed):
        teacher.ok("PUT", path, json={"assignment": {"only_visible_to_overrides": True, "due_at": f"{NOW + DAY:%Y-%m-%dT%H:%M:%SZ}"}})
    assert [len(api.ok("GET", upcoming)) for api in everybody] == [2, 2, 2, 0]
    assert [len(api.ok("GET", stream)) for api in everybody] == [2, 1, 1, 0]


def test_a_section_that_a_file_deletes_takes_its_overrides_with_it(teacher: Api, admin: Api, course: Course) -> None:
    made = AssignmentFactory(group=AssignmentGroupFactory(course=course))
    section = SectionFactory(course=course, sis_section_id="S1")
    work = f"/courses/{course.id}/assignments/{made.id}"
    given(teacher, work, course_section_id=section.id)
    sis_courses._remove(section, Caller(id=admin.id, admin=True, real_id=admin.id, token_id=0))
    db.session.commit()
    assert teacher.ok("GET", f"{work}/overrides") == []
