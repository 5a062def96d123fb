"""Files posted to, copied in and read from a server that speaks S3 and checks signatures."""

import dataclasses

import pytest
import requests

from app.storage import Form, StorageError
from app.storage.s3 import S3Storage

THEN = "http://lms.test/api/v1/files/1/create_success?uuid=x"


def form(s3: S3Storage, most: int = 10, seconds: int = 60) -> Form:
    """For a text of up to `most` bytes."""
    return s3.upload_form("uploads/a", "text/plain", most, seconds, THEN)


def post(to: Form, content: bytes = b"text", fields: dict[str, str] | None = None) -> requests.Response:
    """As a client does."""
    return requests.post(
        to.url, data={**to.fields, **(fields or {})}, files={"file": ("보고서.txt", content)}, allow_redirects=False, timeout=10
    )


def test_a_form_leads_on_to_the_address_that_it_names(s3: S3Storage) -> None:
    answer = post(form(s3))
    assert (answer.status_code, answer.headers["Location"].startswith(f"{THEN}&")) == (303, True)
    assert s3.size("uploads/a") == 4


@pytest.mark.parametrize("size", [0, 10])
def test_up_to_the_limit_is_taken(s3: S3Storage, size: int) -> None:
    assert post(form(s3), b"x" * size).status_code == 303
    assert s3.size("uploads/a") == size


@pytest.mark.parametrize(
    "fields",
    [{"key": "lms/files/b"}, {"Content-Type": "text/html"}, {"success_action_redirect": "http://evil.test"}, {"x-amz-signature": "0" * 64}],
)
def test_what_was_signed_cannot_be_changed(s3: S3Storage, fields: dict[str, str]) -> None:
    assert post(form(s3), fields=fields).status_code == 403
    assert s3.size("uploads/a") is None


def test_more_bytes_and_a_later_hour_are_refused(s3: S3Storage) -> None:
    assert post(form(s3), b"x" * 11).status_code == 400
    assert post(form(s3, seconds=-1)).status_code == 403
    assert s3.size("uploads/a") is None


def test_a_copy_stays_when_the_first_is_posted_anew_or_deleted(s3: S3Storage) -> None:
    to = form(s3)
    post(to, b"first")
    s3.copy("uploads/a", "files/a")
    post(to, b"second")
    s3.delete("uploads/a")
    s3.delete("uploads/a")
    link = s3.link("files/a", "text/plain", "attachment; filename*=UTF-8''%EB%B3%B4.txt", 60)
    answer = requests.get(link, timeout=10)
    assert (answer.content, answer.headers["Content-Type"]) == (b"first", "text/plain")
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''%EB%B3%B4.txt"
    assert requests.get(link.replace("attachment", "inline"), timeout=10).status_code == 403
    assert requests.get(s3.link("files/a", "text/plain", "inline", -1), timeout=10).status_code in (400, 403)
    assert requests.get(link.partition("?")[0], timeout=10).status_code == 403


def test_what_is_not_there_has_no_size_and_no_copy(s3: S3Storage) -> None:
    assert s3.size("uploads/absent") is None
    with pytest.raises(StorageError, match=r"^bucket files: NoSuchKey$"):
        s3.copy("uploads/absent", "files/absent")
    elsewhere = dataclasses.replace(s3, bucket="absent")
    with pytest.raises(StorageError, match=r"^bucket absent: "):
        elsewhere.delete("uploads/a")
    elsewhere.client.close()


def test_without_a_prefix_the_key_is_the_whole_name(s3: S3Storage) -> None:
    bare = S3Storage("files", "")
    assert bare.upload_form("uploads/a", "text/plain", 1, 60, THEN).fields["key"] == "uploads/a"
    bare.client.close()


def test_what_is_put_is_there_in_place_of_what_was(s3: S3Storage) -> None:
    for content in (b"first", b"again"):
        s3.put("files/put", content)
        link = s3.link("files/put", "text/plain", "attachment", 60)
        assert requests.get(link, timeout=10).content == content
