"""Accounts: there is one, the organisation, whose id is 1."""

from flask import Blueprint
from sqlalchemy import select

from app.http.auth import caller, require_account_right
from app.http.lookup import Ref, find_row, names
from app.http.pagination import page
from app.models.accounts import ROOT_ACCOUNT_ID, Account
from app.serializers.accounts import AccountJSON, account_json
from app.services.permissions import Right

blueprint = Blueprint("accounts", __name__, url_prefix="/api/v1")
ROWS = select(*Account.__table__.columns)


@blueprint.get("/accounts")
def list_accounts() -> list[AccountJSON]:
    """List the accounts that the caller administers: for others, none."""
    mine = Account.id == ROOT_ACCOUNT_ID if caller().admin else Account.id < 0
    return [account_json(row) for row in page(ROWS.where(mine).order_by(Account.id))]


@blueprint.get("/accounts/<ref:account>")
def get_account(account: Ref) -> AccountJSON:
    """Get one account; `self` is the root account."""
    require_account_right(Right.READ_ACCOUNT)
    return account_json(find_row(ROWS.where(names(Account, account, ROOT_ACCOUNT_ID))))
