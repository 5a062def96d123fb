"""Who calls, by which token, and what they may do in the course that the path names."""

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import psycopg
import pytest
from sqlalchemy import select

from app.extensions import db
from app.models.courses import Course
from app.models.tokens import AccessToken
from app.models.users import User
from app.services import tokens
from tests.conftest import Api
from tests.factories import SectionFactory, UserFactory

SignIn = Callable[[User], Api]
LogLines = Callable[[], list[dict[str, Any]]]


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_token_in_the_header_signs_in(student: Api, nobody: Api, scheme: str) -> None:
    assert nobody.ok("GET", "/users/self", headers={"Authorization": f"{scheme} {student.token}"})["id"] == student.id


def test_a_token_in_the_query_signs_in(student: Api, nobody: Api) -> None:
    assert nobody.ok("GET", f"/users/self?access_token={student.token}")["id"] == student.id


def test_the_header_goes_before_the_query(student: Api, teacher: Api) -> None:
    assert student.ok("GET", f"/users/self?access_token={teacher.token}")["id"] == student.id


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Token abc"])
def test_a_header_without_a_bearer_token_is_no_token(nobody: Api, value: str) -> None:
    answer = nobody.get("/users/self", headers={"Authorization": value})
    assert (answer.status_code, answer.get_json()["status"]) == (401, "unauthenticated")


@pytest.mark.parametrize("value", ["Bearer unknown", "Bearer " + "x" * 5000, "Bearer é\xff"])
def test_an_unknown_token_is_invalid(nobody: Api, value: str) -> None:
    answer = nobody.get("/users/self", headers={"Authorization": value})
    assert (answer.status_code, answer.get_json()) == (401, {"errors": [{"message": "Invalid access token."}]})


@pytest.mark.parametrize(("seconds", "status"), [(3600, 200), (0, 401), (-3600, 401)])
def test_a_token_works_until_it_expires(nobody: Api, seconds: int, status: int) -> None:
    _, secret = tokens.issue(UserFactory().id, "x", dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(seconds=seconds))
    db.session.commit()
    assert nobody.get("/users/self", headers={"Authorization": f"Bearer {secret}"}).status_code == status


def test_a_revoked_token_is_invalid_at_once(student: Api, fetch: Callable[[Any], list[Any]]) -> None:
    ((token_id,),) = fetch(select(AccessToken.id).where(AccessToken.user_id == student.id))
    student.ok("DELETE", f"/users/self/tokens/{token_id}")
    assert student.get("/users/self").status_code == 401


def test_a_deleted_user_s_token_is_invalid(student: Api, admin: Api) -> None:
    admin.ok("DELETE", f"/accounts/1/users/{student.id}")
    assert student.get("/users/self").status_code == 401


def test_a_token_of_a_user_who_is_deleted_in_the_database_only_is_invalid(sign_in: SignIn) -> None:
    assert sign_in(UserFactory(admin=True, workflow_state="deleted")).get("/users/self").status_code == 401


@pytest.mark.parametrize("how", ["query_string", "data", "json"])
def test_an_admin_acts_as_somebody_else(admin: Api, student: Api, how: str) -> None:
    assert admin.ok("GET", "/users/self", **{how: {"as_user_id": student.id}})["id"] == student.id


@pytest.mark.parametrize("kind", ["sis_user_id", "sis_login_id"])
def test_an_admin_acts_as_somebody_named_by_a_sis_id(admin: Api, kind: str) -> None:
    user = UserFactory(sis_user_id="S-1", login_id="who@example.com")
    named = {"sis_user_id": "S-1", "sis_login_id": "WHO@example.com"}[kind]
    assert admin.ok("GET", "/users/self", query_string={"as_user_id": f"{kind}:{named}"})["id"] == user.id


def test_masquerading_gives_the_rights_of_the_other(admin: Api, student: Api, teacher: Api, course: Course) -> None:
    assert admin.get(f"/accounts/self/users?as_user_id={teacher.id}").status_code == 403
    permissions = f"/courses/{course.id}/permissions"
    for other in (student, teacher):
        assert admin.ok("GET", f"{permissions}?as_user_id={other.id}") == other.ok("GET", permissions)


def test_only_admins_masquerade_and_others_learn_nothing(teacher: Api, student: Api) -> None:
    for wanted in (student.id, 10**9, "sis_user_id:none"):
        assert teacher.get(f"/users/self?as_user_id={wanted}").status_code == 403


@pytest.mark.parametrize("wanted", ["self", "own id", "own SIS id", ""])
def test_anybody_may_act_as_themselves(sign_in: SignIn, wanted: str) -> None:
    for admin in (False, True):
        user = UserFactory(admin=admin, sis_user_id=f"own-{admin}")
        value = {"own id": str(user.id), "own SIS id": f"sis_user_id:{user.sis_user_id}"}.get(wanted, wanted)
        assert sign_in(user).ok("GET", f"/users/self?as_user_id={value}")["id"] == user.id


def test_nobody_masquerades_as_another_admin(admin: Api) -> None:
    answer = admin.get(f"/users/self?as_user_id={UserFactory(admin=True).id}")
    assert (answer.status_code, answer.get_json()["errors"][0]["message"]) == (403, "nobody may act as another admin")


@pytest.mark.parametrize("wanted", ["1000000000", "9" * 30, "sis_user_id:none", "sis_course_id:C1"])
def test_masquerading_as_nobody_is_404(admin: Api, wanted: str) -> None:
    assert admin.get(f"/users/self?as_user_id={wanted}").status_code == 404


def test_masquerading_as_a_deleted_user_is_404(admin: Api) -> None:
    assert admin.get(f"/users/self?as_user_id={UserFactory(workflow_state='deleted').id}").status_code == 404


@pytest.mark.parametrize("query", ["as_user_id=somebody", "as_user_id[]=1", "as_user_id[a]=1"])
def test_a_reference_that_is_none_is_400(admin: Api, query: str) -> None:
    answer = admin.get(f"/users/self?{query}")
    assert (answer.status_code, set(answer.get_json()["errors"])) == (400, {"as_user_id"})


def test_no_token_is_created_or_revoked_while_masquerading(admin: Api, student: Api, fetch: Callable[[Any], list[Any]]) -> None:
    own, other = admin.id, student.id
    before = fetch(select(AccessToken.user_id, AccessToken.id).order_by(AccessToken.id))
    for owner in ("self", other, own):
        answer = admin.post(f"/users/{owner}/tokens", json={"as_user_id": other, "token": {"purpose": "x"}})
        assert answer.status_code == 403
    theirs = dict(before)[other]
    assert admin.delete(f"/users/self/tokens/{theirs}?as_user_id={other}").status_code == 403
    assert fetch(select(AccessToken.user_id, AccessToken.id).order_by(AccessToken.id)) == before


def test_the_log_keeps_both_users_of_a_masquerade(admin: Api, teacher: Api, course: Course, log_lines: LogLines) -> None:
    admin.ok("PUT", f"/courses/{course.id}?as_user_id={teacher.id}", json={"course": {"name": "New"}})
    audit, done = log_lines()
    assert (audit["event"], audit["user"], audit["real_user"]) == ("masquerade", teacher.id, admin.id)
    assert (done["event"], done["user"], done["real_user"]) == ("request", teacher.id, admin.id)


def test_the_log_names_no_real_user_without_a_masquerade(admin: Api, log_lines: LogLines) -> None:
    admin.ok("GET", "/users/self")
    assert [("real_user" in line, line["user"]) for line in log_lines()] == [(False, admin.id)]


def test_sis_ids_stand_wherever_ids_do(admin: Api, course: Course) -> None:
    section = SectionFactory(course=course, sis_section_id="S 1")
    user = UserFactory(sis_user_id="U:1", login_id="some.one@example.com")
    admin.ok("PUT", f"/courses/{course.id}", data={"course[sis_course_id]": "C,é 1"})
    assert admin.ok("GET", "/courses/sis_course_id:C%2C%C3%A9%201")["id"] == course.id
    assert admin.ok("GET", "/sections/sis_section_id:S%201")["id"] == section.id
    assert admin.ok("GET", "/courses/sis_course_id:C%2C%C3%A9%201/sections/sis_section_id:S%201")["id"] == section.id
    assert admin.ok("GET", "/users/sis_user_id:U:1")["id"] == user.id
    assert admin.ok("GET", "/users/sis_login_id:Some.One@example.com")["id"] == user.id


def test_the_caller_s_rights_hold_where_a_sis_id_names_the_course(teacher: Api, other_teacher: Api, admin: Api, course: Course) -> None:
    admin.ok("PUT", f"/courses/{course.id}", data={"course[sis_course_id]": "C1"})
    assert teacher.get("/courses/sis_course_id:C1/permissions").get_json()["manage_grades"] is True
    assert other_teacher.get("/courses/sis_course_id:C1").status_code == 403


@pytest.mark.parametrize("path", ["/courses/sis_user_id:X", "/courses/self", "/courses/sis_course_id:", "/courses/sis_term_id:X/users"])
def test_a_reference_to_another_kind_of_thing_is_404(admin: Api, path: str) -> None:
    assert admin.get(path).status_code == 404


def test_token_course_and_rights_take_one_statement(teacher: Api, course: Course, statements: Callable[[], Any]) -> None:
    collect: AbstractContextManager[list[str]] = statements()
    with collect as seen:
        teacher.ok("GET", f"/courses/{course.id}/permissions")
    assert len(seen) == 1, seen


def test_masquerading_takes_two_statements(admin: Api, teacher: Api, course: Course, statements: Callable[[], Any]) -> None:
    collect: AbstractContextManager[list[str]] = statements()
    with collect as seen:
        admin.ok("GET", f"/courses/{course.id}/permissions?as_user_id={teacher.id}")
    assert len(seen) == 2, seen


def lose_connections() -> int:
    """End, on the server's side, every connection that the pool keeps; a file has no such side. Returns how many."""
    url = db.engine.url.set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return len(ended.fetchall())


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_dead_pooled_connection_is_replaced(teacher: Api, course: Course, method: str) -> None:
    assert db.engine.dialect.name == "sqlite" or lose_connections() > 0
    assert teacher.call(method, f"/courses/{course.id}", data={"course[name]": "New"}).status_code == 200
    assert teacher.get(f"/courses/{course.id}").status_code == 200
