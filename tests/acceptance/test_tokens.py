"""Access tokens; canvasapi has no method for them, so they are made by hand and used through it."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest
from canvasapi.exceptions import Forbidden, InvalidAccessToken, ResourceDoesNotExist

from tests.acceptance.live import Lms, Person


def made(lms: Lms, user: int | str, token: str | None = None, **fields: Any) -> Mapping[str, Any]:
    """A new token of that user."""
    answer = lms.call("POST", f"users/{user}/tokens", token, json={"token": {"purpose": "test", **fields}})
    assert answer.status_code in (200, 201), answer.text
    body: Mapping[str, Any] = answer.json()
    return body


def test_a_token_signs_in_the_user_it_was_made_for(lms: Lms, student: Person) -> None:
    for maker, user in ((None, student.id), (student.token, "self")):
        token = made(lms, user, maker)
        assert token["purpose"] == "test" and token["expires_at"] is None
        assert lms.as_(token["visible_token"]).get_current_user().id == student.id


def test_a_secret_is_shown_only_once(lms: Lms, student: Person) -> None:
    token = made(lms, "self", student.token)
    listed = lms.call("GET", "users/self/tokens", student.token)
    assert token["id"] in [row["id"] for row in listed.json()]
    assert token["visible_token"] not in listed.text


def test_a_revoked_token_is_not_accepted(lms: Lms, student: Person) -> None:
    token = made(lms, "self", student.token)
    canvas = lms.as_(token["visible_token"])
    assert canvas.get_current_user().id == student.id
    assert lms.call("DELETE", f"users/self/tokens/{token['id']}", student.token).status_code == 200
    with pytest.raises(InvalidAccessToken):
        canvas.get_current_user()
    assert student.canvas.get_current_user().id == student.id


def test_an_expired_token_is_not_accepted(lms: Lms, student: Person) -> None:
    now = dt.datetime.now(dt.UTC)
    expired = made(lms, "self", student.token, expires_at=(now - dt.timedelta(minutes=1)).isoformat())
    with pytest.raises(InvalidAccessToken):
        lms.as_(expired["visible_token"]).get_current_user()
    lasting = made(lms, "self", student.token, expires_at=(now + dt.timedelta(hours=1)).isoformat())
    assert lms.as_(lasting["visible_token"]).get_current_user().id == student.id


def test_a_token_may_also_stand_in_the_query_and_is_never_repeated_in_links(lms: Lms, student: Person) -> None:
    answer = lms.call("GET", f"users/self/tokens?access_token={student.token}&per_page=1", headers={"Authorization": ""})
    assert answer.status_code == 200
    assert student.token not in answer.headers["Link"]


def test_nobody_makes_a_token_for_another_user_but_an_admin(lms: Lms, student: Person, teacher: Person) -> None:
    admin_id = lms.admin.get_current_user().id
    for caller, owner in ((student, teacher.id), (teacher, student.id), (student, admin_id)):
        answer = lms.call("POST", f"users/{owner}/tokens", caller.token, json={"token": {"purpose": "theft"}})
        assert answer.status_code == 403, answer.text


def test_no_token_is_made_while_acting_as_somebody_else(lms: Lms, student: Person) -> None:
    body = {"token": {"purpose": "theft"}}
    for path in (f"users/self/tokens?as_user_id={student.id}", f"users/{student.id}/tokens?as_user_id={student.id}"):
        assert lms.call("POST", path, json=body).status_code == 403


def test_an_admin_acts_as_a_user_with_that_users_rights(lms: Lms, student: Person) -> None:
    assert lms.admin.get_user("self", as_user_id=student.id).id == student.id
    assert lms.admin.get_user("self", as_user_id=f"sis_login_id:{student.login}").id == student.id
    with pytest.raises(Forbidden):
        lms.admin.get_account(1, as_user_id=student.id)


def test_only_an_admin_acts_as_somebody_else_and_nobody_as_nobody(lms: Lms, student: Person, teacher: Person) -> None:
    for person, other in ((teacher, student), (student, teacher)):
        with pytest.raises(Forbidden):
            person.canvas.get_user("self", as_user_id=other.id)
    with pytest.raises(ResourceDoesNotExist):
        lms.admin.get_user("self", as_user_id=999_999_999)
