"""Modules: built by teachers, walked through by students."""

from pathlib import Path
from typing import Any

import pytest
from canvasapi.assignment import Assignment
from canvasapi.course import Course
from canvasapi.exceptions import BadRequest, Forbidden, ResourceDoesNotExist
from canvasapi.module import Module

from tests.acceptance.live import Classroom, Lms, Person


def build(course: Course, name: str, *items: dict[str, Any], **fields: Any) -> Module:
    """A published module with those items."""
    module = course.create_module({"name": name, **fields})
    for item in items:
        module.create_module_item(item)
    return module.edit(module={"published": True})


def states(course: Course, **params: Any) -> list[str]:
    return [module.state for module in course.get_modules(**params)]


def test_a_module_is_made_read_moved_and_deleted(taught: Course) -> None:
    first, second = taught.create_module({"name": "First"}), taught.create_module({"name": "Second"})
    second.edit(module={"position": 1})
    assert [(module.name, module.position) for module in taught.get_modules()] == [("Second", 1), ("First", 2)]
    second.delete()
    assert [(module.id, module.position) for module in taught.get_modules()] == [(first.id, 1)]
    with pytest.raises(ResourceDoesNotExist):
        taught.get_module(second.id)


def test_items_are_added_moved_and_taken_out(taught: Course, essay: Assignment) -> None:
    taught.create_page({"title": "Read me"})
    module = taught.create_module({"name": "Week 1"})
    module.create_module_item({"type": "SubHeader", "title": "Start"})
    module.create_module_item({"type": "Page", "page_url": "read-me"})
    link = module.create_module_item({"type": "ExternalUrl", "external_url": "https://example.com", "title": "Link", "position": 2})
    work = module.create_module_item({"type": "Assignment", "content_id": essay.id, "indent": 1})
    assert [(item.title, item.type) for item in module.get_module_items()] == [
        ("Start", "SubHeader"),
        ("Link", "ExternalUrl"),
        ("Read me", "Page"),
        (essay.name, "Assignment"),
    ]
    other = taught.create_module({"name": "Week 2"})
    link.edit(module_item={"module_id": other.id})
    assert work.delete().id == work.id
    assert [item.position for item in module.get_module_items()] == [1, 2]
    assert [item.title for item in other.get_module_items()] == ["Link"]
    found = list(taught.get_modules(include=["items", "content_details"]))
    assert [len(each.items) for each in found] == [2, 1]


@pytest.mark.parametrize(
    "item",
    [
        {"type": "Page", "page_url": "nothing"},
        {"type": "Assignment", "content_id": 999_999_999},
        {"type": "ExternalUrl", "title": "x", "external_url": "javascript:alert(1)"},
        {"type": "SubHeader", "title": ""},
        {"type": "Film", "content_id": 1},
        {"type": "SubHeader", "title": "x", "completion_requirement": {"type": "must_view"}},
    ],
)
def test_nonsense_is_refused(table: Classroom, item: dict[str, Any]) -> None:
    module = table.course.create_module({"name": "Week"})
    with pytest.raises(BadRequest):
        module.create_module_item(item)
    assert list(module.get_module_items()) == []


def test_a_student_walks_through_a_course(taught: Course, attended: Course, student: Person, essay: Assignment) -> None:
    taught.create_page({"title": "Read me", "body": "First", "published": True})
    taught.create_page({"title": "Later", "body": "Then", "published": True})
    first = build(
        taught,
        "First",
        {"type": "Page", "page_url": "read-me", "completion_requirement": {"type": "must_view"}},
        {"type": "ExternalUrl", "external_url": "https://example.com", "title": "Do", "completion_requirement": {"type": "must_mark_done"}},
        {"type": "Assignment", "content_id": essay.id, "completion_requirement": {"type": "min_score", "min_score": 7}},
        require_sequential_progress=True,
    )
    second = build(taught, "Second", {"type": "Page", "page_url": "later"}, prerequisite_module_ids=[first.id])
    assert states(attended) == ["unlocked", "locked"]
    later = attended.get_page("later")
    assert (later.locked_for_user, later.body) == (True, None)
    do = list(student.through(first).get_module_items())[1]
    with pytest.raises(Forbidden):
        do.complete()
    assert attended.get_page("read-me").body == "First"
    assert states(attended) == ["started", "locked"]
    assert do.complete().completion_requirement["completed"] is True
    assert do.uncomplete().completion_requirement["completed"] is False
    do.complete()
    student.through(essay).submit({"submission_type": "online_text_entry", "body": "Mine"})
    assert states(attended) == ["started", "locked"]
    essay.get_submission(student.id).edit(submission={"posted_grade": "8"})
    assert states(attended) == states(taught, student_id=student.id) == ["completed", "completed"]
    assert attended.get_module(first.id).completed_at is not None
    assert attended.get_page("later").body == "Then"
    assert second.relock().id == second.id


def test_students_see_published_modules_only(taught: Course, attended: Course) -> None:
    draft = taught.create_module({"name": "Draft"})
    build(taught, "Shown", {"type": "SubHeader", "title": "x"})
    assert [module.name for module in attended.get_modules()] == ["Shown"]
    with pytest.raises(Forbidden):
        attended.get_module(draft.id)
    with pytest.raises(Forbidden):
        attended.create_module({"name": "Mine"})


def test_things_of_other_courses_stay_there(lms: Lms, taught: Course) -> None:
    elsewhere = lms.course().create_module({"name": "Elsewhere"})
    with pytest.raises(ResourceDoesNotExist):
        taught.get_module(elsewhere.id)
    with pytest.raises(BadRequest):
        taught.create_module({"name": "Mine", "prerequisite_module_ids": [elsewhere.id]})


def test_quizzes_discussions_and_files_are_items(taught: Course, attended: Course, tmp_path: Path) -> None:
    paper = tmp_path / "paper.txt"
    paper.write_bytes(b"text")
    _, file = taught.upload(str(paper))
    things = {
        "Quiz": taught.create_quiz({"title": "Quiz", "published": True}).id,
        "Discussion": taught.create_discussion_topic(title="Talk").id,
        "File": file["id"],
    }
    asked = {"type": "must_view"}
    module = build(taught, "All", *({"type": kind, "content_id": key, "completion_requirement": asked} for kind, key in things.items()))
    seen = attended.get_module(module.id)
    assert [(item.type, item.title) for item in seen.get_module_items()] == [
        ("Quiz", "Quiz"),
        ("Discussion", "Talk"),
        ("File", "paper.txt"),
    ]
    attended.get_quiz(things["Quiz"])
    attended.get_discussion_topic(things["Discussion"])
    assert attended.get_module(module.id).state == "started"
    attended.get_file(things["File"])
    assert attended.get_module(module.id).state == "completed"
    taught.get_quiz(things["Quiz"]).delete()
    assert [item.position for item in seen.get_module_items()] == [1, 2]
