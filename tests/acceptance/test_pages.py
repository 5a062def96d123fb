"""Long lists: in pages, every row exactly once."""

from dataclasses import dataclass

import pytest
import requests
from canvasapi.course import Course
from canvasapi.paginated_list import PaginatedList
from canvasapi.user import User

from tests.acceptance.live import Lms, Person, enroll, unique

PEOPLE = 120


@dataclass
class Crowd:
    """A course with many people: a teacher, then students."""

    course: Course
    teacher: Person
    ids: list[int]


@pytest.fixture(scope="module")
def crowd(lms: Lms) -> Crowd:
    """120 people in one course; the students have no tokens, which nobody needs here."""
    course, mark, teacher = lms.course(), unique("Crowd"), lms.person()
    enroll(course, teacher, "Teacher")
    ids = [teacher.id]
    for number in range(1, PEOPLE):
        login = f"{mark}{number}@example.com".replace(" ", "")
        user = lms.account.create_user({"unique_id": login}, user={"name": f"{mark} {number}"})
        course.enroll_user(user.id, enrollment={"type": "StudentEnrollment", "enrollment_state": "active"})
        ids.append(user.id)
    return Crowd(course, teacher, ids)


def test_canvasapi_reads_a_long_list_in_two_pages(crowd: Crowd, requests_sent: list[str]) -> None:
    assert [row.user_id for row in crowd.course.get_enrollments()] == crowd.ids
    assert len(requests_sent) == 2


def test_fifty_a_page_make_three_pages(crowd: Crowd, requests_sent: list[str]) -> None:
    users = PaginatedList(User, crowd.course._requester, "GET", f"courses/{crowd.course.id}/users", per_page=50)
    assert [user.id for user in users] == crowd.ids
    assert len(requests_sent) == 3
    assert all(f"page={number}&per_page=50" in url for number, url in enumerate(requests_sent[1:], 2))


def test_a_callers_own_page_size_loses_and_repeats_no_row(crowd: Crowd, requests_sent: list[str]) -> None:
    assert [row.user_id for row in crowd.course.get_enrollments(per_page=50)] == crowd.ids
    assert len(requests_sent) in (2, 3)  # canvasapi adds its own per_page=100 behind: either may win


def test_a_page_holds_a_hundred_rows_at_most_and_ten_unless_told_otherwise(lms: Lms, crowd: Crowd) -> None:
    for query, expected in (("", 10), ("?per_page=5", 5), ("?per_page=100", 100), ("?per_page=101", 100), ("?per_page=99999999999", 100)):
        assert len(lms.call("GET", f"courses/{crowd.course.id}/enrollments{query}").json()) == expected
    for nonsense in ("0", "-1", "x", "", "1.5", "%00", "9" * 40):
        answer = lms.call("GET", f"courses/{crowd.course.id}/enrollments?per_page={nonsense}&page={nonsense}")
        assert answer.status_code in (200, 400), answer.text


def test_past_the_end_there_is_nothing(lms: Lms, crowd: Crowd) -> None:
    for number in (13, 10**6, 10**18):
        answer = lms.call("GET", f"courses/{crowd.course.id}/enrollments?page={number}")
        assert (answer.status_code, answer.json()) == (200, [])
        assert "next" not in answer.links


def rels(answer: requests.Response) -> set[str]:
    return set(answer.links)


def test_links_name_the_neighbours_of_each_page(lms: Lms, crowd: Crowd) -> None:
    path = f"courses/{crowd.course.id}/enrollments"
    pages = [lms.call("GET", f"{path}?per_page=50&page={number}") for number in (1, 2, 3)]
    assert [rels(page) - {"last"} for page in pages] == [
        {"current", "next", "first"},
        {"current", "next", "prev", "first"},
        {"current", "prev", "first"},
    ]
    assert pages[0].links["next"]["url"] == pages[1].links["current"]["url"] == pages[2].links["prev"]["url"]
    assert pages[2].links["last"]["url"] == pages[2].links["current"]["url"]
    assert all(link["url"].startswith(f"{lms.url}/api/v1/{path}?") for page in pages for link in page.links.values())


def test_links_keep_every_parameter_but_the_token(lms: Lms, crowd: Crowd) -> None:
    query = "include[]=email&include[]=enrollments&enrollment_type[]=student&search_term=Crowd&enrollment_type[]=ta"
    query += f"&as_user_id={crowd.teacher.id}&access_token={lms.admin_token}&per_page=100"
    answer = lms.call("GET", f"courses/{crowd.course.id}/users?{query}", headers={"Authorization": ""})
    link = answer.links["next"]["url"]
    asked = requests.Request("GET", link).prepare().url or ""
    assert link.count("include%5B%5D=") + link.count("include[]=") == 2
    assert link.count("enrollment_type") == 2 and "search_term=Crowd" in link and f"as_user_id={crowd.teacher.id}" in link
    assert "access_token" not in asked and lms.admin_token not in answer.headers["Link"]
    rest = requests.get(link, headers={"Authorization": f"Bearer {lms.admin_token}"}, timeout=10).json()
    assert [user["id"] for user in answer.json() + rest] == crowd.ids[1:]
    assert all(user["email"] and user["enrollments"] for user in rest)


def test_no_link_holds_a_bare_comma(lms: Lms, crowd: Crowd) -> None:
    answer = lms.call("GET", f"courses/{crowd.course.id}/users?per_page=1&include[]=a,b&x=%2C")
    assert answer.headers["Link"].count(",") == answer.headers["Link"].count('rel="') - 1


def test_include_is_repeated_on_the_second_page_of_canvasapi(crowd: Crowd) -> None:
    users = list(crowd.course.get_users(include=["email", "enrollments"]))
    assert len(users) == PEOPLE
    assert all(user.email and user.enrollments[0]["user_id"] == user.id for user in users)


def test_a_short_list_needs_one_request(course: Course, student: Person, requests_sent: list[str]) -> None:
    assert [user.id for user in course.get_users()] == [student.id]
    assert len(requests_sent) == 1
