"""Files, as canvasapi uploads, finds, hands in and downloads them."""

from pathlib import Path

import pytest
import requests
from canvasapi.course import Course
from canvasapi.exceptions import BadRequest, Forbidden, ResourceDoesNotExist

from tests.acceptance.live import Lms, Person

NAME = "보고서 최종 (1).txt"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file to upload."""
    found = tmp_path / NAME
    found.write_text("내용")
    return found


def test_a_teacher_uploads_and_a_student_downloads(lms: Lms, taught: Course, attended: Course, path: Path, tmp_path: Path) -> None:
    good, made = taught.upload(path)
    assert good and made["display_name"] == NAME and made["size"] == path.stat().st_size
    (found,) = attended.get_files(search_term="보고서", content_types=["text"])
    assert found.id == made["id"] and found.get_contents() == "내용"
    found.download(tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == path.read_bytes()
    answer = requests.get(found.url, timeout=10)  # without a token
    assert answer.status_code == 200 and answer.headers["Content-Disposition"].startswith("attachment;")
    with pytest.raises(Forbidden):
        attended.upload(path)


def test_files_are_renamed_moved_locked_and_deleted(taught: Course, attended: Course, path: Path) -> None:
    _, made = taught.upload(path, parent_folder_path="Week 1")
    folder = taught.create_folder("Week 2")
    file = taught.get_file(made["id"]).update(name="new.txt", parent_folder_id=folder.id)
    assert (file.display_name, file.folder_id) == ("new.txt", folder.id)
    assert [each.id for each in taught.get_folder(folder.id).get_files()] == [file.id]
    file.update(locked=True)
    seen = attended.get_file(file.id)
    assert (seen.locked_for_user, seen.url, list(attended.get_files())) == (True, "", [])
    file.delete()
    with pytest.raises(ResourceDoesNotExist):
        taught.get_file(file.id)


def test_the_same_name_replaces_or_is_changed(taught: Course, path: Path) -> None:
    first, second = (taught.upload(path)[1] for _ in range(2))
    renamed = taught.upload(path, on_duplicate="rename")[1]
    assert {file.id for file in taught.get_files()} == {second["id"], renamed["id"]}
    assert renamed["display_name"] == "보고서 최종 (1)-1.txt"
    assert taught.get_file(first["id"]).id == second["id"]


def test_folders_are_made_found_and_deleted(taught: Course, path: Path) -> None:
    week = taught.create_folder("Week 1")
    inner = week.create_folder("Slides")
    inner.upload(path)
    assert [each.full_name for each in taught.resolve_path("Week 1/Slides")][-1] == "course files/Week 1/Slides"
    assert {each.name for each in taught.get_folders()} == {"course files", "Week 1", "Slides"}
    assert [each.id for each in week.get_folders()] == [inner.id]
    assert week.update(name="Week one").name == "Week one"
    with pytest.raises(BadRequest):
        week.delete()
    week.delete(force=True)
    assert list(taught.get_files()) == []


def test_a_student_has_files_of_their_own(student: Person, outsider: Person, path: Path) -> None:
    me = student.canvas.get_current_user()
    good, made = me.upload(path)
    assert good and [file.id for file in me.get_files()] == [made["id"]]
    assert me.get_file_quota()["quota_used"] == path.stat().st_size
    with pytest.raises(Forbidden):
        outsider.canvas.get_file(made["id"])


def test_files_are_handed_in_and_commented_with_files(taught: Course, student: Person, outsider: Person, path: Path) -> None:
    work = taught.create_assignment(
        {"name": "Report", "submission_types": ["online_upload"], "allowed_extensions": ["txt"], "published": True, "points_possible": 10}
    )
    _, made = student.through(work).upload_to_submission(path)
    done = student.through(work).submit({"submission_type": "online_upload", "file_ids": [made["id"]]})
    assert [file.display_name for file in done.attachments] == [NAME]
    seen = work.get_submission(student.id, include=["submission_history"])
    assert [file.get_contents() for file in seen.attachments] == ["내용"]
    assert seen.submission_history[0]["attachments"][0]["id"] == made["id"]
    seen.upload_comment(path)
    comments = student.through(work).get_submission("self", include=["submission_comments"]).submission_comments
    assert [file["display_name"] for file in comments[0]["attachments"]] == [NAME]
    with pytest.raises(Forbidden):
        outsider.canvas.get_file(made["id"])
    with pytest.raises(BadRequest):
        student.through(work).upload_to_submission(path.rename(path.with_suffix(".exe")))


def test_an_upload_larger_than_any_other_body(taught: Course, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(bytes(5 * 1024 * 1024))
    good, made = taught.upload(film)
    assert good and made["size"] == 5 * 1024 * 1024
    assert len(taught.get_file(made["id"]).get_contents(binary=True)) == made["size"]
