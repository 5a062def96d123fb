"""An upload and a download by way of S3: the bytes never come through the app."""

import pytest
import requests
from flask import Flask

from app.models.courses import Course
from app.storage.s3 import S3Storage
from tests.app.api.uploading import begin, download, outside
from tests.conftest import Api


def test_a_file_goes_to_s3_and_comes_from_there(
    s3: S3Storage, migrated_app: Flask, teacher: Api, student: Api, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(migrated_app.extensions, "lms_storage", s3)
    begun = begin(teacher, f"/courses/{course.id}", "보고서.html", size=4)
    files = {begun["file_param"]: ("보고서.html", b"text")}
    sent = requests.post(begun["upload_url"], data=begun["upload_params"], files=files, allow_redirects=False, timeout=10)
    made = outside(teacher, "GET", sent.headers["Location"])
    assert (made.status_code, made.get_json()["display_name"], made.get_json()["size"]) == (200, "보고서.html", 4)
    assert outside(teacher, "GET", sent.headers["Location"]).status_code == 200
    url = student.ok("GET", f"/files/{made.get_json()['id']}")["url"]
    assert url.startswith("http://lms.test/files/")
    answer = download(student, url)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (302, "private, no-store")
    bytes_of_it = requests.get(answer.headers["Location"], timeout=10)
    assert (bytes_of_it.content, bytes_of_it.headers["Content-Type"]) == (b"text", "text/html; charset=utf-8")
    assert bytes_of_it.headers["Content-Disposition"].startswith("attachment;")
    assert len(s3.client.list_objects_v2(Bucket="files")["Contents"]) == 1
    assert outside(teacher, "POST", url.replace("/download", "/upload")).status_code == 403
