"""Quizzes, discussions and files as items of modules: shown, locked, asked for, deleted."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from app.extensions import db
from app.models.courses import Course
from app.models.modules import Module
from tests.app.api import quizzes
from tests.app.api.uploading import download, upload
from tests.conftest import Api
from tests.factories import AssignmentFactory, AssignmentGroupFactory, ModuleFactory, ModuleItemFactory, QuizFactory, TopicFactory

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)
LOCKED = "hasn't been unlocked yet"
Things = dict[str, tuple[int, str]]


@pytest.fixture
def base(course: Course) -> str:
    return f"/courses/{course.id}"


@pytest.fixture
def module(course: Course) -> Module:
    found: Module = ModuleFactory(course=course, position=1)
    return found


@pytest.fixture
def things(teacher: Api, base: str) -> Things:
    """A thing of each kind: its id and its address."""
    quiz = quizzes.maker(teacher, db.session.get_one(Course, int(base.rpartition("/")[2])))(description="<p>Secret</p>")
    topic = teacher.ok("POST", f"{base}/discussion_topics", json={"title": "Talk", "message": "<p>Secret</p>"})
    file = upload(teacher, base)
    return {
        "Quiz": (int(quiz.rpartition("/")[2]), quiz),
        "Discussion": (topic["id"], f"{base}/discussion_topics/{topic['id']}"),
        "File": (file["id"], f"{base}/files/{file['id']}"),
    }


def item_of(module: Module, kind: str, content_id: int, requirement: str | None = None, **fields: Any) -> Any:
    return ModuleItemFactory(module=module, type=kind, content_id=content_id, requirement=requirement, **fields)


def items(api: Api, base: str, module: Module, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.ok("GET", f"{base}/modules/{module.id}/items{query}")
    return found


def state(api: Api, base: str, module: Module) -> str:
    found: str = api.ok("GET", f"{base}/modules/{module.id}")["state"]
    return found


def test_an_item_of_each_kind_leads_to_its_thing(teacher: Api, student: Api, base: str, module: Module, things: Things) -> None:
    url = f"{base}/modules/{module.id}/items"
    for kind, (content_id, where) in things.items():
        made = teacher.ok("POST", url, json={"module_item": {"type": kind, "content_id": content_id}})
        assert (made["content_id"], made["published"]) == (content_id, True)
        thing = student.ok("GET", made["url"].partition("/api/v1")[2])
        assert thing["id"] == content_id
        assert made["url"].endswith(where)
        assert made["title"] == thing.get("title", thing.get("display_name"))
    assert [item["type"] for item in items(student, base, module)] == list(things)


@pytest.mark.parametrize("kind", ["Quiz", "Discussion", "File"])
def test_reading_it_is_viewing_it(student: Api, teacher: Api, base: str, module: Module, things: Things, kind: str) -> None:
    content_id, url = things[kind]
    item_of(module, kind, content_id, "must_view")
    teacher.ok("GET", url)
    assert state(student, base, module) == "unlocked"
    student.ok("GET", url)
    assert state(student, base, module) == "completed"


def test_a_download_and_the_entries_are_views_too(student: Api, base: str, module: Module, things: Things) -> None:
    link = student.ok("GET", things["File"][1])["url"]
    item_of(module, "File", things["File"][0], "must_view")
    assert download(student, link).data == b"text"
    assert state(student, base, module) == "completed"
    item_of(module, "Discussion", things["Discussion"][0], "must_view")
    assert state(student, base, module) == "started"
    student.ok("GET", f"{things['Discussion'][1]}/view")
    assert state(student, base, module) == "completed"


def test_what_is_locked_is_withheld_everywhere(
    student: Api, observer: Api, teacher: Api, course: Course, base: str, things: Things
) -> None:
    link = student.ok("GET", things["File"][1])["url"]
    public = student.ok("GET", f"/files/{things['File'][0]}/public_url")["public_url"]
    entry = teacher.ok("POST", f"{things['Discussion'][1]}/entries", json={"message": "Hi"})["id"]
    ahead = ModuleFactory(course=course, unlock_at=NOW + DAY)
    for kind, (content_id, _) in things.items():
        item_of(ahead, kind, content_id, "must_view")
    for who in (student, observer):
        for kind, (_, url) in things.items():
            seen = who.ok("GET", url)
            assert seen["locked_for_user"] and LOCKED in seen["lock_explanation"], kind
            assert "Secret" not in str(seen) and not seen.get("url", "").endswith("download")
            listed = who.ok("GET", url.rpartition("/")[0])
            assert [(one["locked_for_user"], "Secret" in str(one)) for one in listed] == [(True, False)], kind
        assert who.ok("GET", things["File"][1])["url"] == ""
        for path in ("view", "entries", "entry_list?ids[]=1", f"entries/{entry}/replies"):
            assert who.get(f"{things['Discussion'][1]}/{path}").status_code == 403
        assert who.get(f"/files/{things['File'][0]}/public_url").status_code == 403
    for old in (link, public):
        assert download(student, old).status_code == 403
    assert student.post(f"{things['Quiz'][1]}/submissions").status_code == 403
    for path in ("entries", f"entries/{entry}/replies"):
        assert student.post(f"{things['Discussion'][1]}/{path}", json={"message": "x"}).status_code == 403
    assert student.put(f"{things['Discussion'][1]}/read").status_code == 403
    assert teacher.ok("GET", things["Discussion"][1])["message"] == "<p>Secret</p>"
    assert teacher.ok("GET", things["File"][1])["url"]
    ahead.unlock_at = NOW - DAY
    db.session.commit()
    assert state(student, base, ahead) == "unlocked"
    assert download(student, link).data == b"text"


def test_writing_under_it_is_contributing(student: Api, teacher: Api, base: str, module: Module, things: Things) -> None:
    content_id, url = things["Discussion"]
    item_of(module, "Discussion", content_id, "must_contribute")
    entry = teacher.ok("POST", f"{url}/entries", json={"message": "Hi"})["id"]
    student.ok("GET", url)
    assert state(student, base, module) == "unlocked"
    student.ok("POST", f"{url}/entries/{entry}/replies", json={"message": "Hello"})
    assert state(student, base, module) == "completed"


@pytest.mark.parametrize("quiz_type", ["assignment", "practice_quiz"])
def test_a_quiz_is_submitted_and_scored(student: Api, teacher: Api, base: str, course: Course, module: Module, quiz_type: str) -> None:
    url = quizzes.maker(teacher, course)(quiz_type=quiz_type, allowed_attempts=-1)
    quiz_id = int(url.rpartition("/")[2])
    item_of(module, "Quiz", quiz_id, "must_submit", position=1)
    item_of(module, "Quiz", quiz_id, "min_score", requirement_score=1, position=2)
    item_of(module, "Quiz", quiz_id, "min_percentage", requirement_score=100, position=3)

    def met() -> list[bool]:
        return [item["completion_requirement"]["completed"] for item in items(student, base, module)]

    taken = quizzes.begin(student, url)
    assert met() == [False, False, False]
    quizzes.answer(student, taken, "No")
    quizzes.complete(student, url, taken)
    assert met() == [True, False, False]
    taken = quizzes.begin(student, url)
    quizzes.answer(student, taken)
    quizzes.complete(student, url, taken)
    assert met() == [True, True, True]
    seen = student.ok("GET", f"{base}/modules/{module.id}")
    assert (seen["state"], seen["completed_at"] is None) == ("completed", False)


def test_a_quiz_and_its_assignment_are_one_thing(student: Api, teacher: Api, course: Course, base: str, module: Module) -> None:
    url = quizzes.maker(teacher, course)(description="<p>Secret</p>")
    quiz = teacher.ok("GET", url)
    work = f"{base}/assignments/{quiz['assignment_id']}"
    ahead = ModuleFactory(course=course, unlock_at=NOW + DAY)
    item = item_of(ahead, "Quiz", quiz["id"])
    for kind, content_id in (("Quiz", quiz["id"]), ("Assignment", quiz["assignment_id"])):
        item.type, item.content_id = kind, content_id
        db.session.commit()
        for path in (url, work):
            seen = student.ok("GET", path)
            assert seen["locked_for_user"] and seen["description"] is None, (kind, path)
        assert student.post(f"{url}/submissions").status_code == 403
    item_of(module, "Assignment", quiz["assignment_id"], "must_view")
    student.ok("GET", url)
    assert state(student, base, module) == "completed"
    teacher.ok("DELETE", url)
    assert (items(teacher, base, module), items(teacher, base, ahead)) == ([], [])


@pytest.mark.parametrize("kind", ["Quiz", "Discussion", "File"])
def test_it_goes_with_what_it_stands_for_and_asks_for_nothing_more(
    student: Api, teacher: Api, base: str, course: Course, module: Module, things: Things, kind: str
) -> None:
    content_id, url = things[kind]
    item_of(module, kind, content_id, "must_view", position=1)
    last = ModuleItemFactory(module=module, position=2)
    after = ModuleFactory(course=course, position=2, prerequisite_module_ids=[module.id])
    assert (state(student, base, module), state(student, base, after)) == ("unlocked", "locked")
    teacher.ok("DELETE", url if kind != "File" else f"/files/{content_id}")
    assert [(item["id"], item["position"]) for item in items(teacher, base, module)] == [(last.id, 1)]
    assert (state(student, base, module), state(student, base, after)) == ("completed", "completed")


@pytest.mark.parametrize("kind", ["Quiz", "Discussion", "File"])
def test_it_is_published_with_what_it_stands_for(student: Api, teacher: Api, base: str, module: Module, things: Things, kind: str) -> None:
    content_id, url = things[kind]
    item = item_of(module, kind, content_id)
    change = f"{base}/modules/{module.id}/items/{item.id}"
    assert teacher.ok("PUT", change, json={"module_item": {"published": False}})["published"] is False
    thing = teacher.ok("GET", url)
    assert thing["locked"] if kind == "File" else not thing["published"]
    assert (items(student, base, module), student.get(change).status_code) == ([], 403)
    if kind == "File":
        assert student.ok("GET", url)["url"] == ""
    else:
        assert student.get(url).status_code == 403
    teacher.ok("PUT", f"{base}/modules/{module.id}", json={"module": {"published": True}})
    assert [one["published"] for one in items(student, base, module)] == [True]
    assert student.get(url).status_code == 200


def test_what_was_begun_keeps_a_quiz_and_what_was_written_a_topic_published(
    student: Api, teacher: Api, base: str, module: Module, things: Things
) -> None:
    quizzes.begin(student, things["Quiz"][1])
    student.ok("POST", f"{things['Discussion'][1]}/entries", json={"message": "x"})
    for kind in ("Quiz", "Discussion"):
        item = item_of(module, kind, things[kind][0])
        answer = teacher.put(f"{base}/modules/{module.id}/items/{item.id}", json={"module_item": {"published": False}})
        assert answer.status_code == 400, kind


def test_announcements_handed_in_files_and_other_courses_things_are_no_items(
    teacher: Api, student: Api, base: str, course: Course, module: Module
) -> None:
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course), submission_types=["online_upload"])
    handed_in = upload(student, f"{base}/assignments/{work.id}/submissions/self")
    for kind, content_id in (
        ("Discussion", TopicFactory(course=course, is_announcement=True).id),
        ("Discussion", TopicFactory().id),
        ("Quiz", QuizFactory().id),
        ("Quiz", QuizFactory(course=course, workflow_state="deleted").id),
        ("File", handed_in["id"]),
        ("File", upload(student, "/users/self")["id"]),
    ):
        answer = teacher.post(f"{base}/modules/{module.id}/items", json={"module_item": {"type": kind, "content_id": content_id}})
        assert answer.status_code == 400, kind


def test_a_file_that_takes_anothers_place_takes_its_item(student: Api, teacher: Api, base: str, module: Module, things: Things) -> None:
    item_of(module, "File", things["File"][0], "must_view")
    student.ok("GET", things["File"][1])
    new = upload(teacher, base, b"new")
    (item,) = items(student, base, module)
    assert (item["content_id"], item["completion_requirement"]["completed"]) == (new["id"], True)


def test_details_are_those_of_each_kind(student: Api, teacher: Api, base: str, module: Module, things: Things) -> None:
    later = (NOW + DAY).replace(microsecond=0)
    teacher.ok("PUT", things["Quiz"][1], json={"quiz": {"due_at": later.isoformat(), "unlock_at": later.isoformat()}})
    teacher.ok("PUT", things["Discussion"][1], json={"lock_at": (NOW - DAY).isoformat()})
    teacher.ok("PUT", f"/files/{things['File'][0]}", json={"lock_at": (NOW + DAY).isoformat()})
    for kind, (content_id, _) in things.items():
        item_of(module, kind, content_id)
    quiz, topic, file = (one["content_details"] for one in items(student, base, module, "?include[]=content_details"))
    assert (quiz["points_possible"], quiz["due_at"], quiz["locked_for_user"]) == (1.0, f"{later:%Y-%m-%dT%H:%M:%SZ}", True)
    assert quiz["lock_explanation"].startswith("This quiz is locked until")
    assert (topic["points_possible"], topic["locked_for_user"]) == (None, True)
    assert topic["lock_explanation"].startswith("This discussion was locked")
    assert (file["locked_for_user"], file["lock_at"] is None) == (False, False)


def test_a_list_of_files_says_which_modules_keep(
    student: Api, base: str, course: Course, things: Things, statements: Callable[[], Any]
) -> None:
    folder = student.ok("GET", things["File"][1])["folder_id"]
    item_of(ModuleFactory(course=course, workflow_state="unpublished"), "File", things["File"][0])
    (file,) = student.ok("GET", f"/folders/{folder}/files")
    assert (file["url"], file["locked_for_user"]) == ("", True)
    assert "unpublished module" in file["lock_explanation"]


def test_files_of_a_deleted_folder_leave_their_modules(teacher: Api, base: str, module: Module) -> None:
    file = upload(teacher, base, parent_folder_path="week/one")
    item_of(module, "File", file["id"], position=1)
    last = ModuleItemFactory(module=module, position=2)
    (_, week, *_) = teacher.ok("GET", f"{base}/folders/by_path/week")
    teacher.ok("DELETE", f"/folders/{week['id']}?force=true")
    assert [(item["id"], item["position"]) for item in items(teacher, base, module)] == [(last.id, 1)]
