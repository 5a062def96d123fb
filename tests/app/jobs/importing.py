"""Sending CSV files to be imported."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from tests.conftest import Api

URL = "/accounts/1/sis_imports"
USERS = "user_id,login_id,full_name,status\n"
COURSES = "course_id,short_name,long_name,status\n"
SECTIONS = "section_id,course_id,name,status\n"
ENROLLMENTS = "course_id,section_id,user_id,role,status\n"


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    """A zip of those files, in that order."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return body.getvalue()


def send(admin: Api, content: str | bytes, name: str = "import.csv", **fields: Any) -> Any:
    """The answer to a form with that file."""
    data = content.encode() if isinstance(content, str) else content
    return admin.post(URL, **form(fields, data, name))


def form(fields: Mapping[str, str], data: bytes, name: str) -> dict[str, Any]:
    """What makes a request carry a form with a file, made in memory: the test client leaves the files open that it makes of large ones."""
    boundary, body = encode_multipart({**fields, "attachment": FileStorage(io.BytesIO(data), name)})
    return {"headers": {"Content-Type": f'multipart/form-data; boundary="{boundary}"'}, "data": body}


def sent(admin: Api, content: str | bytes, name: str = "import.csv") -> Any:
    """The same, if it is taken."""
    answer = send(admin, content, name)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def said(table: list[tuple[str, Any]]) -> list[str]:
    """What there is to say about the rows of a table, the first being the second of its file."""
    return [f"{expected} (row {row})" for row, (_, expected) in enumerate(table, 2) if isinstance(expected, str)]
