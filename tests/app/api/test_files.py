"""Files: the three steps of an upload, downloads, names, locks, rights."""

import datetime as dt
import io
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from flask import Flask
from werkzeug.test import TestResponse

from app.extensions import db
from app.models.courses import Course
from app.models.files import File
from app.services import files
from app.services.files import clean_name, type_of
from tests.conftest import BASE_URL, Api
from tests.factories import CourseFactory, FileFactory, FolderFactory

Fetch = Callable[[Any], list[Any]]
MINUTE, DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)


def path_of(url: str) -> str:
    """Without scheme and host, which must be this server's."""
    assert url.startswith(f"{BASE_URL}/")
    return url.removeprefix(BASE_URL)


def begin(who: Api, where: str, name: str = "notes.txt", **fields: Any) -> dict[str, Any]:
    """The first step."""
    answer: dict[str, Any] = who.ok("POST", f"{where}/files", json={"name": name, **fields})
    return answer


def send(who: Api, begun: dict[str, Any], content: bytes = b"text", name: str = "x") -> TestResponse:
    """The second step, without a token."""
    form = {**begun["upload_params"], begun["file_param"]: (io.BytesIO(content), name)}
    return Api(who.http, None, "").http.post(path_of(begun["upload_url"]), base_url=BASE_URL, data=form)


def follow(who: Api, answer: TestResponse) -> TestResponse:
    """The third step, without a token."""
    assert answer.status_code == 303, answer.text
    return Api(who.http, None, "").get(path_of(answer.headers["Location"]).removeprefix("/api/v1"))


def upload(who: Api, where: str, content: bytes = b"text", name: str = "notes.txt", **fields: Any) -> dict[str, Any]:
    """All three."""
    done = follow(who, send(who, begin(who, where, name, **fields), content))
    assert done.status_code == 200, done.text
    body: dict[str, Any] = done.get_json()
    return body


def download(who: Api, url: str, query: str = "") -> TestResponse:
    """What that address answers, without a token."""
    return who.http.get(path_of(url) + query, base_url=BASE_URL, buffered=True)


@pytest.fixture
def where(course: Course) -> str:
    """The course."""
    return f"/courses/{course.id}"


def test_three_steps_make_a_file_of_the_course(teacher: Api, student: Api, where: str) -> None:
    begun = begin(teacher, where, "notes.txt", size=4, content_type="text/plain")
    assert begun.keys() == {"upload_url", "upload_params", "file_param"} and begun["upload_params"]
    assert student.ok("GET", f"{where}/files") == []
    made = follow(teacher, send(teacher, begun)).get_json()
    assert (made["display_name"], made["filename"], made["size"], made["content-type"]) == ("notes.txt", "notes.txt", 4, "text/plain")
    assert (made["upload_status"], made["mime_class"], made["locked_for_user"], made["hidden_for_user"]) == (
        "success",
        "text",
        False,
        False,
    )
    assert [row["id"] for row in student.ok("GET", f"{where}/files")] == [made["id"]]
    answer = download(student, student.ok("GET", f"/files/{made['id']}")["url"])
    assert (answer.status_code, answer.data) == (200, b"text")


def test_the_third_step_is_idempotent_for_half_an_hour_and_then_gone(teacher: Api, where: str) -> None:
    begun = begin(teacher, where)
    sent = send(teacher, begun)
    first = follow(teacher, sent).get_json()
    with time_machine.travel(dt.datetime.now(dt.UTC) + 29 * MINUTE):
        assert follow(teacher, sent).get_json()["id"] == first["id"]
    with time_machine.travel(dt.datetime.now(dt.UTC) + 31 * MINUTE):
        assert follow(teacher, sent).status_code == 404


def test_an_upload_that_takes_more_than_half_an_hour_is_none(teacher: Api, where: str) -> None:
    early, late = begin(teacher, where, "early"), begin(teacher, where, "late")
    sent = send(teacher, early)
    with time_machine.travel(dt.datetime.now(dt.UTC) + 31 * MINUTE):
        assert send(teacher, late).status_code == 403
        assert follow(teacher, sent).status_code == 404


def test_the_third_step_wants_its_secret_and_the_bytes(teacher: Api, nobody: Api, where: str, fetch: Fetch) -> None:
    begin(teacher, where)
    ((file_id, public),) = fetch("SELECT id, uuid FROM files")
    for wrong in ("", "?uuid=", f"?uuid={public}", "?uuid=%00", "?uuid=é"):
        assert nobody.get(f"/files/{file_id}/create_success{wrong}").status_code in (400, 404)
    begun = begin(teacher, where, "other")
    sent = send(teacher, begun)
    secret = parse_qs(urlsplit(sent.headers["Location"]).query)["uuid"][0]
    assert nobody.get(f"/files/{file_id}/create_success?uuid={secret}").status_code == 404
    assert nobody.get(f"/files/0/create_success?uuid={secret}").status_code == 404


def test_nothing_uploaded_is_nothing_finished(teacher: Api, nobody: Api, where: str, fetch: Fetch) -> None:
    from app.http.links import sign  # the address that only the second step gives

    begin(teacher, where)
    ((file_id, uuid),) = fetch("SELECT id, uuid FROM files")
    answer = nobody.get(f"/files/{file_id}/create_success?uuid={sign('create_success', file_id, uuid)}&bucket=b&key=k&etag=e")
    assert (answer.status_code, "No file" in answer.text) == (400, True)


def test_more_bytes_than_announced_are_refused_while_they_come(teacher: Api, where: str, migrated_app: Flask) -> None:
    answer = send(teacher, begin(teacher, where, size=1000), b"x" * 1001)
    assert answer.status_code == 400 and "more than 1000 bytes" in answer.text
    answer = send(teacher, begin(teacher, where, "big", size=1000), b"x" * 200_000)
    assert answer.status_code == 413
    folder = migrated_app.extensions["lms_storage"].path("uploads")
    assert list(folder.iterdir()) == []
    assert follow(teacher, send(teacher, begin(teacher, where, "less", size=1000), b"x")).get_json()["size"] == 1


def test_a_file_may_be_larger_than_other_bodies(teacher: Api, where: str) -> None:
    content = bytes(range(256)) * 12_000
    made = upload(teacher, where, content, "film.mp4", size=len(content))
    assert made["size"] == len(content)
    assert download(teacher, made["url"]).data == content
    partial = teacher.http.get(path_of(made["url"]), base_url=BASE_URL, headers={"Range": "bytes=256-511"}, buffered=True)
    assert (partial.status_code, partial.data) == (206, bytes(range(256)))


@pytest.mark.parametrize("form", [{}, {"file": "not a file"}, {"file": [(io.BytesIO(b"1"), "a"), (io.BytesIO(b"2"), "b")]}])
def test_a_form_without_one_file_is_refused(teacher: Api, where: str, form: dict[str, Any]) -> None:
    begun = begin(teacher, where)
    answer = teacher.http.post(path_of(begun["upload_url"]), base_url=BASE_URL, data=form, content_type="multipart/form-data")
    assert answer.status_code == 400, answer.text


def test_an_upload_address_takes_one_file_only_and_none_after_the_end(teacher: Api, where: str) -> None:
    begun = begin(teacher, where)
    made = follow(teacher, send(teacher, begun, b"first")).get_json()
    assert send(teacher, begun, b"second").status_code == 409
    assert download(teacher, made["url"]).data == b"first"
    forged = {**begun, "upload_url": begun["upload_url"].partition("?")[0]}
    for query in ("", "?signature=x", "?signature=é"):
        assert send(teacher, {**forged, "upload_url": forged["upload_url"] + query}).status_code == 403


NAMES = ["보고서 최종.pdf", "naïve — “quoted”.txt", "a%2Fb;c.txt", "emoji 👩‍🔬.txt", "x" * 255]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_survives_in_every_script(teacher: Api, where: str, name: str) -> None:
    made = upload(teacher, where, name=name)
    assert teacher.ok("GET", f"/files/{made['id']}")["display_name"] == name
    header = download(teacher, made["url"]).headers["Content-Disposition"]
    from urllib.parse import unquote

    assert unquote(header.partition("filename*=UTF-8''")[2]) == name and header.isascii()


@pytest.mark.parametrize(
    ("name", "kept"),
    [("../../etc/passwd", "passwd"), ("C:\\Temp\\x.txt", "x.txt"), ("/etc/", None), ("..", None), (".", None), ("a/..", None)],
)
def test_a_name_is_no_path(teacher: Api, where: str, name: str, kept: str | None, fetch: Fetch) -> None:
    answer = teacher.post(f"{where}/files", json={"name": name})
    assert answer.status_code == (200 if kept else 400)
    assert [row[0] for row in fetch("SELECT display_name FROM files")] == ([kept] if kept else [])


@pytest.mark.parametrize("name", ["", " ", "x" * 256, "a\nb", "a\x00b", ["a"], {"a": 1}, None])
def test_a_name_that_cannot_be_is_refused(teacher: Api, where: str, name: object) -> None:
    assert teacher.post(f"{where}/files", json={"name": name}).status_code == 400


def test_letters_that_turn_text_around_are_left_out_and_accents_are_composed() -> None:
    assert clean_name("gpj\u202eexe.txt") == "gpjexe.txt"
    assert clean_name("e\u0301.txt") == "\u00e9.txt"


def test_the_type_is_what_was_said_or_what_the_name_tells() -> None:
    assert type_of("a.png", "Text/HTML") == "text/html"
    assert type_of("a.png", None) == type_of("a.png", "nonsense") == type_of("a.png", "a/b\r\nX: y") == "image/png"
    assert type_of("a", "") == "application/octet-stream"


@pytest.mark.parametrize(
    ("name", "said", "kind"),
    [
        ("page.html", "text/html", "attachment"),
        ("page.html", None, "attachment"),
        ("image.svg", "image/svg+xml", "attachment"),
        ("image.png", "image/png; charset=x", "inline"),
        ("liar.html", "image/png", "inline"),
        ("film.mp4", None, "inline"),
        ("data.bin", None, "attachment"),
    ],
)
def test_only_what_is_safe_to_show_is_shown(teacher: Api, where: str, name: str, said: str | None, kind: str) -> None:
    made = upload(teacher, where, b"<script>alert(1)</script>", name, **({"content_type": said} if said else {}))
    answer = download(teacher, made["url"])
    assert answer.headers["Content-Disposition"].startswith(f"{kind};")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    assert answer.headers["Content-Type"].startswith(said or made["content-type"])
    assert download(teacher, made["url"], "&download_frd=1").headers["Content-Disposition"].startswith("attachment;")


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
    assert admin.get(f"/courses/{CourseFactory().id}/files/{made['id']}").status_code == 404
    teacher.ok("DELETE", where, json={"event": "delete"})
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


def test_a_quota_is_told_and_kept(teacher: Api, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "COURSE_BYTES", 10)
    sent = send(teacher, begin(teacher, where, "unsaid"), b"12345678")
    upload(teacher, where, b"1234", size=4)
    assert teacher.ok("GET", f"{where}/files/quota") == {"quota": 10, "quota_used": 4}
    assert follow(teacher, sent).status_code == 400
    begin(teacher, where, "under way", size=6)
    assert teacher.post(f"{where}/files", json={"name": "more", "size": 1}).status_code == 400
    with time_machine.travel(dt.datetime.now(dt.UTC) + 31 * MINUTE):
        begin(teacher, where, "more", size=6)


@pytest.mark.parametrize("size", [files.MOST_BYTES + 1, 10**30, "x", 1.5])
def test_a_size_beyond_all_bounds_is_refused(teacher: Api, where: str, size: object) -> None:
    assert teacher.post(f"{where}/files", json={"name": "a", "size": size}).status_code == 400


def test_what_was_never_finished_leaves_nothing_behind(teacher: Api, where: str, migrated_app: Flask, fetch: Fetch) -> None:
    kept = migrated_app.extensions["lms_storage"]
    stays, goes = upload(teacher, where, name="stays"), upload(teacher, where, name="goes")
    sent = send(teacher, begin(teacher, where, "sent, not finished"))
    begin(teacher, where, "begun")
    teacher.ok("DELETE", f"/files/{goes['id']}")
    keys = dict(fetch("SELECT display_name, storage_key FROM files"))

    def sweep(after: dt.timedelta, limit: int = 10) -> int:
        swept = files.sweep_uploads(kept, dt.datetime.now(dt.UTC) + after, limit)
        db.session.commit()
        return swept

    assert sweep(DAY - MINUTE) == 0
    assert kept.size(f"uploads/{keys['sent, not finished']}") == 4
    assert [sweep(DAY + MINUTE, 1) for _ in range(5)].count(0) == 1
    assert {row[0] for row in fetch("SELECT display_name FROM files")} == {"stays", "goes"}
    assert kept.size(f"uploads/{keys['sent, not finished']}") is None and kept.size(f"files/{keys['goes']}") is None
    assert follow(teacher, sent).status_code == 404
    assert download(teacher, stays["url"]).data == b"text"
    assert db.session.query(File).filter_by(workflow_state="deleted").one().storage_key is None


def test_a_storage_that_is_gone_is_told(teacher: Api, where: str, migrated_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.storage import LocalStorage

    monkeypatch.setitem(migrated_app.extensions, "lms_storage", LocalStorage("/proc/none"))
    assert send(teacher, begin(teacher, where)).status_code == 503
