"""The same file, and the same folder, twice at once."""

from collections.abc import Callable
from typing import Any

from app.models.courses import Course
from app.services import folders
from tests.app.api.uploading import begin, path_of, send
from tests.app.services.conftest import Together
from tests.conftest import Api


def test_the_same_file_at_once_is_one_file(together: Together, teacher: Api, course: Course, fetch: Callable[[Any], list[Any]]) -> None:
    secrets = []
    for mode in ("overwrite", "rename", "overwrite"):
        sent = send(teacher, begin(teacher, f"/courses/{course.id}", "same.txt", on_duplicate=mode))
        secrets.append(path_of(sent.headers["Location"]).removeprefix("/api/v1"))
    together.meet(folders, "lock_owner")
    answers = together.do(*(together.request(teacher, "GET", path) for path in (*secrets, secrets[0])))
    assert [answer.status_code for answer in answers] in ([200] * 4, [200, 200, 200, 404], [404, 200, 200, 200], [404, 200, 200, 404])
    rows = fetch("SELECT display_name FROM files WHERE workflow_state = 'available'")
    assert len(rows) == len(set(rows)) and ("same.txt",) in rows


def test_the_same_path_at_once_is_one_folder(together: Together, teacher: Api, course: Course, fetch: Callable[[Any], list[Any]]) -> None:
    together.meet(folders, "insert_unless_there")
    form = {"name": "a.txt", "parent_folder_path": "a/b"}
    answers = together.do(*[together.request(teacher, "POST", f"/courses/{course.id}/files", json=form)] * 2)
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(fetch("SELECT id FROM folders")) == 3
