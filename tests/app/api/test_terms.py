"""Terms: made, changed, deleted; courses in them."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from app.models.terms import EnrollmentTerm
from tests.conftest import Api
from tests.factories import CourseFactory, TermFactory

URL = "/accounts/1/terms"


def ids(rows: list[Any]) -> list[int]:
    return [row["id"] for row in rows]


def test_a_term_is_made_read_changed_and_deleted(admin: Api) -> None:
    made = admin.ok("POST", URL, data={"enrollment_term[name]": "Spring", "enrollment_term[start_at]": "2026-03-01"})
    assert (made["name"], made["start_at"], made["end_at"], made["sis_term_id"]) == ("Spring", "2026-03-01T00:00:00Z", None, None)
    url = f"{URL}/{made['id']}"
    changed = admin.ok("PUT", url, json={"enrollment_term": {"sis_term_id": "S26", "start_at": ""}})
    assert (changed["sis_term_id"], changed["start_at"], changed["name"]) == ("S26", None, "Spring")
    assert admin.ok("GET", f"{URL}/sis_term_id:S26") == changed
    assert admin.ok("DELETE", url)["workflow_state"] == "deleted"
    assert admin.get(url).status_code == admin.put(url, json={}).status_code == 404


def test_the_default_term_is_the_first_and_stays(admin: Api) -> None:
    made = TermFactory(name="Spring 100%", sis_term_id="S")
    gone = TermFactory(workflow_state="deleted")
    listed = admin.ok("GET", URL)["enrollment_terms"]
    assert [(term["id"], term["name"]) for term in listed] == [(1, "Default Term"), (made.id, "Spring 100%")]
    assert ids(admin.ok("GET", f"{URL}?workflow_state[]=all")["enrollment_terms"]) == [1, made.id, gone.id]
    assert ids(admin.ok("GET", f"{URL}?workflow_state[]=deleted")["enrollment_terms"]) == [gone.id]
    assert ids(admin.ok("GET", f"{URL}?term_name=0%25")["enrollment_terms"]) == [made.id]
    assert ids(admin.ok("GET", f"{URL}?per_page=1&page=2")["enrollment_terms"]) == [made.id]
    assert admin.delete(f"{URL}/1").status_code == 400


@pytest.mark.parametrize(
    "fields", [{}, {"name": " "}, {"name": "X", "sis_term_id": "TAKEN"}, {"name": "X", "start_at": "2026-03-02", "end_at": "2026-03-01"}]
)
def test_a_bad_term_is_refused(admin: Api, fields: dict[str, str]) -> None:
    TermFactory(sis_term_id="TAKEN")
    assert admin.post(URL, json={"enrollment_term": fields}).status_code == 400
    other = TermFactory()
    if fields.keys() > {"name"}:
        assert admin.put(f"{URL}/{other.id}", json={"enrollment_term": fields}).status_code == 400


def test_the_sis_id_of_a_deleted_term_is_free(admin: Api) -> None:
    TermFactory(sis_term_id="S", workflow_state="deleted")
    made = admin.ok("POST", URL, json={"enrollment_term": {"name": "Again", "sis_term_id": "S"}})
    assert admin.ok("GET", f"{URL}/sis_term_id:S")["id"] == made["id"]


def test_a_course_is_in_the_term_that_it_was_put_into(admin: Api) -> None:
    spring = TermFactory(name="Spring", sis_term_id="S")
    plain = admin.ok("POST", "/accounts/1/courses", json={"course": {"name": "Plain"}})
    made = admin.ok("POST", "/accounts/1/courses", data={"course[name]": "In spring", "course[term_id]": "sis_term_id:S"})
    assert (plain["enrollment_term_id"], made["enrollment_term_id"]) == (1, spring.id)
    shown = admin.ok("GET", f"/courses/{made['id']}?include[]=term")["term"]
    assert shown == {"id": spring.id, "name": "Spring", "start_at": None, "end_at": None}
    assert ids(admin.ok("GET", f"/accounts/1/courses?enrollment_term_id={spring.id}")) == [made["id"]]
    assert ids(admin.ok("GET", "/accounts/1/courses?enrollment_term_id=sis_term_id:S&include[]=term")) == [made["id"]]
    assert ids(admin.ok("GET", "/accounts/1/courses?enrollment_term_id=1")) == [plain["id"]]
    back = admin.ok("PUT", f"/courses/{made['id']}", json={"course": {"enrollment_term_id": 1}})
    assert back["enrollment_term_id"] == 1
    assert admin.ok("GET", "/accounts/1/courses?enrollment_term_id=sis_term_id:S") == []


def test_a_course_goes_into_no_term_that_is_not_there(admin: Api) -> None:
    gone = TermFactory(workflow_state="deleted")
    course = CourseFactory()
    for term, status in ((gone.id, 404), ("sis_term_id:NO", 404), ("soon", 400)):
        assert admin.put(f"/courses/{course.id}", json={"course": {"term_id": term}}).status_code == status
        assert admin.post("/accounts/1/courses", json={"course": {"term_id": term}}).status_code == status
    assert admin.get("/accounts/1/courses?enrollment_term_id=soon").status_code == 400


def test_only_an_admin_moves_a_course_to_another_term(teacher: Api, course: Any) -> None:
    url = f"/courses/{course.id}"
    assert teacher.put(url, json={"course": {"term_id": TermFactory().id}}).status_code == 403
    assert teacher.ok("PUT", url, json={"course": {"term_id": 1, "name": "Same term"}})["name"] == "Same term"


def test_a_term_with_courses_stays_until_they_are_gone(admin: Api) -> None:
    term = TermFactory()
    course = CourseFactory(enrollment_term_id=term.id)
    assert admin.delete(f"{URL}/{term.id}").status_code == 400
    admin.ok("DELETE", f"/courses/{course.id}", json={"event": "delete"})
    assert admin.ok("DELETE", f"{URL}/{term.id}")["workflow_state"] == "deleted"


def test_of_two_terms_with_one_sis_id_made_at_once_one_is_refused(admin: Api, fetch: Callable[[Any], list[Any]]) -> None:
    start, answers = threading.Barrier(4), []

    def make() -> None:
        start.wait()
        answers.append(admin.post(URL, json={"enrollment_term": {"name": "Spring", "sis_term_id": "S"}}).status_code)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 400, 400, 400]
    assert len(fetch(select(EnrollmentTerm.id).where(EnrollmentTerm.sis_term_id == "S"))) == 1
