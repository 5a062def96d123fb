"""Files that are handed in, and files that go with comments."""

from collections.abc import Callable
from typing import Any

import pytest

from app.models.assignments import Assignment
from app.models.courses import Course
from app.models.users import User
from tests.app.api.uploading import begin, download, upload
from tests.conftest import Api
from tests.factories import AssignmentFactory, AssignmentGroupFactory


@pytest.fixture
def work(course: Course) -> Assignment:
    """An assignment that takes PDFs and texts."""
    made: Assignment = AssignmentFactory(
        group=AssignmentGroupFactory(course=course), submission_types=["online_upload"], allowed_extensions=["pdf", ".TXT"]
    )
    return made


@pytest.fixture
def url(work: Assignment) -> str:
    """Its submissions."""
    return f"/courses/{work.course_id}/assignments/{work.id}/submissions"


def hand_in(who: Api, url: str, *ids: int) -> Any:
    """Hand those files in."""
    return who.post(url, json={"submission": {"submission_type": "online_upload", "file_ids": list(ids)}})


def test_files_are_handed_in_and_read_by_whom_they_concern(
    student: Api, teacher: Api, observer: Api, enrolled: Callable[..., Api], url: str
) -> None:
    one, two = (upload(student, f"{url}/self", name=name) for name in ("one.pdf", "Two.TXT"))
    assert one["folder_id"] is None
    for other in (teacher, observer):
        assert other.get(f"/files/{one['id']}").status_code == 403
    done = hand_in(student, url, two["id"], one["id"])
    assert (done.status_code, done.get_json()["submission_type"]) == (201, "online_upload")
    for reader in (student, teacher, observer):
        seen = reader.ok("GET", f"{url}/{student.id}")
        assert [file["display_name"] for file in seen["attachments"]] == ["Two.TXT", "one.pdf"]
        assert download(reader, seen["attachments"][0]["url"]).data == b"text"
    peer = enrolled()
    assert peer.get(f"/files/{one['id']}").status_code == 403
    assert peer.get(f"/files/{one['id']}/public_url").status_code == 403


def test_the_history_keeps_the_files_of_every_attempt(student: Api, teacher: Api, url: str) -> None:
    ids = [upload(student, f"{url}/{student.id}", name="same.pdf")["id"] for _ in range(2)]
    for file_id in ids:
        assert hand_in(student, url, file_id).status_code == 201
    seen = teacher.ok("GET", f"{url}/{student.id}?include[]=submission_history")
    assert [[file["id"] for file in attempt["attachments"]] for attempt in seen["submission_history"]] == [[ids[0]], [ids[1]]]
    assert [file["id"] for file in seen["attachments"]] == [ids[1]]
    assignments = student.ok("GET", f"{url.removesuffix('/submissions')}?include[]=submission")
    assert [file["id"] for file in assignments["submission"]["attachments"]] == [ids[1]]
    assert [file["id"] for file in teacher.ok("GET", url)[0]["attachments"]] == [ids[1]]


def test_what_was_handed_in_stays(student: Api, teacher: Api, admin: Api, url: str) -> None:
    kept, spare = (upload(student, f"{url}/self", name=name)["id"] for name in ("kept.pdf", "spare.pdf"))
    assert hand_in(student, url, kept).status_code == 201
    for who in (student, teacher, admin):
        assert who.delete(f"/files/{kept}").status_code == 403
        assert who.put(f"/files/{kept}", json={"name": "x.pdf"}).status_code == 403
    assert teacher.delete(f"/files/{spare}").status_code == 403
    student.ok("DELETE", f"/files/{spare}")
    assert hand_in(student, url, spare).status_code == 400
    assert student.ok("GET", "/users/self/files/quota")["quota_used"] == 4


def test_only_own_files_for_this_assignment_are_taken(
    student: Api, enrolled: Callable[..., Api], course: Course, teacher: Api, url: str
) -> None:
    other = AssignmentFactory(group=AssignmentGroupFactory(course=course), submission_types=["online_upload"])
    elsewhere = f"/courses/{course.id}/assignments/{other.id}/submissions"
    peer = enrolled()
    wrong = [
        upload(student, f"{elsewhere}/self", name="a.pdf")["id"],
        upload(peer, f"{url}/self", name="a.pdf")["id"],
        upload(student, f"{url}/self/comments", name="a.pdf")["id"],
        upload(student, "/users/self", name="a.pdf")["id"],
        upload(teacher, f"/courses/{course.id}", name="a.pdf")["id"],
        999_999,
    ]
    for file_id in wrong:
        assert hand_in(student, url, file_id).status_code == 400
    assert hand_in(student, url).status_code == 400
    assert hand_in(student, url, *range(1, 1002)).status_code == 400


def test_names_types_dates_and_people_are_checked_before_the_upload(
    student: Api, teacher: Api, observer: Api, stranger: Api, enrolled: Callable[..., Api], course: Course, url: str
) -> None:
    for name in ("program.exe", "pdf", "x.pdf.exe"):
        assert student.post(f"{url}/self/files", json={"name": name}).status_code == 400
    for who in (teacher, observer, stranger, enrolled()):
        assert who.post(f"{url}/{student.id}/files", json={"name": "a.pdf"}).status_code == 403
    group = AssignmentGroupFactory(course=course)
    texts, locked, draft = (
        AssignmentFactory(group=group, **fields)
        for fields in (
            {},
            {"submission_types": ["online_upload"], "lock_at": work_time()},
            {"submission_types": ["online_upload"], "workflow_state": "unpublished"},
        )
    )
    for assignment, status in ((texts, 400), (locked, 403), (draft, 403)):
        where = f"/courses/{course.id}/assignments/{assignment.id}/submissions/self/files"
        assert student.post(where, json={"name": "a.pdf"}).status_code == status


def work_time() -> Any:
    """An hour ago."""
    import datetime as dt

    return dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)


def test_extensions_are_checked_again_when_files_are_handed_in(student: Api, teacher: Api, url: str) -> None:
    made = upload(student, f"{url}/self", name="a.pdf")
    teacher.ok("PUT", url.removesuffix("/submissions"), json={"assignment": {"allowed_extensions": ["zip"]}})
    assert hand_in(student, url, made["id"]).status_code == 400


def test_comments_carry_files_of_both_sides(student: Api, teacher: Api, url: str, enrolled: Callable[..., Api]) -> None:
    where = f"{url}/{student.id}"
    marked = upload(teacher, f"{where}/comments", name="marked.exe")
    assert student.get(f"/files/{marked['id']}").status_code == 403
    seen = teacher.ok("PUT", where, json={"comment": {"file_ids": [marked["id"]]}})
    assert seen["submission_comments"][0]["comment"] == "See attached files."
    mine = upload(student, f"{where}/comments", name="answer.txt")
    student.ok("PUT", where, json={"comment": {"text_comment": "Here.", "file_ids": [mine["id"]]}})
    comments = student.ok("GET", f"{where}?include[]=submission_comments")["submission_comments"]
    assert [[file["id"] for file in comment["attachments"]] for comment in comments] == [[marked["id"]], [mine["id"]]]
    assert download(student, comments[0]["attachments"][0]["url"]).data == b"text"
    for file_id in (marked["id"], 999_999):
        assert student.put(where, json={"comment": {"text_comment": "x", "file_ids": [file_id]}}).status_code == 400
    assert enrolled().post(f"{where}/comments/files", json={"name": "a"}).status_code == 403
    assert teacher.put(where, json={"comment": {"text_comment": " ", "file_ids": []}}).status_code == 400


def test_staff_of_another_section_reach_no_file(student: Api, enrolled: Callable[..., Api], url: str, course: Course) -> None:
    from tests.factories import SectionFactory

    limited = enrolled("TaEnrollment", course_section_id=SectionFactory(course=course).id, limit_privileges_to_course_section=True)
    made = upload(student, f"{url}/self", name="a.pdf")
    assert hand_in(student, url, made["id"]).status_code == 201
    assert limited.get(f"/files/{made['id']}").status_code == 403
    assert limited.post(f"{url}/{student.id}/comments/files", json={"name": "a"}).status_code == 403


def test_the_student_may_be_named_by_a_sis_id(student: Api, sign_in: Callable[[User], Api], url: str) -> None:
    login = student.user.login_id if student.user else ""
    assert begin(student, f"{url}/sis_login_id:{login}", "a.pdf")["upload_url"]
    assert student.post(f"{url}/sis_login_id:nobody/files", json={"name": "a.pdf"}).status_code == 403
