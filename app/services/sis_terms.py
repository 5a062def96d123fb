"""Terms from rows of terms.csv, and the terms that courses name."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from app.extensions import db
from app.models.terms import EnrollmentTerm
from app.services import terms
from app.services.sis_rows import Row, RowError, Run


def put_terms(run: Run, rows: Sequence[Row]) -> int:
    """Make, change, delete and bring back."""
    sis_ids = {row.cells.get("term_id", "") for row in rows}
    found = select(EnrollmentTerm).where(EnrollmentTerm.sis_term_id.in_(sis_ids)).order_by(EnrollmentTerm.id).with_for_update()
    ordered = sorted(db.session.scalars(found), key=lambda term: (term.workflow_state != "deleted", term.id))
    known = {str(term.sis_term_id): term for term in ordered}
    done = 0
    for row in run.each(rows):
        with run.one(row):
            _put_term(run, row, known)
        done += 1
    db.session.flush()
    return done


def _put_term(run: Run, row: Row, known: dict[str, EnrollmentTerm]) -> None:
    sis_id, name = row.need("term_id"), row.need("name")
    status, dates = row.one_of("status", ("active", "deleted")), row.dates()
    term = known.get(sis_id)
    if status == "deleted":
        if term is not None and term.workflow_state != "deleted":
            terms.remove(term)
        return
    held = {"start_at": term.start_at, "end_at": term.end_at} if term else {"start_at": None, "end_at": None}
    wanted = {**held, **dates}
    if wanted["start_at"] and wanted["end_at"] and wanted["end_at"] < wanted["start_at"]:
        raise RowError("end_date must not be before start_date")
    if term is None:
        term = known[sis_id] = EnrollmentTerm(account_id=run.account_id, sis_term_id=sis_id)
    term.name, term.workflow_state = name, "active"
    term.start_at, term.end_at = wanted["start_at"], wanted["end_at"]
    db.session.add(term)


def living_terms(sis_ids: Iterable[str]) -> dict[str, int]:
    """The ids of the terms with those SIS ids; none of them is deleted until the transaction ends."""
    named = select(EnrollmentTerm.sis_term_id, EnrollmentTerm.id).where(
        EnrollmentTerm.sis_term_id.in_(set(sis_ids)), EnrollmentTerm.workflow_state != "deleted"
    )
    return {str(row.sis_term_id): row.id for row in db.session.execute(named.order_by(EnrollmentTerm.id).with_for_update(read=True))}
