"""The organisation."""

import pytest

from tests.conftest import Api


def test_admin_sees_the_root_account_under_its_id_and_as_self(admin: Api) -> None:
    (account,) = admin.ok("GET", "/accounts")
    assert account["id"] == 1
    assert admin.ok("GET", "/accounts/1") == admin.ok("GET", "/accounts/self") == account


def test_others_administer_no_account(student: Api) -> None:
    assert student.ok("GET", "/accounts") == []
    assert student.get("/accounts/1").status_code == 403


@pytest.mark.parametrize("path", ["/accounts/2", "/accounts/2/users", "/accounts/2/courses", "/accounts/sis_account_id:none"])
def test_another_account_is_not_there(admin: Api, path: str) -> None:
    assert admin.get(path).status_code == 404
