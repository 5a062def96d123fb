"""Sign-in by a JWT: what is let in, what is refused, and what it lets do."""

import contextvars
import time
from collections.abc import Callable
from functools import partial
from io import BytesIO
from typing import Any

import pytest
from flask import Flask

from app import create_app
from app.http import oidc
from app.models.courses import Course
from tests.app.conftest import Bearer
from tests.app.identity_provider import ADMINS, AUDIENCE, Provider, in_groups
from tests.conftest import BASE_URL, Api
from tests.factories import EnrollmentFactory, UserFactory

Trust = Callable[..., oidc.Verifier]
NOW = time.time
HOUR = 3600
HUGE = 10**400
REFUSED: dict[str, Callable[[], dict[str, Any]]] = {
    "expired": lambda: {"exp": int(NOW()) - 60},
    "without an expiry": lambda: {"exp": None},
    "with an expiry in text": lambda: {"exp": str(int(NOW()) + HOUR)},
    "with an expiry that is true": lambda: {"exp": True},
    "with an expiry in a list": lambda: {"exp": [int(NOW()) + HOUR]},
    "that never expires": lambda: {"exp": float("inf")},
    "that expires at no number": lambda: {"exp": float("nan")},
    "for later": lambda: {"nbf": int(NOW()) + 120},
    "from the future": lambda: {"iat": int(NOW()) + 120},
    "of another issuer": lambda: {"iss": "https://evil.test"},
    "of an issuer that begins alike": lambda: {"iss": "http://127.0.0.1"},
    "of issuers in a list": lambda: {"iss": ["https://evil.test"]},
    "without an issuer": lambda: {"iss": None},
    "for another audience": lambda: {"aud": "somebody-else"},
    "for a part of the audience": lambda: {"aud": AUDIENCE[:-1]},
    "for other audiences": lambda: {"aud": ["somebody-else", "more"]},
    "for an audience that is a number": lambda: {"aud": 1},
    "for an audience that is an object": lambda: {"aud": {AUDIENCE: 1}},
    "for audiences that are not all text": lambda: {"aud": [AUDIENCE, 1]},
    "for nobody": lambda: {"aud": None},
    "for an empty audience": lambda: {"aud": []},
    "of an ID token's client": lambda: {"aud": None, "client_id": AUDIENCE},
    "of another client": lambda: {"aud": None, "client_id": "somebody-else", "token_use": "access"},
    "for another audience but our client": lambda: {"aud": "somebody-else", "client_id": AUDIENCE, "token_use": "access"},
    "to refresh with": lambda: {"token_use": "refresh"},
    "used as a list": lambda: {"token_use": ["id"]},
    "without a subject": lambda: {"sub": None},
    "of a number": lambda: {"sub": 7},
    "of nobody": lambda: {"sub": ""},
    "of a blank": lambda: {"sub": "  "},
    "of a padded subject": lambda: {"sub": " sub-1"},
    "of a subject with a NUL": lambda: {"sub": "a\0b"},
    "of half a character": lambda: {"sub": "\ud800"},
    "of a subject that no column takes": lambda: {"sub": "x" * 256},
}


def refused(answer: Any) -> None:
    """As for any token that is not accepted."""
    assert (answer.status_code, answer.get_json()) == (401, {"errors": [{"message": "Invalid access token."}]})
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="canvas-lms"'


@pytest.mark.parametrize("what", REFUSED)
def test_a_signed_token_is_refused(bearer: Bearer, provider: Provider, what: str, fetch: Callable[[Any], list[Any]]) -> None:
    refused(bearer(provider.token(**REFUSED[what]())).get("/users/self"))
    assert fetch("SELECT id FROM users") == []


TAKEN: dict[str, Callable[[], dict[str, Any]]] = {
    "an ID token": dict,
    "one of several audiences": lambda: {"aud": ["else", AUDIENCE]},
    "the other audience": lambda: {"aud": "another"},
    "without a use": lambda: {"token_use": None},
    "an access token of Cognito": lambda: {"aud": None, "client_id": AUDIENCE, "token_use": "access"},
    "a clock that is late": lambda: {"exp": int(NOW()) - 10},
    "a clock that is early": lambda: {"iat": int(NOW()) + 10, "nbf": int(NOW()) + 10},
    "no time of issue": lambda: {"iat": None},
    "fractions of a second": lambda: {"exp": NOW() + 99.5},
    "an expiry that no float holds": lambda: {"exp": HUGE},
    "any letters": lambda: {"sub": "김|é.🦉"},
    "groups that are no list": lambda: {"cognito:groups": {ADMINS: True}},
    "claims of any types": lambda: {"name": 1, "email": ["a@b.c"], "email_verified": {}, "username": None, "cognito:groups": [[ADMINS], 1]},
}


@pytest.mark.parametrize("what", TAKEN)
def test_a_signed_token_is_taken(bearer: Bearer, provider: Provider, what: str) -> None:
    claims = TAKEN[what]()
    who = bearer(provider.token(**claims))
    assert who.ok("GET", "/users/self")["login_id"] == claims.get("sub", "sub-1")
    assert who.ok("GET", "/accounts") == []


@pytest.mark.parametrize("when", ["query", "off"])
def test_a_jwt_counts_in_the_header_only_and_only_if_there_is_a_provider(
    nobody: Api, trust: Trust, provider: Provider, app: Flask, when: str
) -> None:
    assert app.extensions["lms_oidc"] is None
    if when == "off":
        nobody.token = provider.token()
        refused(nobody.get("/users/self"))
    else:
        trust()
        refused(nobody.get(f"/users/self?access_token={provider.token()}"))
    assert provider.asked == []


def test_own_tokens_go_on_working_beside_a_provider(trust: Trust, student: Api, nobody: Api, provider: Provider) -> None:
    trust()
    assert student.ok("GET", "/users/self")["id"] == student.id
    assert nobody.ok("GET", f"/users/self?access_token={student.token}")["id"] == student.id
    refused(nobody.get("/users/self", headers={"Authorization": "Bearer unknown"}))
    assert provider.asked == []


def test_the_app_is_made_with_the_provider_of_its_settings(environ: dict[str, str], provider: Provider) -> None:
    made = create_app({**environ, "OIDC_ISSUER": f"{provider.url}/", "OIDC_AUDIENCE": AUDIENCE})
    verifier = made.extensions["lms_oidc"]
    signed_in = verifier.verify(provider.token(iss=f"{provider.url}/"))
    assert (signed_in.subject, provider.asked) == ("sub-1", ["/pool/.well-known/jwks.json"])
    assert create_app({**environ, "OIDC_ISSUER": ""}).extensions["lms_oidc"] is None


def test_user_course_and_rights_take_one_statement(
    bearer: Bearer, provider: Provider, course: Course, statements: Callable[[], Any]
) -> None:
    teacher = UserFactory(integration_id="sub-1")
    EnrollmentFactory(course=course, user=teacher, type="TeacherEnrollment")
    who = bearer(provider.token())
    assert who.ok("GET", f"/courses/{course.id}/permissions")["manage_grades"] is True
    with statements() as seen:
        who.ok("GET", f"/courses/{course.id}/permissions")
    assert len(seen) == 1, seen


GROUPS: list[tuple[Any, bool]] = [
    ([ADMINS], True),
    (["x", ADMINS], True),
    (ADMINS, True),
    (["x"], False),
    (f"{ADMINS}-not", False),
    (None, False),
]


@pytest.mark.parametrize(("groups", "admin"), GROUPS)
def test_the_admin_group_makes_an_admin_while_the_token_says_so(bearer: Bearer, provider: Provider, groups: Any, admin: bool) -> None:
    answer = bearer(provider.token(**in_groups(groups))).get("/accounts/1/users")
    assert answer.status_code == (200 if admin else 403)
    assert bearer(provider.token()).get("/accounts/1/users").status_code == 403


def test_the_claim_and_the_group_are_settings(trust: Trust, nobody: Api, provider: Provider) -> None:
    trust(OIDC_ROLES_CLAIM="roles", OIDC_ADMIN_GROUP="boss")
    cases: list[tuple[dict[str, Any], int]] = [({"roles": ["boss"]}, 200), (in_groups(["boss"]), 403), ({"roles": [ADMINS]}, 403)]
    for claims, status in cases:
        nobody.token = provider.token(**claims)
        assert nobody.get("/accounts/1/users").status_code == status
    trust(OIDC_ADMIN_GROUP="")
    nobody.token = provider.token(**in_groups(["", None]))
    assert nobody.get("/accounts/1/users").status_code == 403


def test_an_admin_by_group_masquerades_and_no_token_keeps_their_rights(
    bearer: Bearer, provider: Provider, student: Api, app: Flask
) -> None:
    boss = bearer(provider.token(**in_groups([ADMINS])))
    assert boss.ok("GET", f"/users/self?as_user_id={student.id}")["id"] == student.id
    assert boss.get(f"/users/self?as_user_id={UserFactory(admin=True).id}").status_code == 403
    body = {"token": {"purpose": "x"}}
    assert boss.post(f"/users/{student.id}/tokens?as_user_id={student.id}", json=body).status_code == 403
    made = Api(app.test_client(), None, boss.ok("POST", "/users/self/tokens", json=body)["visible_token"])
    assert made.ok("GET", "/users/self")["id"] == boss.ok("GET", "/users/self")["id"]
    assert made.get("/accounts/1/users").status_code == 403


def test_nobody_masquerades_with_an_ordinary_token(bearer: Bearer, provider: Provider, student: Api) -> None:
    assert bearer(provider.token()).get(f"/users/self?as_user_id={student.id}").status_code == 403


def test_a_download_link_keeps_an_admin_by_group_until_their_token_ends(
    bearer: Bearer, provider: Provider, admin: Api, course: Course, app: Flask
) -> None:
    begun = admin.ok("POST", f"/courses/{course.id}/files", json={"name": "a.txt", "size": 1, "content_type": "text/plain"})
    send = partial(app.test_client().post, base_url=BASE_URL, data={"file": (BytesIO(b"x"), "a.txt")})
    sent = contextvars.Context().run(partial(send, begun["upload_url"].removeprefix(BASE_URL)))
    file = admin.ok("GET", sent.headers["Location"].removeprefix(f"{BASE_URL}/api/v1"))
    expires = int(NOW()) + 300
    url = bearer(provider.token(exp=expires, **in_groups([ADMINS]))).ok("GET", f"/files/{file['id']}")["url"]
    verifier = url.partition("verifier=")[2]
    assert verifier.split(".")[0].endswith("-admin") and verifier.split(".")[1] == str(expires)
    ask = partial(app.test_client().get, base_url=BASE_URL)
    with contextvars.Context().run(partial(ask, url)) as answer:
        assert answer.data == b"x"
    for changed in (url.replace("-admin", ""), url.replace(str(expires), str(expires + 1))):
        assert contextvars.Context().run(partial(ask, changed)).status_code == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/courses"), ("POST", "/users/self/tokens"), ("PUT", "/users/self"), ("DELETE", "/users/self/tokens/0")],
)
def test_a_front_end_of_another_origin_signs_in(bearer: Bearer, provider: Provider, app: Flask, method: str, path: str) -> None:
    origin = {"Origin": "https://front.test"}
    asked = {**origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": "authorization, content-type"}
    ask = partial(app.test_client().options, f"/api/v1{path}", base_url=BASE_URL, headers=asked)
    told = contextvars.Context().run(ask)
    assert told.status_code == 200 and method in told.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in told.headers["Access-Control-Allow-Headers"]
    answer = bearer(provider.token()).call(method, path, headers=origin)
    assert answer.headers["Access-Control-Allow-Origin"] == origin["Origin"]
    assert {"Link", "X-Rate-Limit-Remaining", "X-Request-Cost"} <= set(answer.headers["Access-Control-Expose-Headers"].split(", "))
    assert float(answer.headers["X-Rate-Limit-Remaining"]) > 0
    assert bearer("a.b.c").call(method, path, headers=origin).headers["Access-Control-Allow-Origin"] == origin["Origin"]
