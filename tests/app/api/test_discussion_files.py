"""Files that go with topics and entries."""

import datetime as dt
import io
from typing import Any

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from app.models.courses import Course
from tests.app.api.uploading import download
from tests.conftest import Api
from tests.factories import ModuleFactory, ModuleItemFactory

DAY = dt.timedelta(days=1)


@pytest.fixture
def topics(course: Course) -> str:
    return f"/courses/{course.id}/discussion_topics"


def send(api: Api, url: str, content: bytes = b"bytes", method: str = "POST", **fields: Any) -> TestResponse:
    boundary, body = encode_multipart({**fields, "attachment": FileStorage(io.BytesIO(content), "notes.txt", content_type="text/plain")})
    return api.call(method, url, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def sent(api: Api, url: str, **fields: Any) -> dict[str, Any]:
    answer = send(api, url, b"bytes", **fields)
    assert answer.status_code in (200, 201), answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def test_a_topic_carries_a_file(teacher: Api, student: Api, topics: str) -> None:
    topic = sent(teacher, topics, title="Talk")
    (file,) = student.ok("GET", f"{topics}/{topic['id']}")["attachments"]
    assert (file["display_name"], file["content-type"], file["size"]) == ("notes.txt", "text/plain", 5)
    assert download(student, file["url"]).data == b"bytes"
    assert send(teacher, f"{topics}/{topic['id']}", b"newer", "PUT").status_code == 200
    (listed,) = student.ok("GET", topics)
    assert download(student, listed["attachments"][0]["url"]).data == b"newer"
    assert download(student, file["url"]).status_code == 403


def test_an_entry_and_a_reply_carry_files_wherever_they_are_shown(student: Api, teacher: Api, topics: str) -> None:
    url = f"{topics}/{teacher.ok('POST', topics, json={'title': 'Talk'})['id']}"
    entry = sent(student, f"{url}/entries", message="See.")
    reply = sent(student, f"{url}/entries/{entry['id']}/replies", message="And this.")
    (listed,) = teacher.ok("GET", f"{url}/entries")
    (view,) = teacher.ok("GET", f"{url}/view")["view"]
    (replied,) = teacher.ok("GET", f"{url}/entries/{entry['id']}/replies")
    for shown, of in ((listed, entry), (view, entry), (listed["recent_replies"][0], reply), (view["replies"][0], reply), (replied, reply)):
        assert shown["attachment"]["id"] == of["attachment"]["id"]
        assert download(teacher, shown["attachment"]["url"]).data == b"bytes"
    student.ok("DELETE", f"{url}/entries/{entry['id']}")
    assert "attachment" not in teacher.ok("GET", f"{url}/entries")[0]
    assert teacher.get(f"/files/{entry['attachment']['id']}").status_code == 403


def test_who_does_not_read_the_topic_does_not_read_its_files(
    teacher: Api, student: Api, stranger: Api, topics: str, course: Course
) -> None:
    later = (dt.datetime.now(dt.UTC) + DAY).isoformat()
    hidden = [
        sent(teacher, topics, title="Draft", published="false"),
        sent(teacher, topics, title="News", is_announcement="true", delayed_post_at=later),
        sent(teacher, topics, title="Graded", **{"assignment[unlock_at]": later}),
        sent(teacher, topics, title="In a module"),
    ]
    ModuleItemFactory(
        module=ModuleFactory(course=course, unlock_at=dt.datetime.now(dt.UTC) + DAY), type="Discussion", content_id=hidden[3]["id"]
    )
    for topic in hidden:
        file = topic["attachments"][0]
        assert (student.get(f"/files/{file['id']}").status_code, stranger.get(f"/files/{file['id']}").status_code) == (403, 403)
        assert student.get(f"/files/{file['id']}/public_url").status_code == 403
        assert teacher.ok("GET", f"/files/{file['id']}")["id"] == file["id"]
    for topic in hidden[2:]:
        assert student.ok("GET", f"{topics}/{topic['id']}")["attachments"] == []


def test_files_under_a_topic_wait_for_ones_own_entry(teacher: Api, student: Api, topics: str) -> None:
    url = f"{topics}/{teacher.ok('POST', topics, json={'title': 'Talk', 'require_initial_post': True})['id']}"
    file = sent(teacher, f"{url}/entries", message="See.")["attachment"]["id"]
    assert student.get(f"/files/{file}").status_code == 403
    student.ok("POST", f"{url}/entries", json={"message": "Mine"})
    assert student.get(f"/files/{file}").status_code == 200


def test_a_file_is_kept_only_with_what_it_goes_with(teacher: Api, student: Api, topics: str) -> None:
    url = f"{topics}/{teacher.ok('POST', topics, json={'title': 'Talk', 'locked': True})['id']}"
    before = student.ok("GET", "/users/self/files/quota")["quota_used"]
    assert send(student, f"{url}/entries", message="x").status_code == 403
    assert send(teacher, f"{url}/entries", message=" ").status_code == 400
    assert send(teacher, f"{url}/entries", b"x" * 2**20, message="x").status_code == 413
    assert (
        student.ok("GET", "/users/self/files/quota")["quota_used"] == before == teacher.ok("GET", "/users/self/files/quota")["quota_used"]
    )


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("gpj\u202eexe.txt", "gpjexe.txt"),
        ("x" * 300 + ".txt", "x" * 251 + ".txt"),
        ("a\x00b.txt", None),
        ("a\x1bb.txt", None),
        ("a\x85b.txt", None),
        ("..", None),
    ],
)
def test_the_name_of_a_file_in_a_form_is_no_path_and_cannot_act(teacher: Api, topics: str, name: str, kept: str | None) -> None:
    part = "--b\r\nContent-Disposition: form-data; name="
    head = f'{part}"title"\r\n\r\nTalk\r\n{part}"attachment"; filename="{name}"'
    body = f'{head}\r\nContent-Type: text/html; x="<script>"\r\n\r\n<script>x()</script>\r\n--b--\r\n'.encode()
    answer = teacher.post(topics, data=body, content_type="multipart/form-data; boundary=b")
    assert answer.status_code == (200 if kept else 400), answer.text
    if kept:
        (file,) = answer.get_json()["attachments"]
        sent_back = download(teacher, file["url"])
        assert (file["display_name"], sent_back.data) == (kept, b"<script>x()</script>")
        assert sent_back.headers["Content-Disposition"].startswith("attachment;")
        assert sent_back.headers["Content-Security-Policy"].startswith("sandbox")
        assert sent_back.headers["X-Content-Type-Options"] == "nosniff"
