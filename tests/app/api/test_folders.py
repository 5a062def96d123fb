"""Folders: made, renamed, moved, hidden, deleted."""

from typing import Any

import pytest

from app.models.courses import Course
from app.services import folders
from tests.app.api.uploading import upload
from tests.conftest import Api
from tests.factories import CourseFactory, FolderFactory


@pytest.fixture
def where(course: Course) -> str:
    """The course's folders."""
    return f"/courses/{course.id}/folders"


def made(who: Api, where: str, name: str, **fields: Any) -> dict[str, Any]:
    """A new folder."""
    body: dict[str, Any] = who.ok("POST", where, json={"name": name, **fields})
    return body


def test_folders_lie_in_folders(teacher: Api, student: Api, course: Course, where: str) -> None:
    root = student.ok("GET", f"{where}/root")
    assert (root["name"], root["full_name"], root["parent_folder_id"]) == ("course files", "course files", None)
    week = made(teacher, where, "Week 1")
    inner = made(teacher, f"/folders/{week['id']}/folders", "Slides", position=2)
    path = made(teacher, where, "Deep", parent_folder_path="Week 1/Slides")
    assert path["full_name"] == "course files/Week 1/Slides/Deep"
    assert (inner["context_type"], inner["context_id"], inner["parent_folder_id"]) == ("Course", course.id, week["id"])
    upload(teacher, f"/folders/{week['id']}")
    week = student.ok("GET", f"/folders/{week['id']}")
    assert (week["files_count"], week["folders_count"], week["can_upload"]) == (1, 1, False)
    assert [each["name"] for each in student.ok("GET", where)] == ["course files", "Deep", "Slides", "Week 1"]
    assert [each["id"] for each in student.ok("GET", f"/folders/{week['id']}/folders")] == [inner["id"]]
    assert [each["id"] for each in student.ok("GET", f"{where}/by_path")] == [root["id"]]
    assert student.get(f"{where}/by_path/absent").status_code == 404
    assert student.get(f"{where}/{week['id']}").status_code == 200
    assert student.get(f"{where}/{FolderFactory().id}").status_code == 404


def test_a_name_that_is_taken_gets_a_number(teacher: Api, where: str) -> None:
    names = [made(teacher, where, "Week")["name"] for _ in range(3)]
    assert names == ["Week", "Week 2", "Week 3"]
    other = made(teacher, where, "Other")
    assert teacher.ok("PUT", f"/folders/{other['id']}", json={"name": "Week"})["name"] == "Week 4"
    assert teacher.ok("PUT", f"/folders/{other['id']}", json={"name": "Week 4"})["name"] == "Week 4"
    for bad in ("", " ", "x" * 256, "a\x00"):
        assert teacher.post(where, json={"name": bad}).status_code == 400


def test_a_folder_moves_but_not_into_itself_or_elsewhere(teacher: Api, where: str) -> None:
    week, other = made(teacher, where, "Week"), made(teacher, where, "Other")
    inner = made(teacher, f"/folders/{week['id']}/folders", "Other")
    url = f"/folders/{other['id']}"
    moved = teacher.ok("PUT", url, json={"parent_folder_id": week["id"], "locked": True, "lock_at": None})
    assert (moved["full_name"], moved["locked"]) == ("course files/Week/Other 2", True)
    assert teacher.ok("PUT", url, json={"parent_folder_id": week["id"]})["name"] == "Other 2"
    for target in (week["id"], inner["id"], FolderFactory().id, 999_999):
        assert teacher.put(f"/folders/{week['id']}", json={"parent_folder_id": target}).status_code == 400
    root = teacher.ok("GET", f"{where}/root")["id"]
    for change in ({"name": "x"}, {"parent_folder_id": week["id"]}):
        assert teacher.put(f"/folders/{root}", json=change).status_code == 400
    assert teacher.delete(f"/folders/{root}?force=true").status_code == 400


def test_a_full_folder_is_deleted_by_force_only(teacher: Api, where: str) -> None:
    week = made(teacher, where, "Week")
    file = upload(teacher, where.removesuffix("/folders"), parent_folder_path="Week/Inner")
    assert teacher.delete(f"/folders/{week['id']}").status_code == 400
    assert teacher.ok("DELETE", f"/folders/{week['id']}", json={"force": True})["id"] == week["id"]
    for path in (f"/folders/{week['id']}", f"/folders/{file['folder_id']}", f"/files/{file['id']}"):
        assert teacher.get(path).status_code == 404
    again = made(teacher, where, "Week")
    assert again["name"] == "Week" and teacher.ok("DELETE", f"/folders/{again['id']}")


def test_students_see_no_hidden_folder_and_nothing_in_a_locked_one(teacher: Api, student: Api, where: str) -> None:
    hidden, locked = made(teacher, where, "Hidden", hidden=True), made(teacher, where, "Locked", locked=True)
    inner = made(teacher, f"/folders/{hidden['id']}/folders", "Inner")
    assert [each["name"] for each in student.ok("GET", where)] == ["course files"]
    assert len(teacher.ok("GET", where)) == 4
    for each in (hidden, inner):
        assert student.get(f"/folders/{each['id']}").status_code == 403
    assert student.get(f"{where}/by_path/Hidden/Inner").status_code == 403
    assert student.ok("GET", f"/folders/{locked['id']}")["locked_for_user"] is True
    assert teacher.ok("GET", f"/folders/{locked['id']}")["locked_for_user"] is False
    for each in (hidden, locked):
        for what in ("files", "folders"):
            assert student.get(f"/folders/{each['id']}/{what}").status_code == 403


def test_folders_are_neither_too_many_nor_too_deep(teacher: Api, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = "/".join("x" * (folders.DEEPEST - 1))
    deep = made(teacher, where, "x", parent_folder_path=path)
    assert teacher.post(f"/folders/{deep['id']}/folders", json={"name": "more"}).status_code == 400
    week = made(teacher, where, "Week")
    assert teacher.put(f"/folders/{week['id']}", json={"parent_folder_id": deep["id"]}).status_code == 400
    monkeypatch.setattr(folders, "MOST_FOLDERS", folders.DEEPEST + 2)
    assert teacher.post(where, json={"name": "more"}).status_code == 400


def test_a_deleted_course_has_no_folders(admin: Api) -> None:
    folder = FolderFactory(course=CourseFactory(workflow_state="deleted"))
    assert admin.get(f"/folders/{folder.id}").status_code == 403
