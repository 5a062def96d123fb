"""What each row of users.csv does, rule by rule."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from app.extensions import db
from app.models.courses import Course
from app.models.enrollments import Enrollment
from app.models.users import User
from app.services import sis_users, tokens
from tests.app.jobs.importing import USERS, said
from tests.conftest import Api
from tests.factories import EnrollmentFactory, UserFactory

Fetch = Callable[[Any], list[Any]]
Import = Callable[..., list[str]]


FIELDS = (User.login_id, User.name, User.sortable_name, User.short_name, User.email, User.integration_id, User.workflow_state)

USER_ROWS: list[tuple[str, Any]] = [
    ("A,a@x.kr,Ada King,,,,,,,,active", ("a@x.kr", "Ada King", "King, Ada", "Ada King", "a@x.kr", None, "registered")),
    ("B,b,,Ada,King Love,,,,,,ACTIVE", ("b", "Ada King Love", "King Love, Ada", "Ada King Love", None, None, "registered")),
    ("C,c,Ada King,,,Addy,Queen,q@x.kr,I1,,active", ("c", "Ada King", "Queen", "Addy", "q@x.kr", "I1", "registered")),
    ("D,d,,,,,,,,,active", ("d", "d", "d", "d", None, None, "registered")),
    ("E,e,Ada King,,,,,,,,suspended", ("e", "Ada King", "King, Ada", "Ada King", None, None, "suspended")),
    ("F,f,Ada,,,,,,,,deleted", None),
    ("G,,Ada,,,,,,,,active", "No login_id given"),
    (",h,Ada,,,,,,,,active", "No user_id given"),
    ("I,i,Ada,,,,,,,,", "No status given"),
    ("J,j,Ada,,,,,,,,retired", "Improper status 'retired'; it must be one of active, suspended, deleted"),
    ('K,k,"Ada\nKing",,,,,,,,active', "full_name has control characters or several lines"),
    (f"L,l,,{'a' * 200},{'b' * 200},,,,,,active", "the name is longer than 255 characters"),
    ("M,m,Ada,,,,,,,short,active", "password must have at least 8 characters"),
]


def test_rows_of_users(imported: Import, fetch: Fetch) -> None:
    header = "user_id,login_id,full_name,first_name,last_name,short_name,sortable_name,email,integration_id,password,status\n"
    assert imported(header + "\n".join(row for row, _ in USER_ROWS)) == said(USER_ROWS)
    made = fetch(select(*FIELDS).where(User.sis_user_id.is_not(None)).order_by(User.id))
    assert made == [expected for _, expected in USER_ROWS if isinstance(expected, tuple)]


def test_names_that_were_made_from_the_name_follow_it_and_blanks_leave_what_is_there(imported: Import, fetch: Fetch) -> None:
    header = "user_id,login_id,full_name,email,integration_id,status\n"
    imported(header + "A,a,Ada King,a@x.kr,I1,active\n")
    imported(header + "A,a2,Ada Lovelace,,<delete>,active\n")
    assert fetch(select(*FIELDS).where(User.sis_user_id == "A")) == [
        ("a2", "Ada Lovelace", "Lovelace, Ada", "Ada Lovelace", "a@x.kr", None, "registered")
    ]


def test_a_password_is_set_once_and_kept_as_argon2id_only(imported: Import, fetch: Fetch) -> None:
    header = "user_id,login_id,full_name,password,status\n"
    kept = select(User.password_hash).where(User.sis_user_id == "A")
    assert imported(header + "A,a,Ada,,active\n") == [] and fetch(kept) == [(None,)]
    imported(header + "A,a,Ada,correct horse,active\n")
    ((first,),) = fetch(kept)
    assert first.startswith("$argon2id$") and "correct" not in first
    imported(header + "A,a,Ada,another horse,active\n")
    assert fetch(kept) == [(first,)]


def test_a_login_belongs_to_one_user(imported: Import, fetch: Fetch) -> None:
    holder = UserFactory(login_id="Held@x.kr", name="By Hand")
    UserFactory(login_id="b@x.kr", sis_user_id="B")
    told = imported(USERS + "A,HELD@x.kr,Ada,active\nC,b@X.kr,Cho,active\nD,d@x.kr,Dai,active\nE,D@x.kr,Eve,active\nB,d@x.kr,Bo,active\n")
    assert told == [
        "user B has already claimed C's requested login information (row 3)",
        "user D has already claimed E's requested login information (row 5)",
        "user D has already claimed B's requested login information (row 6)",
    ]
    rows = fetch(
        select(User.id, User.sis_user_id, User.login_id, User.name).where(User.sis_user_id.in_(["A", "C", "D", "E"])).order_by(User.id)
    )
    assert [(row.sis_user_id, row.login_id, row.name) for row in rows] == [("A", "HELD@x.kr", "Ada"), ("D", "d@x.kr", "Dai")]
    assert rows[0].id == holder.id, "whoever has the login and no SIS id yet gets it"


def test_logins_can_be_handed_on_and_exchanged(imported: Import, fetch: Fetch) -> None:
    imported(USERS + "A,a,A,active\nB,b,B,active\n")
    assert imported(USERS + "A,c,A,active\nB,a,B,active\nA,b,A,active\n") == []
    assert fetch(select(User.sis_user_id, User.login_id).where(User.sis_user_id.in_(["A", "B"])).order_by(User.id)) == [
        ("A", "b"),
        ("B", "a"),
    ]


def test_a_deleted_user_is_out_and_comes_back_with_active(
    imported: Import, fetch: Fetch, sign_in: Callable[[User], Api], course: Course
) -> None:
    imported(USERS + "A,a@x.kr,Ada,active\n")
    user = db.session.scalars(select(User).where(User.sis_user_id == "A")).one()
    db.session.commit()
    EnrollmentFactory(course=course, user=user)
    theirs = sign_in(user)
    assert theirs.get("/users/self").status_code == 200
    assert imported(USERS + "A,a@x.kr,Ada,deleted\nA,a@x.kr,Ada,deleted\nnobody,n@x.kr,N,deleted\n") == []
    assert theirs.get("/users/self").status_code == 401
    assert fetch(select(Enrollment.workflow_state)) == [("deleted",)]
    imported(USERS + "A,a@x.kr,Ada,active\n")
    assert fetch(select(User.id, User.workflow_state).where(User.sis_user_id == "A")) == [(user.id, "registered")]
    assert theirs.get("/users/self").status_code == 401, "its tokens are gone"
    assert fetch(select(Enrollment.workflow_state)) == [("deleted",)]


def test_a_suspended_user_does_nothing_until_active_again(
    imported: Import, sign_in: Callable[[User], Api], admin: Api, fetch: Fetch
) -> None:
    theirs = sign_in(UserFactory(sis_user_id="A", login_id="a"))
    for status, answer in (("suspended", 401), ("active", 200)):
        imported(USERS + f"A,a,Ada,{status}\n")
        assert theirs.get("/users/self").status_code == answer
        assert admin.get(f"/users/self?as_user_id={theirs.id}").status_code == (200 if answer == 200 else 404)
    row = f"me,{admin.user.login_id if admin.user else ''},Me,{{}}\n"
    for status in ("suspended", "deleted"):
        assert imported(USERS + row.format("active") + row.format(status)) == ["You cannot delete or suspend yourself (row 3)"]


def test_what_somebody_else_takes_in_between_is_found_or_told(imported: Import, fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database refuses a piece: as when another request made the same user since it was looked up."""
    looked_up = sis_users.named
    blind = ["N1", "N2"]

    def late(sis_ids: Any) -> Any:
        found = looked_up(sis_ids)
        return {sis_id: user for sis_id, user in found.items() if not (sis_id in blind and not blind.remove(sis_id))}  # type: ignore[func-returns-value]

    UserFactory(sis_user_id="N1", login_id="other1")
    UserFactory(sis_user_id="N2", login_id="other2")
    monkeypatch.setattr(sis_users, "named", late)
    assert imported(USERS + "N1,n1,One,active\nN2,n2,Two,active\nN3,n3,Three,active\n") == []
    assert fetch(select(User.sis_user_id, User.login_id).where(User.sis_user_id.like("N%")).order_by(User.sis_user_id)) == [
        ("N1", "n1"),
        ("N2", "n2"),
        ("N3", "n3"),
    ]
    monkeypatch.setattr(sis_users, "named", lambda _: {})
    told = imported(USERS + "N1,m1,One,active\nN4,n4,Four,active\n")
    assert told == ["The database refused it: something in it is taken (row 2)"]
    assert fetch(select(User.login_id).where(User.sis_user_id == "N4")) == [("n4",)]


def test_tokens_are_as_good_as_before_after_an_import(imported: Import, sign_in: Callable[[User], Api]) -> None:
    theirs = sign_in(UserFactory(sis_user_id="A", login_id="a"))
    imported(USERS + "A,a,New Name,active\n")
    assert theirs.ok("GET", "/users/self")["name"] == "New Name"
    assert tokens.hash_token(theirs.token)


def test_an_integration_id_belongs_to_one_living_user(imported: Import, fetch: Fetch) -> None:
    """It may decide who somebody of the identity provider is."""
    UserFactory(integration_id="taken")
    UserFactory(sis_user_id="gone", login_id="gone", integration_id="taken", workflow_state="deleted")
    imported(USERS + "C,c,Cho,active\n")
    header = "user_id,login_id,full_name,integration_id,status\n"
    told = imported(header + "A,a,Ada,taken,active\nB,b,Bo,new,active\nC,c,Cho,new,active\ngone,gone,Gone,,active\n")
    assert [message.partition(" is ")[0] for message in told] == [
        "integration_id integration ID 'taken'",
        "integration_id integration ID 'new'",
        "integration_id integration ID 'taken'",
    ]
    assert fetch(select(User.sis_user_id, User.integration_id).where(User.sis_user_id.in_(["A", "B", "C"])).order_by(User.sis_user_id)) == [
        ("B", "new"),
        ("C", None),
    ]


@pytest.mark.parametrize(("column", "value"), [("integration_id", "mine"), ("integration_id", "<delete>"), ("password", "long enough")])
def test_nobody_says_by_a_file_who_signs_in_as_another_admin(imported: Import, admin: Api, fetch: Fetch, column: str, value: str) -> None:
    UserFactory(admin=True, login_id="boss", integration_id="theirs", sis_user_id="A")
    UserFactory(admin=True, login_id="chief", integration_id="others")
    header = f"user_id,login_id,full_name,{column},status\n"
    rows = "".join(f"{sis_id},{login},New,{value},active\n" for sis_id, login in (("A", "boss"), ("B", "chief")))
    assert imported(header + rows) == [
        f"The password and the integration_id of another admin are not changed (row {row})" for row in (2, 3)
    ]
    kept = select(User.integration_id, User.password_hash, User.name == "New").where(User.login_id.in_(["boss", "chief"]))
    assert fetch(kept.order_by(User.id)) == [("theirs", None, False), ("others", None, False)]
    assert imported(f"user_id,login_id,full_name,{column},status\nA,boss,New,,active\n") == []
    assert admin.user is not None
    assert imported(f"user_id,login_id,full_name,{column},status\nME,{admin.user.login_id},New,{value},active\n") == []
