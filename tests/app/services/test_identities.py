"""Which user somebody of the identity provider is: found, linked by an admin, or made at the first sign-in."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.http import limits, oidc
from app.models.identities import Identity
from app.models.users import User
from app.services import identities
from tests.app.conftest import Bearer
from tests.app.identity_provider import Provider
from tests.app.services.conftest import Together
from tests.conftest import Api
from tests.factories import UserFactory

Fetch = Callable[[Any], list[Any]]
EVERYBODY = select(User.login_id)


def test_a_first_sign_in_makes_a_user_and_later_ones_find_them(bearer: Bearer, provider: Provider, fetch: Fetch) -> None:
    claims: dict[str, Any] = {"name": "Ada King Lovelace", "email": "ada@example.com", "email_verified": True}
    who = bearer(provider.token(sub="Ada-1", **claims))
    user = who.ok("GET", "/users/self")
    assert (user["name"], user["sortable_name"], user["short_name"]) == ("Ada King Lovelace", "Lovelace, Ada King", "Ada King Lovelace")
    assert (user["login_id"], user["email"], user["sis_user_id"]) == ("Ada-1", "ada@example.com", None)
    assert who.ok("PUT", "/users/self", json={"user": {"name": "Ada"}})["name"] == "Ada"
    who.token = provider.token(sub="Ada-1", **claims)
    assert (who.ok("GET", "/users/self")["id"], who.ok("GET", "/users/self")["name"]) == (user["id"], "Ada")
    assert fetch(EVERYBODY) == [("Ada-1",)]


@pytest.mark.parametrize(
    ("claims", "name", "email"),
    [
        ({"name": " Ada "}, "Ada", None),
        ({"username": "ada"}, "ada", None),
        ({"name": "\x00", "cognito:username": "ada"}, "ada", None),
        ({"name": "x" * 256}, "sub-1", None),
        ({"name": ["Ada"], "email": "ada@example.com", "email_verified": "true"}, "sub-1", "ada@example.com"),
        ({"email": "boss@example.com"}, "sub-1", None),
        ({"email": "boss@example.com", "email_verified": False}, "sub-1", None),
        ({"email": "boss@example.com", "email_verified": 1.5}, "sub-1", None),
    ],
)
def test_a_new_user_has_what_the_token_says_of_them(
    bearer: Bearer, provider: Provider, claims: dict[str, Any], name: str, email: str | None
) -> None:
    user = bearer(provider.token(**claims)).ok("GET", "/users/self")
    assert (user["name"], user["email"]) == (name, email)


def test_an_address_or_a_login_takes_nobody_over(bearer: Bearer, provider: Provider, fetch: Fetch) -> None:
    boss = UserFactory(login_id="boss@example.com", sis_user_id="sub-1", admin=True)
    claims: dict[str, Any] = {"email": "boss@example.com", "email_verified": True, "username": "boss@example.com", "name": boss.name}
    who = bearer(provider.token(**claims))
    assert who.ok("GET", "/users/self")["id"] != boss.id
    assert bearer(provider.token(sub="BOSS@example.com")).get("/users/self").status_code == 401
    assert len(fetch(EVERYBODY)) == 2


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_two_first_sign_ins_at_once_make_one_user(
    bearer: Bearer, provider: Provider, together: Together, fetch: Fetch, method: str
) -> None:
    who = bearer(provider.token())
    together.meet(identities, "insert_unless_there")
    answers = together.do(*[together.request(who, method, "/users/self")] * 2)
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len({answer.get_json()["id"] for answer in answers}) == 1
    assert fetch(EVERYBODY) == [("sub-1",)]
    assert len(fetch(select(Identity.id))) == 1


def test_two_first_sign_ins_at_once_link_one_user(bearer: Bearer, provider: Provider, together: Together, fetch: Fetch) -> None:
    user = UserFactory(integration_id="sub-1")
    who = bearer(provider.token())
    together.meet(identities, "insert_unless_there")
    answers = together.do(*[together.request(who, "GET", "/users/self")] * 2)
    assert [answer.get_json()["id"] for answer in answers] == [user.id] * 2
    assert len(fetch(select(Identity.id))) == 1


def test_nobody_is_made_where_that_is_switched_off(
    trust: Callable[..., oidc.Verifier], nobody: Api, provider: Provider, fetch: Fetch
) -> None:
    trust(OIDC_PROVISION="false")
    nobody.token = provider.token()
    assert nobody.get("/users/self").status_code == 401
    assert fetch(EVERYBODY) == []
    user = UserFactory(integration_id="sub-1")
    assert nobody.ok("GET", "/users/self")["id"] == user.id


def test_an_admin_links_a_user_who_is_there(bearer: Bearer, provider: Provider, admin: Api, student: Api) -> None:
    linked = {"user": {"integration_id": "sub-1"}}
    assert admin.ok("PUT", f"/users/{student.id}", json=linked)["integration_id"] == "sub-1"
    who = bearer(provider.token())
    assert who.ok("GET", "/users/self")["id"] == student.id
    admin.ok("PUT", f"/users/{student.id}", json={"user": {"integration_id": ""}})
    assert who.ok("GET", "/users/self")["id"] == student.id


@pytest.mark.parametrize("whose", ["own", "another admin's", "somebody's"])
def test_who_may_say_who_signs_in_as_whom(admin: Api, student: Api, sign_in: Callable[[User], Api], whose: str) -> None:
    other = sign_in(UserFactory(admin=True))
    by, of = {"own": (student, student), "another admin's": (admin, other), "somebody's": (student, admin)}[whose]
    assert by.put(f"/users/{of.id}", json={"user": {"integration_id": "x"}}).status_code == 403
    assert admin.ok("PUT", "/users/self", json={"user": {"integration_id": "x"}})["integration_id"] == "x"
    assert admin.put(f"/users/{student.id}", json={"user": {"integration_id": "x"}}).status_code == 400
    body = {"pseudonym": {"unique_id": "new", "integration_id": "x"}}
    assert set(admin.post("/accounts/1/users", json=body).get_json()["errors"]) == {"integration_id"}


def test_who_was_deleted_stays_out(bearer: Bearer, provider: Provider, admin: Api, fetch: Fetch) -> None:
    who = bearer(provider.token())
    admin.ok("DELETE", f"/accounts/1/users/{who.ok('GET', '/users/self')['id']}")
    for method in ("GET", "PUT"):
        answer = who.call(method, "/users/self")
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="canvas-lms"')
    assert len(fetch(EVERYBODY)) == 2


def test_who_was_deleted_before_their_first_sign_in_stays_out(bearer: Bearer, provider: Provider) -> None:
    UserFactory(integration_id="sub-1", workflow_state="deleted")
    assert bearer(provider.token()).get("/users/self").status_code == 401


def test_an_admin_lets_the_deleted_in_again_as_another_user(bearer: Bearer, provider: Provider, admin: Api) -> None:
    who = bearer(provider.token())
    admin.ok("DELETE", f"/accounts/1/users/{who.ok('GET', '/users/self')['id']}")
    user = UserFactory(integration_id="sub-1")
    assert who.ok("GET", "/users/self")["id"] == user.id
    assert who.ok("GET", "/users/self")["id"] == user.id


def test_a_subject_that_names_two_users_names_none(bearer: Bearer, provider: Provider) -> None:
    UserFactory(integration_id="sub-1")
    UserFactory(integration_id="sub-1")
    assert bearer(provider.token()).get("/users/self").status_code == 401


def test_the_same_subject_of_another_issuer_is_somebody_else(app: Flask, bearer: Bearer, provider: Provider) -> None:
    who = bearer(provider.token())
    mine = who.ok("GET", "/users/self")["id"]
    other = identities.user_for("https://other.test", "sub-1", name=None, email=None, provision=False)
    assert other is None
    assert who.ok("GET", "/users/self")["id"] == mine


def test_one_bucket_for_a_user_however_they_sign_in(bearer: Bearer, provider: Provider, app: Flask) -> None:
    who = bearer(provider.token())
    user = who.ok("GET", "/users/self")["id"]
    app.extensions["rate_limits"].add(user, 10_000.0, limits.clock())
    assert who.get("/users/self").status_code == 429
