"""Access tokens of users."""

from collections.abc import Callable
from typing import Any

from tests.conftest import Api
from tests.factories import UserFactory


def create(api: Api, user: int | str = "self", **fields: Any) -> Any:
    return api.call("POST", f"/users/{user}/tokens", json={"token": {"purpose": "script", **fields}})


def test_a_new_token_works_and_its_secret_is_shown_once(student: Api) -> None:
    token = create(student).get_json()
    assert Api(student.http, None, token["visible_token"]).ok("GET", "/users/self")["id"] == student.id
    listed = student.ok("GET", "/users/self/tokens")
    assert [found["purpose"] for found in listed] == ["test", "script"]
    assert all("visible_token" not in found for found in listed)


def test_only_the_hash_is_stored(student: Api, fetch: Callable[[str], list[Any]]) -> None:
    secret = create(student).get_json()["visible_token"]
    assert secret.encode() not in [bytes(row[0]) for row in fetch("SELECT token_hash FROM access_tokens")]


def test_a_revoked_token_stops_at_once(student: Api) -> None:
    token = create(student).get_json()
    assert student.ok("DELETE", f"/users/self/tokens/{token['id']}")["id"] == token["id"]
    assert Api(student.http, None, token["visible_token"]).get("/users/self").status_code == 401
    assert student.delete(f"/users/self/tokens/{token['id']}").status_code == 404


def test_a_token_expires_when_it_says(student: Api) -> None:
    token = create(student, expires_at="2020-01-01T00:00:00Z").get_json()
    assert Api(student.http, None, token["visible_token"]).get("/users/self").status_code == 401


def test_a_token_needs_a_purpose(student: Api) -> None:
    assert create(student, purpose=" ").status_code == 400
    assert student.post("/users/self/tokens").status_code == 400


def test_an_admin_makes_tokens_for_others_but_not_for_another_admin(admin: Api, student: Api, sign_in: Callable[..., Api]) -> None:
    assert create(admin, student.id).status_code == 200
    second = sign_in(UserFactory(admin=True))
    assert create(admin, second.id).status_code == 403
    assert admin.get(f"/users/{second.id}/tokens").status_code == 403
    assert create(admin, 999999).status_code == 404


def test_nobody_else_touches_a_users_tokens(student: Api, teacher: Api) -> None:
    assert create(teacher, student.id).status_code == 403
    assert create(student, 999999).status_code == 403
    (token,) = student.ok("GET", "/users/self/tokens")
    assert teacher.delete(f"/users/{student.id}/tokens/{token['id']}").status_code == 403


def test_no_token_is_made_while_acting_as_somebody_else(admin: Api, student: Api) -> None:
    response = admin.post(f"/users/{student.id}/tokens?as_user_id={student.id}", json={"token": {"purpose": "x"}})
    assert response.status_code == 403
