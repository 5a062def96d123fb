"""Users: made, found, changed and deleted by an admin; their tokens and what they see of each other."""

import uuid

import pytest
from canvasapi.exceptions import BadRequest, Forbidden, InvalidAccessToken, ResourceDoesNotExist

from tests.acceptance.live import Lms, Person, unique


def a_login() -> str:
    return f"{uuid.uuid4().hex}@example.com"


def test_an_admin_creates_a_user_with_a_login_and_an_address(lms: Lms) -> None:
    login, address, sis_id = a_login(), a_login(), unique("sis")
    user = lms.account.create_user(
        {"unique_id": login, "password": "correct horse battery", "sis_user_id": sis_id, "send_confirmation": False},
        user={"name": "Ada King Lovelace", "time_zone": "Asia/Seoul", "locale": "ko", "skip_registration": True},
        communication_channel={"type": "email", "address": address, "skip_confirmation": True},
    )
    assert (user.name, user.short_name, user.sortable_name) == ("Ada King Lovelace", "Ada King Lovelace", "Lovelace, Ada King")
    assert (user.login_id, user.sis_user_id, user.email) == (login, sis_id, address)
    assert lms.admin.get_user(user.id).created_at.endswith("Z")
    assert lms.admin.get_user(sis_id, "sis_user_id").id == user.id
    assert lms.admin.get_user(login, "sis_login_id").id == user.id


def test_a_login_is_taken_in_any_case_of_its_letters(lms: Lms) -> None:
    login = a_login()
    lms.account.create_user({"unique_id": login})
    for again in (login, login.upper()):
        with pytest.raises(BadRequest, match="unique_id"):
            lms.account.create_user({"unique_id": again})


def test_a_sis_id_is_taken_once(lms: Lms) -> None:
    sis_id = unique("sis")
    lms.account.create_user({"unique_id": a_login(), "sis_user_id": sis_id})
    with pytest.raises(BadRequest, match="sis_user_id"):
        lms.account.create_user({"unique_id": a_login(), "sis_user_id": sis_id})


@pytest.mark.parametrize(
    "pseudonym", [{"unique_id": ""}, {"unique_id": "   "}, {"unique_id": "x" * 256}, {"unique_id": "a@b.c", "password": "short"}]
)
def test_a_user_without_a_usable_login_or_password_is_refused(lms: Lms, pseudonym: dict[str, str]) -> None:
    with pytest.raises(BadRequest):
        lms.account.create_user(pseudonym, user={"name": "Nobody"})


def test_an_admin_finds_users_by_name_login_and_sis_id(lms: Lms) -> None:
    sis_id = unique("sis")
    person = lms.person(unique("Findable"), sis_user_id=sis_id)
    for term in (person.name, person.name.upper(), person.login, sis_id):
        assert [user.id for user in lms.account.get_users(search_term=term)] == [person.id]
    assert list(lms.account.get_users(search_term=unique("absent"))) == []


def test_wildcards_in_a_search_are_plain_letters(lms: Lms) -> None:
    mark = uuid.uuid4().hex[:8]
    lms.person(f"axb {mark}")
    percent, underscore = lms.person(f"a%b {mark}"), lms.person(f"a_b {mark}")
    assert [user.id for user in lms.account.get_users(search_term=f"a%b {mark}")] == [percent.id]
    assert [user.id for user in lms.account.get_users(search_term=f"a_b {mark}")] == [underscore.id]


def test_a_search_by_one_letter_is_refused(lms: Lms) -> None:
    with pytest.raises(BadRequest):
        list(lms.account.get_users(search_term="a"))


def test_users_are_sorted_as_asked(lms: Lms) -> None:
    mark = uuid.uuid4().hex[:8]
    for name in ("Beta", "Alpha", "Gamma"):
        lms.person(f"{mark} {name}")
    for order, expected in (("asc", ["Alpha", "Beta", "Gamma"]), ("desc", ["Gamma", "Beta", "Alpha"])):
        found = lms.account.get_users(search_term=mark, sort="username", order=order)
        assert [user.name.split()[1] for user in found] == expected


def test_an_admin_changes_a_user_and_the_names_made_from_the_name_follow(lms: Lms, student: Person) -> None:
    address = a_login()
    user = lms.admin.get_user(student.id).edit(user={"name": "Grace Hopper", "email": address, "time_zone": "UTC"})
    assert (user.name, user.short_name, user.sortable_name, user.email) == ("Grace Hopper", "Grace Hopper", "Hopper, Grace", address)
    assert lms.admin.get_user(student.id).sortable_name == "Hopper, Grace"


def test_users_change_their_own_name_but_not_anybody_else(lms: Lms, student: Person, teacher: Person) -> None:
    assert student.canvas.get_current_user().edit(user={"short_name": "Me"}).short_name == "Me"
    with pytest.raises(Forbidden):
        student.canvas.get_current_user().edit(user={"email": a_login()})
    with pytest.raises(Forbidden):
        student.through(lms.admin.get_user(teacher.id)).edit(user={"name": "Stolen"})
    assert lms.admin.get_user(teacher.id).name == teacher.name


def test_a_profile_tells_login_and_primary_email(lms: Lms, student: Person) -> None:
    for profile in (lms.admin.get_user(student.id).get_profile(), student.canvas.get_current_user().get_profile()):
        assert (profile["id"], profile["name"]) == (student.id, student.name)
        assert (profile["login_id"], profile["primary_email"]) == (student.login, student.login)
        assert {"short_name", "sortable_name", "avatar_url", "time_zone", "calendar"} <= profile.keys()


def test_a_teacher_sees_a_student_and_a_student_no_stranger(student: Person, teacher: Person, outsider: Person) -> None:
    assert teacher.canvas.get_user(student.id).name == student.name
    for stranger, other in ((student, outsider), (outsider, student)):
        with pytest.raises((Forbidden, ResourceDoesNotExist)):
            stranger.canvas.get_user(other.id)


def test_a_deleted_user_is_gone_with_their_tokens(lms: Lms, student: Person) -> None:
    assert student.canvas.get_current_user().id == student.id
    assert lms.account.delete_user(student.id).id == student.id
    with pytest.raises(InvalidAccessToken):
        student.canvas.get_current_user()
    with pytest.raises(ResourceDoesNotExist):
        lms.admin.get_user(student.id)
    assert list(lms.account.get_users(search_term=student.login)) == []


def test_the_login_of_a_deleted_user_is_free_again(lms: Lms) -> None:
    person = lms.person()
    lms.account.delete_user(person.id)
    assert lms.account.create_user({"unique_id": person.login}).id != person.id


def test_only_an_admin_makes_lists_and_deletes_users(lms: Lms, student: Person, teacher: Person) -> None:
    for person in (student, teacher):
        account = person.through(lms.account)
        with pytest.raises(Forbidden):
            account.create_user({"unique_id": a_login()})
        with pytest.raises(Forbidden):
            list(account.get_users())
        with pytest.raises(Forbidden):
            account.delete_user(person.id)
        assert list(person.canvas.get_accounts()) == []
    assert lms.admin.get_user(student.id).id == student.id


def test_an_admin_cannot_delete_themselves(lms: Lms) -> None:
    with pytest.raises(Forbidden):
        lms.account.delete_user(lms.admin.get_current_user().id)
    assert lms.admin.get_current_user().login_id == "admin@example.com"
