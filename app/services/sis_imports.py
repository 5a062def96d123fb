"""SIS imports: kept to be worked on, ended, given up. What is done with their rows is in app/jobs/sis_import.py."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import delete, func, insert, select

from app.extensions import db
from app.logs import log
from app.models.jobs import QUEUED, RUNNING, Job
from app.models.sis_imports import ABORTED, STATE, UNDER_WAY, SisImport, SisImportChunk, SisImportMessage
from app.models.types import AnyRow, utc_now
from app.services import jobs
from app.services.permissions import Caller
from app.services.sis_uploads import Piece

JOB = "sis_import"
MOST_MESSAGES = 5_000
"""Of one import that are kept; the rest is counted."""
SHOWN_MESSAGES = 50
"""In the import itself; the others have a list of their own."""


def create(account_id: int, caller: Caller, pieces: Iterable[Piece]) -> SisImport:
    """Keep what was sent and ask for the work. Raises Invalid where `pieces` does."""
    job = jobs.enqueue(JOB, caller)
    made = SisImport(account_id=account_id, user_id=caller.id, job_id=job.id)
    db.session.add(made)
    db.session.flush()
    job.arguments = {"sis_import_id": made.id}
    files: list[dict[str, Any]] = []
    for piece in pieces:
        if piece.number == 0:
            files.append({"name": piece.name, "size": 0})
        files[piece.file]["size"] += len(piece.data)
        row = {"sis_import_id": made.id, "file": piece.file, "number": piece.number, "data": piece.data}
        db.session.execute(insert(SisImportChunk), row)
    made.files = files
    db.session.flush()
    log.info("sis_import_asked", sis_import=made.id, user=caller.id, real_user=caller.real_id, files=len(files))
    return made


def locked(sis_import_id: int) -> SisImport:
    """The import, until the transaction ends."""
    return db.session.scalars(select(SisImport).where(SisImport.id == sis_import_id).with_for_update()).one()


def waits(found: SisImport) -> bool:
    """Whether an earlier one of the account is under way: one at a time, in the order in which they came."""
    earlier = select(SisImport.id).join(Job, Job.id == SisImport.job_id)
    open_ones = earlier.where(SisImport.workflow_state.in_(UNDER_WAY), Job.workflow_state.in_((QUEUED, RUNNING)))
    same = open_ones.where(SisImport.account_id == found.account_id, SisImport.id < found.id)
    return db.session.scalar(same.limit(1)) is not None


def chunk(sis_import_id: int, file: int, number: int) -> bytes | None:
    """A piece of a file; None beyond the last."""
    same = (SisImportChunk.sis_import_id == sis_import_id, SisImportChunk.file == file, SisImportChunk.number == number)
    return db.session.scalar(select(SisImportChunk.data).where(*same))


def say(found: SisImport, file: str, notes: Sequence[tuple[int | None, str]], *, error: bool = False) -> None:
    """Keep what there is to say about a file's rows."""
    room = max(MOST_MESSAGES - found.warnings - found.errors, 0)
    if error:
        found.errors += len(notes)
    else:
        found.warnings += len(notes)
    kept = [{"sis_import_id": found.id, "file": file[:255], "row": row, "message": text, "error": error} for row, text in notes]
    if kept[:room] or error:
        db.session.execute(insert(SisImportMessage), kept if error else kept[:room])


def end(found: SisImport, workflow_state: str) -> None:
    """It is over: what was sent is not needed any more; nor is that of imports whose job was given up."""
    found.workflow_state, found.ended_at = workflow_state, found.ended_at or utc_now()
    if workflow_state != ABORTED and not found.errors:
        found.progress = 100
    db.session.flush()
    over = select(SisImport.id).join(Job, Job.id == SisImport.job_id).where(STATE.not_in(UNDER_WAY))
    db.session.execute(
        delete(SisImportChunk).where(SisImportChunk.sis_import_id.in_(over)), execution_options={"synchronize_session": False}
    )
    log.info("sis_import_ended", sis_import=found.id, state=workflow_state, counts=found.counts, warnings=found.warnings)


def abort(account_id: int, ids: Collection[int] | None = None) -> None:
    """Stop imports of the account, all if none are named; what went in stays. The batch at hand is waited for."""
    conditions = [SisImport.account_id == account_id, SisImport.workflow_state.in_(UNDER_WAY)]
    if ids is not None:
        conditions.append(SisImport.id.in_(ids))
    for found in db.session.scalars(select(SisImport).where(*conditions).order_by(SisImport.id).with_for_update()):
        found.workflow_state, found.ended_at = ABORTED, utc_now()


def first_messages(ids: Collection[int]) -> dict[int, list[AnyRow]]:
    """The first messages of each of those imports: one statement."""
    number = func.row_number().over(partition_by=SisImportMessage.sis_import_id, order_by=SisImportMessage.id).label("number")
    numbered = select(*SisImportMessage.__table__.columns, number).where(SisImportMessage.sis_import_id.in_(ids)).subquery()
    found: dict[int, list[AnyRow]] = {sis_import_id: [] for sis_import_id in ids}
    for row in db.session.execute(select(numbered).where(numbered.c.number <= SHOWN_MESSAGES).order_by(numbered.c.id)):
        found[row.sis_import_id].append(row)
    return found
