"""Terms: made, changed, deleted; courses are put into them."""

from typing import Any

from sqlalchemy import ColumnElement, select

from app.errors import Invalid, NotFound
from app.extensions import db
from app.models.courses import Course
from app.models.terms import DEFAULT_TERM_ID, EnrollmentTerm

NULLABLE = ("sis_term_id", "start_at", "end_at")


def create(account_id: int, fields: dict[str, Any]) -> EnrollmentTerm:
    """A new term. Raises Invalid where it has no name, its SIS id is taken, or it ends before it begins."""
    given = {key: value for key, value in fields.items() if value is not None}
    if "name" not in given:
        raise Invalid.field("name", "can't be blank")
    _require_free_sis_id(given.get("sis_term_id"))
    term = EnrollmentTerm(account_id=account_id, **given)
    _require_order(term)
    db.session.add(term)
    db.session.flush()
    return term


def existing(named: ColumnElement[bool]) -> EnrollmentTerm:
    """A term, to be changed or deleted: no course comes into it until the transaction ends. Raises NotFound."""
    term = db.session.scalars(select(EnrollmentTerm).where(named, EnrollmentTerm.workflow_state != "deleted").with_for_update()).first()
    if term is None:
        raise NotFound
    return term


def change(term: EnrollmentTerm, fields: dict[str, Any]) -> None:
    """Set what `fields` gives. Raises Invalid as `create` does."""
    if fields.get("sis_term_id") not in (None, term.sis_term_id):
        _require_free_sis_id(fields["sis_term_id"])
    for key, value in fields.items():
        if value is not None or key in NULLABLE:
            setattr(term, key, value)
    _require_order(term)


def remove(term: EnrollmentTerm) -> None:
    """Delete softly. Raises Invalid for the default term, and for one that has courses."""
    if term.id == DEFAULT_TERM_ID:
        raise Invalid.field("workflow_state", "cannot delete the default term")
    if db.session.scalar(select(Course.id).where(Course.enrollment_term_id == term.id, Course.workflow_state != "deleted").limit(1)):
        raise Invalid.field("workflow_state", "cannot delete a term with active courses")
    term.workflow_state = "deleted"


def hold(named: ColumnElement[bool]) -> int:
    """The id of a term that a course may be put into: it is not deleted until the transaction ends. Raises NotFound."""
    found = select(EnrollmentTerm.id).where(named, EnrollmentTerm.workflow_state != "deleted")
    term_id = db.session.scalar(found.with_for_update(read=True))
    if term_id is None:
        raise NotFound
    return term_id


def _require_free_sis_id(sis_term_id: str | None) -> None:
    taken = select(EnrollmentTerm.id).where(EnrollmentTerm.sis_term_id == sis_term_id, EnrollmentTerm.workflow_state != "deleted")
    if sis_term_id and db.session.scalar(taken):
        raise Invalid.field("sis_term_id", f"SIS ID {sis_term_id!r} is already in use")


def _require_order(term: EnrollmentTerm) -> None:
    if term.start_at is not None and term.end_at is not None and term.end_at < term.start_at:
        raise Invalid.field("end_at", "must not be before start_at")
