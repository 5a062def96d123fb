"""Uploads: three steps, names and types, sizes and quotas, what is left behind."""

import datetime as dt
import io
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from flask import Flask

from app.extensions import db
from app.models.courses import Course
from app.models.files import File
from app.services import files
from app.services.files import clean_name, type_of
from tests.app.api.uploading import DAY, MINUTE, begin, download, follow, outside, send, upload
from tests.conftest import Api

Fetch = Callable[[Any], list[Any]]


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
    assert [path for path in folder.iterdir() if path.name.startswith(".") or path.stat().st_size > 999] == []
    assert follow(teacher, send(teacher, begin(teacher, where, "less", size=1000), b"x")).get_json()["size"] == 1


def test_a_file_may_be_larger_than_other_bodies(teacher: Api, where: str) -> None:
    content = bytes(range(256)) * 12_000
    made = upload(teacher, where, content, "film.mp4", size=len(content))
    assert made["size"] == len(content)
    assert download(teacher, made["url"]).data == content
    some = outside(teacher, "GET", made["url"], headers={"Range": "bytes=256-511"})
    assert (some.status_code, some.data) == (206, bytes(range(256)))


@pytest.mark.parametrize("parts", [(), ("text",), (b"1", b"2")])
def test_a_form_without_one_file_is_refused(teacher: Api, where: str, parts: tuple[str | bytes, ...]) -> None:
    form = {"file": [(io.BytesIO(part), "a") if isinstance(part, bytes) else part for part in parts]}
    begun = begin(teacher, where)
    answer = outside(teacher, "POST", begun["upload_url"], data=form, content_type="multipart/form-data")
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


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ("text/plain", "text/plain; charset=utf-8"),
        ("text/plain; charset=euc-kr", "text/plain; charset=euc-kr"),
        ("application/pdf", "application/pdf"),
    ],
)
def test_text_is_utf_8_unless_its_type_says_otherwise(teacher: Api, where: str, said: str, sent: str) -> None:
    made = upload(teacher, where, "내용".encode(), "a", content_type=said)
    assert (made["content-type"], download(teacher, made["url"]).headers["Content-Type"]) == (said, sent)


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


@pytest.mark.parametrize("size", [files.MOST_BYTES + 1, 10**18, "x", 1.5])
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
    assert [sweep(DAY + MINUTE, 1) for _ in range(5)] == [2, 1, 1, 0, 0]
    assert {row[0] for row in fetch("SELECT display_name FROM files")} == {"stays", "goes"}
    assert kept.size(f"uploads/{keys['sent, not finished']}") is None and kept.size(f"files/{keys['goes']}") is None
    assert follow(teacher, sent).status_code == 404
    assert download(teacher, stays["url"]).data == b"text"
    assert db.session.query(File).filter_by(workflow_state="deleted").one().storage_key is None


def test_a_storage_that_is_gone_is_told(teacher: Api, where: str, migrated_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.storage import LocalStorage

    monkeypatch.setitem(migrated_app.extensions, "lms_storage", LocalStorage("/proc/none"))
    assert send(teacher, begin(teacher, where)).status_code == 503
