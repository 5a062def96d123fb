"""What is set in a course, and what follows from it."""

import threading
from typing import Any

import pytest

from app.models.courses import Course
from app.services.course_settings import DEFAULTS, TOPICS
from tests.conftest import Api
from tests.factories import AssignmentFactory, AssignmentGroupFactory, FileFactory, FolderFactory, SubmissionFactory


@pytest.fixture
def url(course: Course) -> str:
    return f"/courses/{course.id}/settings"


@pytest.fixture
def graded(course: Course, student: Api) -> int:
    """An assignment on which five students have a score, `student` among them."""
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
    for number in range(5):
        person = {"user": student.user} if number == 0 else {}
        SubmissionFactory(assignment=work, score=5.0 + number, workflow_state="graded", **person)
    return int(work.id)


def test_everything_is_told_as_it_is_in_the_beginning(student: Api, url: str) -> None:
    told = student.ok("GET", url)
    assert {key: told[key] for key in DEFAULTS} == DEFAULTS
    assert told[TOPICS] is True
    assert (told["grading_standard_enabled"], told["grading_standard_id"], told["image"]) == (False, None, None)


def test_every_setting_can_be_changed_and_the_others_stay(teacher: Api, url: str) -> None:
    special = {"home_page_announcement_limit": 3, "default_due_time": "17:00:00"}
    told = teacher.ok("GET", url)
    for key, value in DEFAULTS.items():
        if key not in ("image_id", "image_url"):
            told |= {key: special.get(key, not value)}
            assert teacher.ok("PUT", url, json={key: told[key], "unknown": 1}) == told
    assert teacher.ok("PUT", url, data={"home_page_announcement_limit": "", "default_due_time": ""}) == {
        **told,
        "home_page_announcement_limit": None,
    }


@pytest.mark.parametrize(
    "body",
    [{"hide_final_grades": "maybe"}, {"home_page_announcement_limit": 0}, {"default_due_time": "25:00"}, {"lock_all_announcements": 7}],
)
def test_nonsense_is_refused(teacher: Api, url: str, body: dict[str, Any]) -> None:
    assert teacher.put(url, json=body).status_code == 400


def test_two_settings_at_once_are_both_kept(teacher: Api, url: str) -> None:
    names = ["hide_final_grades", "lock_all_announcements", "homeroom_course", "usage_rights_required"]
    start = threading.Barrier(len(names))

    def change(name: str) -> None:
        start.wait()
        teacher.ok("PUT", url, json={name: True})

    threads = [threading.Thread(target=change, args=[name]) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = teacher.ok("GET", url)
    assert [told[name] for name in names] == [True] * len(names)


def totals_seen(api: Api, course: Course, user_id: int) -> list[Any]:
    """The student's total, wherever the API shows it to that caller."""
    enrollments = api.ok("GET", f"/courses/{course.id}/enrollments?user_id={user_id}")
    person = api.ok("GET", f"/courses/{course.id}/users/{user_id}?include[]=enrollments")
    found = [row["grades"][key] for row in (*enrollments, *person["enrollments"]) for key in ("current_score", "unposted_final_score")]
    if user_id == api.id:
        (mine,) = api.ok("GET", "/courses?include[]=total_scores")
        found += [mine["enrollments"][0]["computed_current_score"], mine["enrollments"][0]["computed_final_score"]]
    return found


def test_a_course_says_whether_numbers_are_kept_from_students_if_it_is_asked(teacher: Api, student: Api, course: Course, url: str) -> None:
    asked = f"/courses/{course.id}?include[]=restrict_quantitative_data"
    assert "restrict_quantitative_data" not in student.ok("GET", f"/courses/{course.id}")
    assert student.ok("GET", asked)["restrict_quantitative_data"] is False
    teacher.ok("PUT", url, json={"restrict_quantitative_data": True})
    assert student.ok("GET", asked)["restrict_quantitative_data"] is True


@pytest.mark.parametrize("by", ["settings", "course"])
def test_totals_can_be_hidden_from_students_but_not_from_graders(
    teacher: Api, student: Api, admin: Api, course: Course, url: str, graded: int, by: str
) -> None:
    assert totals_seen(student, course, student.id) == [50.0] * 6
    if by == "settings":
        teacher.ok("PUT", url, json={"hide_final_grades": True})
    else:
        teacher.ok("PUT", f"/courses/{course.id}", data={"course[hide_final_grades]": "1"})
    assert student.ok("GET", f"/courses/{course.id}")["hide_final_grades"] is True
    assert totals_seen(student, course, student.id) == [None] * 6
    assert totals_seen(teacher, course, student.id) == totals_seen(admin, course, student.id) == [50.0] * 4
    teacher.ok("PUT", url, json={"hide_final_grades": False})
    assert totals_seen(student, course, student.id) == [50.0] * 6


def test_statistics_can_be_hidden_from_students(teacher: Api, student: Api, course: Course, url: str, graded: int) -> None:
    work = f"/courses/{course.id}/assignments/{graded}?include[]=score_statistics"
    assert student.ok("GET", work)["score_statistics"]["max"] == 9.0
    teacher.ok("PUT", url, json={"hide_distribution_graphs": True})
    assert student.ok("GET", work)["score_statistics"] is None
    assert teacher.ok("GET", work)["score_statistics"]["max"] == 9.0


def test_a_course_has_one_picture_by_address_or_by_file(teacher: Api, student: Api, course: Course, url: str) -> None:
    own, image = f"/courses/{course.id}", f"/courses/{course.id}?include[]=course_image"
    assert student.ok("GET", image)["image_download_url"] is None
    teacher.ok("PUT", own, json={"course": {"image_url": "https://example.com/a.png"}})
    assert student.ok("GET", image)["image_download_url"] == "https://example.com/a.png"
    assert student.ok("GET", "/courses?include[]=course_image")[0]["image_download_url"] == "https://example.com/a.png"
    picture = FileFactory(folder=FolderFactory(course=course))
    teacher.ok("PUT", own, json={"course": {"image_id": picture.id}})
    assert f"/files/{picture.id}/download?verifier={student.id}." in student.ok("GET", image)["image_download_url"]
    told = teacher.ok("GET", url)
    assert (told["image_id"], told["image_url"]) == (picture.id, None) and f"/files/{picture.id}/" in told["image"]
    teacher.ok("PUT", own, json={"course": {"remove_image": True}})
    assert "image_download_url" not in student.ok("GET", own)
    assert student.ok("GET", image)["image_download_url"] is None


def test_a_picture_is_an_http_address_or_a_file_of_the_course(teacher: Api, course: Course) -> None:
    for fields in ({"image_url": "javascript:alert(1)"}, {"image_id": FileFactory().id}, {"image_id": 10**9}):
        assert teacher.put(f"/courses/{course.id}", json={"course": fields}).status_code == 400
