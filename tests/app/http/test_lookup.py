"""References in paths, and finding what they name."""

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.errors import NotFound
from app.extensions import db
from app.http.lookup import SIS_KINDS, Ref, account_named, find, find_row, matches, names, value_of
from app.http.params import MOST_ID
from app.models.accounts import ROOT_ACCOUNT_ID, Account
from app.models.assignments import Assignment
from app.models.courses import Course
from app.models.users import User
from tests.app.http.conftest import UNHURRIED
from tests.factories import UserFactory


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("12", Ref("id", "12")),
        ("self", Ref("self", "")),
        ("sis_course_id:C1", Ref("sis_course_id", "C1")),
        ("sis_user_id:a:b", Ref("sis_user_id", "a:b")),
        ("sis_login_id:a@b.c", Ref("sis_login_id", "a@b.c")),
        ("sis_section_id:É 1", Ref("sis_section_id", "É 1")),
    ],
)
def test_a_reference_is_an_id_or_self_or_a_sis_id(text: str, ref: Ref) -> None:
    assert Ref.parse(text) == ref


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "1.5",
        "-1",
        "+1",
        " 1",
        "1 ",
        "²",
        "\u0661",
        "0x10",
        "sis_course_id:",
        "sis_course_id",
        "course:1",
        "sis_user_id:a\0b",
        "Self",
    ],
)
def test_anything_else_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="neither an id nor a SIS id"):
        Ref.parse(text)


@UNHURRIED
@given(st.text(max_size=30))
def test_any_text_is_a_reference_or_a_value_error(text: str) -> None:
    try:
        ref = Ref.parse(text)
    except ValueError:
        return
    assert ref.kind in {"id", "self", *SIS_KINDS} and 0 <= ref.id <= MOST_ID


@pytest.mark.parametrize(
    ("text", "number"), [("1", 1), (str(MOST_ID), MOST_ID), (str(MOST_ID + 1), 0), ("9" * 5000, 0), ("self", 0), ("0", 0)]
)
def test_an_id_that_no_row_can_have_is_zero(text: str, number: int) -> None:
    assert Ref.parse(text).id == number


def test_self_stands_for_whom_it_is_told() -> None:
    assert value_of(Ref.parse("self"), 7) == 7
    assert value_of(Ref.parse("12"), 7) == 12
    assert value_of(Ref.parse("sis_login_id:A@B.c")) == "A@B.c"
    assert value_of(Ref.parse("sis_user_id:AbC")) == "AbC"


def test_a_kind_of_reference_names_one_kind_of_thing() -> None:
    assert str(matches(User, "sis_user_id", "S1")).startswith("users.sis_user_id = :sis_user_id_1 AND users.workflow_state != ")
    for model, kind in ((Course, "sis_user_id"), (Assignment, "sis_course_id")):
        assert str(matches(model, kind, "S1")) == "false"


def test_rows_are_found_by_each_kind_of_reference(app: Flask) -> None:
    user = UserFactory(sis_user_id="S1", login_id="Some@Example.com", integration_id="I1")
    texts = [str(user.id), "self", "sis_user_id:S1", "sis_login_id:sOME@example.COM", "sis_integration_id:I1"]
    for text in texts:
        assert find(select(User.id).where(names(User, Ref.parse(text), user.id))) == user.id
    assert find_row(select(User.id, User.name).where(names(User, Ref.parse(texts[0])))).name == user.name


@pytest.mark.parametrize("text", ["0", str(MOST_ID), "9" * 30, "self", "sis_user_id:s1", "sis_course_id:S1", "sis_user_id:%"])
def test_what_is_not_there_is_not_found(app: Flask, text: str) -> None:
    UserFactory(sis_user_id="S1")
    wanted = select(User).where(names(User, Ref.parse(text)))
    for look in (find, find_row):
        with pytest.raises(NotFound):
            look(wanted)


def test_self_and_one_name_the_root_account(app: Flask) -> None:
    assert account_named(Ref.parse("self")) == account_named(Ref.parse("1")) == ROOT_ACCOUNT_ID == 1
    with pytest.raises(NotFound):
        account_named(Ref.parse("2"))


def test_an_account_has_a_sis_id_too(app: Flask) -> None:
    db.session.execute(db.update(Account).values(sis_account_id="A1"))
    assert account_named(Ref.parse("sis_account_id:A1")) == ROOT_ACCOUNT_ID
