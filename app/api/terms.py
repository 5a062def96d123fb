"""Terms of the account."""

from typing import Literal

from flask import Blueprint
from pydantic import Field
from sqlalchemy import select

from app.extensions import db
from app.http.auth import require_account_right
from app.http.lookup import Ref, account_named, find_row, names
from app.http.pagination import page
from app.http.params import Instant, Params, Short, Title, absent, takes
from app.models.terms import EnrollmentTerm
from app.serializers.terms import EnrollmentTermJSON, EnrollmentTermsJSON, term_json
from app.services import terms
from app.services.permissions import Right

blueprint = Blueprint("terms", __name__, url_prefix="/api/v1")
COLLECTION = "/accounts/<ref:account>/terms"
ROWS = select(*EnrollmentTerm.__table__.columns)


class TermListParams(Params):
    """Which terms."""

    workflow_state: list[Literal["active", "deleted", "all"]] = []
    """active, if nothing is said."""
    term_name: Short | None = None
    """Only terms whose name contains this."""


class TermFields(Params):
    """The term."""

    name: Title = absent()
    sis_term_id: Title | None = None
    start_at: Instant | None = None
    end_at: Instant | None = None


class TermParams(Params):
    """A new or changed term."""

    enrollment_term: TermFields = Field(default_factory=TermFields)


@blueprint.get(COLLECTION)
@takes(TermListParams)
def list_terms(params: TermListParams, account: Ref) -> EnrollmentTermsJSON:
    """List the terms of the account."""
    require_account_right(Right.READ_ACCOUNT)
    statement = ROWS.where(EnrollmentTerm.account_id == account_named(account))
    if "all" not in params.workflow_state:
        statement = statement.where(EnrollmentTerm.workflow_state.in_(params.workflow_state or ["active"]))
    if params.term_name:
        statement = statement.where(EnrollmentTerm.name.icontains(params.term_name, autoescape=True))
    return {"enrollment_terms": [term_json(row) for row in page(statement.order_by(EnrollmentTerm.id))]}


@blueprint.post(COLLECTION)
@takes(TermParams)
def create_term(params: TermParams, account: Ref) -> EnrollmentTermJSON:
    """Create a term."""
    require_account_right(Right.MANAGE_ACCOUNT)
    term = terms.create(account_named(account), params.enrollment_term.given())
    db.session.commit()
    return _one(term.id)


@blueprint.get(f"{COLLECTION}/<ref:term>")
def get_term(account: Ref, term: Ref) -> EnrollmentTermJSON:
    """Get a term."""
    require_account_right(Right.READ_ACCOUNT)
    account_named(account)
    return term_json(find_row(ROWS.where(names(EnrollmentTerm, term), EnrollmentTerm.workflow_state != "deleted")))


@blueprint.put(f"{COLLECTION}/<ref:term>")
@takes(TermParams)
def change_term(params: TermParams, account: Ref, term: Ref) -> EnrollmentTermJSON:
    """Change a term."""
    require_account_right(Right.MANAGE_ACCOUNT)
    account_named(account)
    found = terms.existing(names(EnrollmentTerm, term))
    terms.change(found, params.enrollment_term.given())
    db.session.commit()
    return _one(found.id)


@blueprint.delete(f"{COLLECTION}/<ref:term>")
def delete_term(account: Ref, term: Ref) -> EnrollmentTermJSON:
    """Delete a term that has no courses; the default term stays."""
    require_account_right(Right.MANAGE_ACCOUNT)
    account_named(account)
    found = terms.existing(names(EnrollmentTerm, term))
    terms.remove(found)
    db.session.commit()
    return _one(found.id)


def _one(term_id: int) -> EnrollmentTermJSON:
    return term_json(find_row(ROWS.where(EnrollmentTerm.id == term_id)))
