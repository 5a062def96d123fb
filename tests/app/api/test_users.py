"""Users: made, found, changed, deleted."""

from collections.abc import Callable
from typing import Any

import pytest

from app.models.courses import Course
from tests.conftest import Api
from tests.factories import EnrollmentFactory, UserFactory


def made(admin: Api, **pseudonym: Any) -> Any:
    return admin.ok("POST", "/accounts/1/users", json={"user": {"name": "Ada King Lovelace"}, "pseudonym": pseudonym})


def test_a_new_user_has_names_login_and_email(admin: Api) -> None:
    user = made(admin, unique_id="Ada@Example.com", sis_user_id="S1")
    assert user["name"] == "Ada King Lovelace"
    assert user["sortable_name"] == "Lovelace, Ada King"
    assert (user["login_id"], user["email"], user["sis_user_id"]) == ("Ada@Example.com", "Ada@Example.com", "S1")
    assert admin.ok("GET", "/users/sis_user_id:S1")["id"] == user["id"]
    assert admin.ok("GET", "/users/sis_login_id:ADA@example.com")["id"] == user["id"]


def test_the_email_is_the_address_that_was_given(admin: Api) -> None:
    body = {"pseudonym": {"unique_id": "ada"}, "communication_channel": {"type": "email", "address": "ada@example.org"}}
    user = admin.ok("POST", "/accounts/self/users", json=body)
    assert (user["name"], user["email"]) == ("ada", "ada@example.org")


@pytest.mark.parametrize(
    ("pseudonym", "field"),
    [
        ({}, "pseudonym"),
        ({"unique_id": " "}, "unique_id"),
        ({"unique_id": "x" * 256}, "unique_id"),
        ({"unique_id": "ADA"}, "unique_id"),
        ({"unique_id": "b", "sis_user_id": "S1"}, "sis_user_id"),
        ({"unique_id": "b", "password": "short"}, "password"),
    ],
)
def test_a_bad_new_user_is_refused_by_field(admin: Api, pseudonym: dict[str, str], field: str) -> None:
    made(admin, unique_id="ada", sis_user_id="S1")
    response = admin.post("/accounts/1/users", json={"pseudonym": pseudonym} if pseudonym else {})
    assert response.status_code == 400
    assert field in response.get_json()["errors"]


def test_a_password_is_stored_as_argon2_only(admin: Api, fetch: Callable[[str], list[Any]]) -> None:
    made(admin, unique_id="ada", password="correct horse")
    ((stored,),) = fetch("SELECT password_hash FROM users WHERE login_id = 'ada'")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_users_are_found_by_name_login_email_or_sis_id(admin: Api) -> None:
    ada = made(admin, unique_id="countess", sis_user_id="S77")
    for term in ("lovel", "COUNT", "S77"):
        assert [user["id"] for user in admin.ok("GET", f"/accounts/1/users?search_term={term}")] == [ada["id"]]
    assert admin.ok("GET", "/accounts/1/users?search_term=100%25") == []
    assert admin.get("/accounts/1/users?search_term=a").status_code == 400


def test_users_are_listed_by_what_they_are_somewhere(admin: Api, teacher: Api, student: Api) -> None:
    assert [user["id"] for user in admin.ok("GET", "/accounts/1/users?enrollment_type=teacher")] == [teacher.id]


def test_users_are_sorted_as_asked(admin: Api) -> None:
    UserFactory(name="Zoe Zzz")
    names = [user["sortable_name"] for user in admin.ok("GET", "/accounts/1/users?sort=username&order=desc")]
    assert names == sorted(names, reverse=True)


def test_a_changed_name_takes_along_the_names_made_from_it(student: Api) -> None:
    user = student.ok("PUT", "/users/self", json={"user": {"name": "Grace Hopper", "time_zone": "Asia/Seoul"}})
    assert (user["sortable_name"], user["short_name"], user["time_zone"]) == ("Hopper, Grace", "Grace Hopper", "Asia/Seoul")
    kept = student.ok("PUT", "/users/self", json={"user": {"short_name": "Amazing", "name": "Grace B Hopper"}})
    assert (kept["short_name"], kept["sortable_name"]) == ("Amazing", "Hopper, Grace B")


def test_an_avatar_is_an_address(student: Api) -> None:
    assert student.ok("PUT", "/users/self", data={"user[avatar][url]": "https://x.test/a.png"})["avatar_url"] == "https://x.test/a.png"
    assert student.put("/users/self", json={"user": {"avatar": {"url": "javascript:alert(1)"}}}).status_code == 400


def test_only_an_admin_changes_an_email_or_another_user(student: Api, teacher: Api, admin: Api) -> None:
    assert student.put("/users/self", json={"user": {"email": "x@y.test"}}).status_code == 403
    assert teacher.put(f"/users/{student.id}", json={"user": {"name": "X"}}).status_code == 403
    assert admin.ok("PUT", f"/users/{student.id}", json={"user": {"email": "x@y.test"}})["email"] == "x@y.test"


def test_a_user_names_themselves_by_sis_id_too(sign_in: Callable[..., Api]) -> None:
    me = sign_in(UserFactory(sis_user_id="ME"))
    assert me.ok("PUT", "/users/sis_user_id:ME", json={"user": {"name": "Me"}})["name"] == "Me"


def test_staff_see_members_of_their_courses_only(teacher: Api, student: Api, other_teacher: Api) -> None:
    assert teacher.ok("GET", f"/users/{student.id}")["id"] == student.id
    assert other_teacher.get(f"/users/{student.id}").status_code == 403
    assert student.get(f"/users/{teacher.id}").status_code == 403


def test_a_profile_has_what_clients_read(student: Api, teacher: Api) -> None:
    mine = student.ok("GET", "/users/self/profile")
    assert mine["primary_email"] == mine["login_id"] == student.user.email if student.user else False
    assert "primary_email" not in teacher.ok("GET", f"/users/{student.id}/profile")


def test_a_deleted_user_is_gone_and_so_are_their_tokens(admin: Api, student: Api, teacher: Api, course: Course) -> None:
    assert admin.ok("DELETE", f"/accounts/1/users/{student.id}")["id"] == student.id
    assert student.get("/users/self").status_code == 401
    assert admin.get(f"/users/{student.id}").status_code == 404
    assert student.id not in [user["id"] for user in teacher.ok("GET", f"/courses/{course.id}/users")]


def test_a_deleted_user_gives_their_login_and_sis_id_free(admin: Api) -> None:
    first = made(admin, unique_id="ada", sis_user_id="S1")
    admin.ok("DELETE", f"/accounts/1/users/{first['id']}")
    assert made(admin, unique_id="ada", sis_user_id="S1")["id"] != first["id"]


def test_an_admin_does_not_delete_themselves(admin: Api) -> None:
    assert admin.delete(f"/accounts/1/users/{admin.id}").status_code == 403


def test_a_users_courses_are_for_them_and_for_admins(admin: Api, student: Api, teacher: Api, course: Course) -> None:
    EnrollmentFactory(user=teacher.user)
    assert [found["id"] for found in student.ok("GET", f"/users/{student.id}/courses")] == [course.id]
    assert len(admin.ok("GET", f"/users/{teacher.id}/courses")) == 2
    assert student.get(f"/users/{teacher.id}/courses").status_code == 403
    assert admin.get("/users/999999/courses").status_code == 404
