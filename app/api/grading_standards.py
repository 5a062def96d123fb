"""Grading standards of courses and of the account."""

from typing import Annotated, Literal

from flask import Blueprint
from pydantic import Field
from sqlalchemy import ColumnElement, select

from app.extensions import db
from app.http.auth import require_account_right, require_right
from app.http.lookup import Ref, account_named, find_row, names
from app.http.pagination import page
from app.http.params import Params, Title, takes
from app.models.grading_standards import GradingStandard
from app.serializers.grading_standards import GradingStandardJSON, grading_standard_json
from app.services import grading_standards
from app.services.permissions import Right

blueprint = Blueprint("grading_standards", __name__, url_prefix="/api/v1")
OF_COURSE = "/courses/<ref:course>/grading_standards"
OF_ACCOUNT = "/accounts/<ref:account>/grading_standards"
ROWS = select(*GradingStandard.__table__.columns)


class SchemeEntry(Params):
    """A letter."""

    name: Annotated[Title, Field(max_length=40)]
    value: float = Field(ge=0, le=100)
    """The least percentage that earns it."""


class StandardParams(Params):
    """A new grading standard."""

    title: Title
    grading_scheme_entry: list[SchemeEntry]
    """Letters and the least percentages that earn them; one of them 0."""


@blueprint.get(OF_COURSE)
def list_course_standards(course: Ref) -> list[GradingStandardJSON]:
    """List the grading standards that a course may use: its own, and the account's."""
    return _page(grading_standards.available(require_right(Right.READ).course_id))


@blueprint.get(OF_ACCOUNT)
def list_account_standards(account: Ref) -> list[GradingStandardJSON]:
    """List the account's grading standards."""
    require_account_right(Right.READ_ACCOUNT)
    account_named(account)
    return _page(grading_standards.available())


@blueprint.post(OF_COURSE)
@takes(StandardParams)
def create_course_standard(params: StandardParams, course: Ref) -> tuple[GradingStandardJSON, Literal[201]]:
    """Create a grading standard in a course."""
    return _create(params, require_right(Right.MANAGE_ASSIGNMENTS).course_id), 201


@blueprint.post(OF_ACCOUNT)
@takes(StandardParams)
def create_account_standard(params: StandardParams, account: Ref) -> tuple[GradingStandardJSON, Literal[201]]:
    """Create a grading standard that every course may use."""
    require_account_right(Right.MANAGE_ACCOUNT)
    account_named(account)
    return _create(params, None), 201


@blueprint.get(f"{OF_COURSE}/<ref:standard>")
def get_course_standard(course: Ref, standard: Ref) -> GradingStandardJSON:
    """Get a grading standard that the course may use."""
    return _one(names(GradingStandard, standard) & grading_standards.available(require_right(Right.READ).course_id))


@blueprint.get(f"{OF_ACCOUNT}/<ref:standard>")
def get_account_standard(account: Ref, standard: Ref) -> GradingStandardJSON:
    """Get a grading standard of the account."""
    require_account_right(Right.READ_ACCOUNT)
    account_named(account)
    return _one(names(GradingStandard, standard) & grading_standards.available())


def _create(params: StandardParams, course_id: int | None) -> GradingStandardJSON:
    entries = [(entry.name, entry.value) for entry in params.grading_scheme_entry]
    made = grading_standards.create(params.title, entries, course_id=course_id)
    db.session.commit()
    return _one(GradingStandard.id == made.id)


def _page(condition: ColumnElement[bool]) -> list[GradingStandardJSON]:
    return [grading_standard_json(row) for row in page(ROWS.where(condition).order_by(GradingStandard.id))]


def _one(condition: ColumnElement[bool]) -> GradingStandardJSON:
    return grading_standard_json(find_row(ROWS.where(condition)))
