"""Discussions that are graded: their assignment, and the submissions that entries make."""

import datetime as dt
from typing import Any

import pytest

from app.extensions import db
from app.models.assignments import Assignment
from app.models.courses import Course
from app.models.submissions import Submission
from tests.conftest import Api
from tests.factories import AssignmentGroupFactory, EntryFactory, ModuleFactory, ModuleItemFactory, TopicFactory

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
DAY = dt.timedelta(days=1)


@pytest.fixture
def base(course: Course) -> str:
    return f"/courses/{course.id}"


@pytest.fixture
def topics(base: str) -> str:
    return f"{base}/discussion_topics"


def graded(teacher: Api, topics: str, assignment: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    worth = {"points_possible": 10, **(assignment or {})}
    made: dict[str, Any] = teacher.ok("POST", topics, json={"title": "Talk", "message": "<p>Say.</p>", "assignment": worth, **fields})
    return made


def work_of(api: Api, base: str, topic: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = api.ok("GET", f"{base}/assignments/{topic['assignment_id']}")
    return found


def submission(api: Api, base: str, topic: dict[str, Any], student: Api) -> dict[str, Any]:
    found: dict[str, Any] = api.ok("GET", f"{base}/assignments/{topic['assignment_id']}/submissions/{student.id}")
    return found


def write(api: Api, topics: str, topic: dict[str, Any], message: str = "I say.") -> int:
    found: int = api.ok("POST", f"{topics}/{topic['id']}/entries", json={"message": message})["id"]
    return found


def test_a_graded_discussion_owns_an_assignment(teacher: Api, student: Api, base: str, topics: str, course: Course) -> None:
    group = AssignmentGroupFactory(course=course)
    due = (NOW + DAY).isoformat()
    topic = graded(teacher, topics, {"assignment_group_id": group.id, "grading_type": "percent", "due_at": due})
    assert topic["assignment"]["points_possible"] == 10.0
    work = work_of(student, base, topic)
    assert (work["name"], work["description"], work["published"]) == ("Talk", "<p>Say.</p>", True)
    assert (work["submission_types"], work["grading_type"], work["assignment_group_id"]) == (["discussion_topic"], "percent", group.id)
    assert (work["discussion_topic"]["id"], work["discussion_topic"]["assignment_id"]) == (topic["id"], work["id"])
    (listed,) = student.ok("GET", f"{base}/assignments")
    assert listed["discussion_topic"]["id"] == topic["id"]
    (shown,) = student.ok("GET", topics)
    assert (shown["assignment_id"], shown["assignment"]["due_at"]) == (work["id"], f"{NOW + DAY:%Y-%m-%dT%H:%M:%SZ}")
    plain = teacher.ok("POST", topics, json={"title": "Plain"})
    assert plain["assignment_id"] is None and "assignment" not in plain


def test_form_fields_name_the_assignment_too(teacher: Api, base: str, topics: str) -> None:
    topic = teacher.ok("POST", topics, data={"title": "Talk", "assignment[points_possible]": "5"})
    assert work_of(teacher, base, topic)["points_possible"] == 5.0


def test_title_text_and_state_are_one_in_both(teacher: Api, base: str, topics: str) -> None:
    topic = graded(teacher, topics, published=False)
    url, work = f"{topics}/{topic['id']}", f"{base}/assignments/{topic['assignment_id']}"
    assert teacher.ok("GET", work)["published"] is False
    teacher.ok("PUT", url, json={"title": "New", "message": "<p>New</p>", "published": True, "assignment": {"points_possible": 4}})
    found = teacher.ok("GET", work)
    assert (found["name"], found["description"], found["published"], found["points_possible"]) == ("New", "<p>New</p>", True, 4.0)
    changed = {"name": "Newer", "description": "<p>Newer</p>", "published": False, "submission_types": ["none"], "points_possible": 3}
    assert teacher.ok("PUT", work, json={"assignment": changed})["submission_types"] == ["discussion_topic"]
    seen = teacher.ok("GET", url)
    assert (seen["title"], seen["message"], seen["published"]) == ("Newer", "<p>Newer</p>", False)
    assert teacher.ok("PUT", work, json={"assignment": {"published": True}})["published"] is True
    assert teacher.ok("GET", url)["posted_at"] is not None


def test_writing_twice_hands_in_once(student: Api, teacher: Api, base: str, topics: str) -> None:
    topic = graded(teacher, topics)
    write(teacher, topics, topic)
    assert submission(teacher, base, topic, student)["workflow_state"] == "unsubmitted"
    first = write(student, topics, topic)
    once = submission(student, base, topic, student)
    assert (once["workflow_state"], once["submission_type"], once["attempt"]) == ("submitted", "discussion_topic", 1)
    assert work_of(teacher, base, topic)["needs_grading_count"] == 1
    teacher.ok("PUT", f"{base}/assignments/{topic['assignment_id']}/submissions/{student.id}", json={"submission": {"posted_grade": "8"}})
    student.ok("POST", f"{topics}/{topic['id']}/entries/{first}/replies", json={"message": "More"})
    twice = submission(student, base, topic, student)
    assert (twice["attempt"], twice["submitted_at"], twice["score"]) == (1, once["submitted_at"], 8.0)
    assert (twice["workflow_state"], twice["grade_matches_current_submission"]) == ("submitted", False)
    answer = student.post(
        f"{base}/assignments/{topic['assignment_id']}/submissions",
        json={"submission": {"submission_type": "online_text_entry", "body": "x"}},
    )
    assert answer.status_code == 400


def test_who_takes_back_all_entries_has_handed_in_nothing(student: Api, teacher: Api, base: str, topics: str) -> None:
    topic = graded(teacher, topics)
    entries = [write(student, topics, topic) for _ in range(2)]
    student.ok("DELETE", f"{topics}/{topic['id']}/entries/{entries[0]}")
    assert submission(student, base, topic, student)["workflow_state"] == "submitted"
    teacher.ok("DELETE", f"{topics}/{topic['id']}/entries/{entries[1]}")
    gone = submission(student, base, topic, student)
    assert (gone["workflow_state"], gone["attempt"], gone["submitted_at"], gone["submission_type"]) == ("unsubmitted", None, None, None)
    write(student, topics, topic)
    assert submission(student, base, topic, student)["attempt"] == 1


def test_what_is_excused_stays_so(student: Api, teacher: Api, base: str, topics: str) -> None:
    topic = graded(teacher, topics)
    url = f"{base}/assignments/{topic['assignment_id']}/submissions/{student.id}"
    teacher.ok("PUT", url, json={"submission": {"excuse": True}})
    entry = write(student, topics, topic)
    seen = submission(student, base, topic, student)
    assert (seen["excused"], seen["workflow_state"], seen["attempt"]) == (True, "graded", 1)
    student.ok("DELETE", f"{topics}/{topic['id']}/entries/{entry}")
    seen = submission(student, base, topic, student)
    assert (seen["excused"], seen["workflow_state"], seen["attempt"]) == (True, "graded", None)


def test_what_was_written_before_it_was_graded_counts(student: Api, teacher: Api, base: str, topics: str) -> None:
    topic = teacher.ok("POST", topics, json={"title": "Talk"})
    write(student, topics, topic)
    write(student, topics, topic)
    write(teacher, topics, topic)
    topic = teacher.ok("PUT", f"{topics}/{topic['id']}", json={"assignment": {"points_possible": 2}})
    seen = submission(teacher, base, topic, student)
    assert (seen["workflow_state"], seen["attempt"], seen["submission_type"]) == ("submitted", 1, "discussion_topic")
    assert db.session.query(Submission).count() == 1


def test_each_goes_with_the_other(teacher: Api, student: Api, base: str, topics: str, course: Course) -> None:
    module = ModuleFactory(course=course)
    group = AssignmentGroupFactory(course=course)
    made = [graded(teacher, topics, {"assignment_group_id": group.id}) for _ in range(3)]
    for topic in made:
        ModuleItemFactory(module=module, type="Discussion", content_id=topic["id"])
        ModuleItemFactory(module=module, type="Assignment", content_id=topic["assignment_id"])
    left = lambda: (len(teacher.ok("GET", topics)), len(teacher.ok("GET", f"{base}/assignments")))  # noqa: E731
    teacher.ok("DELETE", f"{topics}/{made[0]['id']}")
    assert left() == (2, 2)
    teacher.ok("DELETE", f"{base}/assignments/{made[1]['assignment_id']}")
    assert left() == (1, 1)
    assert len(teacher.ok("GET", f"{base}/modules/{module.id}/items")) == 2
    teacher.ok("DELETE", f"{base}/assignment_groups/{group.id}")
    assert left() == (0, 0)
    assert teacher.ok("GET", f"{base}/modules/{module.id}/items") == []
    assert student.post(f"{topics}/{made[2]['id']}/entries", json={"message": "x"}).status_code == 404


def test_it_can_be_graded_no_more(teacher: Api, student: Api, base: str, topics: str, course: Course) -> None:
    until = (NOW - DAY).isoformat()
    topic = graded(teacher, topics, {"lock_at": until})
    item = ModuleItemFactory(module=ModuleFactory(course=course), type="Discussion", content_id=topic["id"], requirement="must_submit")
    for nothing in ({"assignment": {"set_assignment": False}}, {"assignment": None}):
        seen = teacher.ok("PUT", f"{topics}/{topic['id']}", json=nothing)
        assert (seen["assignment_id"], seen["locked"], seen["title"]) == (None, True, "Talk")
    assert teacher.get(f"{base}/assignments/{topic['assignment_id']}").status_code == 404
    assert "completion_requirement" not in student.ok("GET", f"{base}/modules/{item.module_id}/items/{item.id}")
    again = teacher.ok("PUT", f"{topics}/{topic['id']}", json={"assignment": {"points_possible": 1}})
    assert again["assignment_id"] not in (None, topic["assignment_id"])
    assert work_of(teacher, base, again)["lock_at"] == f"{NOW - DAY:%Y-%m-%dT%H:%M:%SZ}"


def test_its_dates_are_those_of_its_assignment(teacher: Api, student: Api, base: str, topics: str) -> None:
    closed = graded(teacher, topics, {"lock_at": (NOW - DAY).isoformat()})
    seen = student.ok("GET", f"{topics}/{closed['id']}")
    assert (seen["locked_for_user"], seen["message"], seen["permissions"]["reply"]) == (True, "<p>Say.</p>", False)
    assert student.ok("GET", f"{topics}/{closed['id']}/view")["view"] == []
    assert student.post(f"{topics}/{closed['id']}/entries", json={"message": "x"}).status_code == 403
    assert [one["id"] for one in teacher.ok("GET", f"{topics}?scope=locked")] == [closed["id"]]
    ahead = graded(teacher, topics, {"unlock_at": (NOW + DAY).isoformat()}, message="<p>Secret</p>")
    for path in (f"{topics}/{ahead['id']}", topics, f"{base}/assignments/{ahead['assignment_id']}", f"{base}/assignments"):
        assert "Secret" not in str(student.ok("GET", path)), path
    assert student.ok("GET", f"{topics}/{ahead['id']}")["lock_explanation"].startswith("This topic is locked until")
    assert student.get(f"{topics}/{ahead['id']}/view").status_code == 403
    assert student.post(f"{topics}/{ahead['id']}/entries", json={"message": "x"}).status_code == 403
    assert submission(teacher, base, ahead, student)["attempt"] is None


@pytest.mark.parametrize(
    "fields",
    [
        {"assignment": {"points_possible": -1}},
        {"assignment": {"assignment_group_id": 999_999_999}},
        {"assignment": {"grading_type": "stars"}},
        {"assignment": "yes"},
        {"assignment": {"points_possible": 1}, "is_announcement": True},
    ],
)
def test_nonsense_is_refused(teacher: Api, base: str, topics: str, fields: dict[str, Any]) -> None:
    assert teacher.post(topics, json={"title": "Talk", **fields}).status_code == 400
    assert (teacher.ok("GET", topics), teacher.ok("GET", f"{base}/assignments")) == ([], [])


def test_dates_of_its_own_are_refused_while_it_is_graded(teacher: Api, topics: str) -> None:
    url = f"{topics}/{graded(teacher, topics)['id']}"
    for name in ("delayed_post_at", "lock_at"):
        assert teacher.put(url, json={name: (NOW + DAY).isoformat()}).status_code == 400
    moved = teacher.ok(
        "POST", topics, json={"title": "x", "delayed_post_at": (NOW + DAY).isoformat(), "assignment": {"points_possible": 1}}
    )
    assert (moved["delayed_post_at"], moved["assignment"]["unlock_at"]) == (None, f"{NOW + DAY:%Y-%m-%dT%H:%M:%SZ}")


def test_students_grade_nothing_and_change_no_graded_topic(student: Api, teacher: Api, topics: str) -> None:
    assert student.post(topics, json={"title": "x", "assignment": {"points_possible": 1}}).status_code == 403
    own = student.ok("POST", topics, json={"title": "Mine"})
    url = f"{topics}/{own['id']}"
    teacher.ok("PUT", url, json={"assignment": {"points_possible": 1}})
    assert student.ok("GET", url)["permissions"] == {"attach": True, "update": False, "reply": True, "delete": False}
    assert (student.put(url, json={"title": "x"}).status_code, student.delete(url).status_code) == (403, 403)


def test_an_assignment_that_is_discussed_gets_its_topic(teacher: Api, student: Api, base: str, topics: str, course: Course) -> None:
    fields = {"name": "Debate", "submission_types": ["discussion_topic"], "published": True, "description": "<p>Yes</p>"}
    work = teacher.ok("POST", f"{base}/assignments", json={"assignment": fields})
    (topic,) = student.ok("GET", topics)
    assert (topic["assignment_id"], topic["title"], topic["message"]) == (work["id"], "Debate", "<p>Yes</p>")
    write(student, topics, topic)
    assert submission(student, base, topic, student)["workflow_state"] == "submitted"
    other = teacher.ok("POST", f"{base}/assignments", json={"assignment": {"name": "Later"}})
    teacher.ok("PUT", f"{base}/assignments/{other['id']}", json={"assignment": {"submission_types": ["discussion_topic"]}})
    teacher.ok("PUT", f"{base}/assignments/{other['id']}", json={"assignment": {"name": "Now"}})
    assert sorted(one["title"] for one in teacher.ok("GET", topics)) == ["Debate", "Now"]
    assert db.session.query(Assignment).count() == 2


def test_a_graded_topic_stays_published_once_there_is_work(student: Api, teacher: Api, base: str, topics: str) -> None:
    topic = graded(teacher, topics)
    write(student, topics, topic)
    assert teacher.put(f"{topics}/{topic['id']}", json={"published": False}).status_code == 400
    work = f"{base}/assignments/{topic['assignment_id']}"
    assert teacher.put(work, json={"assignment": {"published": False}}).status_code == 400
    assert teacher.ok("GET", f"{topics}/{topic['id']}")["published"] is True


def test_somebody_who_is_no_student_hands_in_nothing(ta: Api, teacher: Api, topics: str, course: Course) -> None:
    topic = graded(teacher, topics)
    write(ta, topics, topic)
    EntryFactory(topic=TopicFactory(course=course), user=ta.user)
    assert db.session.query(Submission).count() == 0
