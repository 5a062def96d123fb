"""Files: downloads, locks, places, lists, rights."""

import datetime as dt
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from flask import Flask

from app.models.courses import Course
from tests.app.api.uploading import DAY, MINUTE, begin, download, follow, send, upload
from tests.conftest import Api
from tests.factories import CourseFactory, FileFactory, FolderFactory

Fetch = Callable[[Any], list[Any]]


@pytest.fixture
def where(course: Course) -> str:
    """The course."""
    return f"/courses/{course.id}"


def test_a_verifier_is_for_one_user_one_file_and_a_day(teacher: Api, student: Api, stranger: Api, where: str) -> None:
    made, other = upload(teacher, where), upload(teacher, where, name="other")
    url = student.ok("GET", f"/files/{made['id']}")["url"]
    user, until, signature = parse_qs(urlsplit(url).query)["verifier"][0].split(".")
    assert int(user) == student.id
    base = url.partition("?")[0]
    for verifier in (
        f"{teacher.id}.{until}.{signature}",
        f"{user}.{int(until) + 1}.{signature}",
        f"{user}.{until}.{signature[:-1]}",
        f"{user}.{until}.",
        "",
        ".",
        "é.é.é",
    ):
        assert download(student, f"{base}?verifier={verifier}").status_code == 403, verifier
    assert download(student, url.replace(f"/{made['id']}/", f"/{other['id']}/")).status_code == 403
    with time_machine.travel(dt.datetime.now(dt.UTC) + DAY - MINUTE):
        assert download(student, url).status_code == 200
    with time_machine.travel(dt.datetime.now(dt.UTC) + DAY + MINUTE):
        assert download(student, url).status_code == 403
    assert stranger.get(f"/files/{made['id']}").status_code == 403


def test_the_right_is_checked_again_when_a_link_is_used(teacher: Api, student: Api, admin: Api, course: Course, where: str) -> None:
    made = upload(teacher, where)
    url = student.ok("GET", f"/files/{made['id']}/public_url")["public_url"]
    assert download(student, url).status_code == 200
    teacher.ok("PUT", f"/files/{made['id']}", json={"locked": True})
    assert download(student, url).status_code == 403
    teacher.ok("PUT", f"/files/{made['id']}", json={"locked": False})
    (enrollment,) = teacher.ok("GET", f"{where}/enrollments?user_id={student.id}")
    teacher.ok("DELETE", f"{where}/enrollments/{enrollment['id']}", json={"task": "delete"})
    assert download(student, url).status_code == 403
    admin.ok("DELETE", f"/accounts/1/users/{student.id}")
    assert download(student, url).status_code == 404
    teacher.ok("DELETE", f"/files/{made['id']}")
    assert download(teacher, made["url"]).status_code == 404


def test_bytes_that_are_lost_are_not_found(teacher: Api, where: str, migrated_app: Flask, fetch: Fetch) -> None:
    made = upload(teacher, where)
    ((key,),) = fetch("SELECT storage_key FROM files")
    migrated_app.extensions["lms_storage"].delete(f"files/{key}")
    assert download(teacher, made["url"]).status_code == 404


def test_a_file_takes_the_place_of_one_of_the_same_name_and_its_links(teacher: Api, student: Api, where: str) -> None:
    old = upload(teacher, where, b"old")
    middle = upload(teacher, where, b"middle")
    new = upload(teacher, where, b"new")
    assert [row["id"] for row in student.ok("GET", f"{where}/files")] == [new["id"]]
    for each in (old, middle, new):
        assert student.ok("GET", f"/files/{each['id']}")["id"] == new["id"]
        assert download(teacher, each["url"]).data == b"new"
    assert teacher.ok("DELETE", f"/files/{old['id']}")["id"] == new["id"]
    assert student.get(f"/files/{old['id']}").status_code == 404


def test_a_file_is_renamed_where_that_is_wanted(teacher: Api, where: str) -> None:
    names = [upload(teacher, where, name="a.tar.gz", on_duplicate="rename")["display_name"] for _ in range(3)]
    assert names == ["a.tar.gz", "a.tar-1.gz", "a.tar-2.gz"]
    assert teacher.post(f"{where}/files", json={"name": "a", "on_duplicate": "ignore"}).status_code == 400


def test_folders_are_made_on_the_way(teacher: Api, where: str) -> None:
    made = upload(teacher, where, parent_folder_path="/Week 1/Slides/")
    again = upload(teacher, where, name="other", parent_folder_path="Week 1/Slides")
    assert made["folder_id"] == again["folder_id"]
    chain = teacher.ok("GET", f"{where}/folders/by_path/Week 1/Slides")
    assert [folder["full_name"] for folder in chain] == ["course files", "course files/Week 1", "course files/Week 1/Slides"]
    assert upload(teacher, where, name="third", parent_folder_id=made["folder_id"])["folder_id"] == made["folder_id"]
    assert upload(teacher, f"/folders/{made['folder_id']}", name="fourth")["folder_id"] == made["folder_id"]


@pytest.mark.parametrize("path", ["../x", "a/./b", "/".join("x" * 31), "x" * 256, "a\tb"])
def test_a_path_that_nobody_could_mean_is_refused(teacher: Api, where: str, path: str) -> None:
    assert teacher.post(f"{where}/files", json={"name": "a", "parent_folder_path": path}).status_code == 400


def test_nothing_goes_into_a_foreign_folder(teacher: Api, other_teacher: Api, where: str) -> None:
    foreign = FolderFactory()
    own = upload(other_teacher, "/users/self")
    for folder_id in (foreign.id, own["folder_id"], 999_999):
        assert teacher.post(f"{where}/files", json={"name": "a", "parent_folder_id": folder_id}).status_code == 400
    made = upload(teacher, where)
    assert teacher.put(f"/files/{made['id']}", json={"parent_folder_id": foreign.id}).status_code == 400
    assert teacher.post(f"/folders/{foreign.id}/files", json={"name": "a"}).status_code == 403


def test_a_folder_that_is_deleted_meanwhile_takes_no_file(teacher: Api, where: str) -> None:
    folder = teacher.ok("POST", f"{where}/folders", json={"name": "Week 1"})
    sent = send(teacher, begin(teacher, f"/folders/{folder['id']}"))
    teacher.ok("DELETE", f"/folders/{folder['id']}")
    assert follow(teacher, sent).status_code == 400


def test_a_change_renames_moves_and_locks(teacher: Api, where: str) -> None:
    made, other = upload(teacher, where), upload(teacher, where, name="other.txt")
    folder = teacher.ok("POST", f"{where}/folders", json={"name": "Week 1"})
    url = f"/files/{made['id']}"
    fields = {"name": "new.txt", "parent_folder_id": folder["id"], "lock_at": "2030-01-01", "unlock_at": "", "hidden": True}
    changed = teacher.ok("PUT", url, json=fields)
    assert (changed["display_name"], changed["folder_id"], changed["hidden"]) == ("new.txt", folder["id"], True)
    assert (changed["lock_at"], changed["unlock_at"]) == ("2030-01-01T00:00:00Z", None)
    back = {"name": "other.txt", "parent_folder_id": other["folder_id"]}
    assert teacher.put(url, json=back).status_code == 409
    assert teacher.ok("PUT", url, json={**back, "on_duplicate": "rename"})["display_name"] == "other-1.txt"
    assert teacher.ok("PUT", url, json={**back, "on_duplicate": "overwrite"})["display_name"] == "other.txt"
    assert teacher.ok("GET", f"/files/{other['id']}")["id"] == made["id"]
    assert teacher.ok("PUT", url, json={"lock_at": None})["lock_at"] is None
    for bad in ({"name": ""}, {"name": ".."}, {"lock_at": "soon"}, {"parent_folder_id": "x"}):
        assert teacher.put(url, json=bad).status_code == 400


HOUR = dt.timedelta(hours=1)


def at(offset: dt.timedelta) -> str:
    return (dt.datetime.now(dt.UTC) + offset).isoformat()


@pytest.mark.parametrize(
    "lock", [{"locked": True}, {"unlock_at": at(HOUR)}, {"lock_at": at(-HOUR)}], ids=["by hand", "not yet", "not any more"]
)
@pytest.mark.parametrize("what", ["file", "folder", "parent"])
def test_a_locked_file_is_told_of_but_not_given(teacher: Api, student: Api, where: str, lock: dict[str, Any], what: str) -> None:
    made = upload(teacher, where, parent_folder_path="a/b")
    (_, parent, folder) = teacher.ok("GET", f"{where}/folders/by_path/a/b")
    path = {"file": f"/files/{made['id']}", "folder": f"/folders/{folder['id']}", "parent": f"/folders/{parent['id']}"}[what]
    teacher.ok("PUT", path, json=lock)
    seen = student.ok("GET", f"/files/{made['id']}")
    assert (seen["locked_for_user"], seen["hidden_for_user"], seen["url"]) == (True, False, "")
    assert student.get(f"/files/{made['id']}/public_url").status_code == 403
    assert student.ok("GET", f"{where}/files") == []
    for staff in (teacher.ok("GET", f"/files/{made['id']}"), *teacher.ok("GET", f"{where}/files")):
        assert (staff["locked_for_user"], bool(staff["url"])) == (False, True)


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_hidden_file_is_not_listed_but_given_to_whom_has_its_link(teacher: Api, student: Api, where: str, what: str) -> None:
    made = upload(teacher, where, parent_folder_path="a")
    teacher.ok("PUT", f"/files/{made['id']}" if what == "file" else f"/folders/{made['folder_id']}", json={"hidden": True})
    assert student.ok("GET", f"{where}/files") == []
    seen = student.ok("GET", f"{where}/files/{made['id']}")
    assert (seen["hidden_for_user"], seen["locked_for_user"]) == (True, False)
    assert download(student, seen["url"]).data == b"text"
    assert len(teacher.ok("GET", f"{where}/files")) == 1


def test_a_list_is_searched_filtered_and_sorted(teacher: Api, where: str) -> None:
    for name, size in (("b.PNG", 3), ("a_1.txt", 2), ("c%.html", 1)):
        upload(teacher, where, b"x" * size, name)

    def found(query: str) -> list[str]:
        return [row["display_name"] for row in teacher.ok("GET", f"{where}/files?{query}")]

    assert found("") == ["a_1.txt", "b.PNG", "c%.html"]
    assert found("sort=size") == ["c%.html", "a_1.txt", "b.PNG"]
    assert found("sort=name&order=desc") == ["c%.html", "b.PNG", "a_1.txt"]
    assert found("search_term=.pn") == ["b.PNG"] and found("search_term=_1") == ["a_1.txt"] and found("search_term=%25.") == ["c%.html"]
    assert found("content_types[]=image") == ["b.PNG"] and found("content_types[]=text/html&content_types[]=image/png") == [
        "b.PNG",
        "c%.html",
    ]
    assert found("exclude_content_types[]=text") == ["b.PNG"]
    for sort in ("created_at", "updated_at", "content_type", "user"):
        assert len(found(f"sort={sort}")) == 3
    for bad in ("search_term=x", "sort=colour", "order=up"):
        assert teacher.get(f"{where}/files?{bad}").status_code == 400
    (row, *_) = teacher.ok("GET", f"{where}/files?include[]=user&per_page=1")
    assert row["user"]["id"] == teacher.id


def test_a_user_has_files_of_their_own(student: Api, teacher: Api, admin: Api) -> None:
    made = upload(student, "/users/self", name="mine.txt")
    for path in ("/users/self/files", f"/users/{student.id}/files", f"/folders/{made['folder_id']}/files"):
        assert [row["id"] for row in student.ok("GET", path)] == [made["id"]]
    assert student.ok("GET", f"/users/self/files/{made['id']}")["url"]
    assert student.ok("GET", "/users/self/folders/root")["full_name"] == "my files"
    student.ok("PUT", f"/files/{made['id']}", json={"name": "renamed.txt", "locked": True})
    assert student.ok("GET", f"/files/{made['id']}")["locked_for_user"] is False
    for other in (teacher,):
        for path in (f"/files/{made['id']}", f"/users/{student.id}/files", f"/folders/{made['folder_id']}"):
            assert other.get(path).status_code == 403
    assert admin.ok("GET", f"/users/{student.id}/files/{made['id']}")["id"] == made["id"]
    assert admin.get("/users/999999/files").status_code == 404
    student.ok("DELETE", f"/files/{made['id']}")
    assert student.ok("GET", "/users/self/files") == []


def test_a_file_is_found_in_its_own_course_only(teacher: Api, admin: Api, where: str) -> None:
    made = upload(teacher, where)
    assert admin.ok("GET", f"{where}/files/{made['id']}")["id"] == made["id"]
    assert admin.get(f"/courses/{CourseFactory().id}/files/{made['id']}").status_code == 404
    admin.ok("DELETE", where, json={"event": "delete"})
    assert teacher.get(f"/files/{made['id']}").status_code == 403
    assert download(teacher, made["url"]).status_code == 403


def test_files_of_a_concluded_course_are_read_only_for_students(teacher: Api, student: Api, where: str) -> None:
    made = upload(teacher, where)
    teacher.ok("DELETE", where, json={"event": "conclude"})
    assert student.ok("GET", f"/files/{made['id']}")["url"]
    assert student.delete(f"/files/{made['id']}").status_code == 403


def test_a_visitor_of_a_public_course_reads_its_files(teacher: Api, stranger: Api) -> None:
    public = CourseFactory(is_public=True)
    file = FileFactory(folder=FolderFactory(course=public))
    assert stranger.ok("GET", f"/files/{file.id}")["id"] == file.id
    assert stranger.put(f"/files/{file.id}", json={"name": "x"}).status_code == 403
