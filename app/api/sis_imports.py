"""SIS imports: users, courses, sections and enrolments from CSV files, put in by a job."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import IO, Literal

from flask import Blueprint, request
from sqlalchemy import select
from werkzeug.exceptions import RequestEntityTooLarge

from app.errors import Invalid
from app.extensions import db
from app.http.auth import require_account_right, viewer
from app.http.lookup import Ref, account_named, find, find_row, names
from app.http.pagination import page
from app.http.params import Flag, Instant, Params, Short, takes
from app.models.sis_imports import IMPORTING, STATE, SisImport, SisImportMessage, import_rows
from app.models.types import AnyRow
from app.models.users import USER_COLUMNS, User
from app.serializers.sis_imports import (
    SisImportErrorsJSON,
    SisImportJSON,
    SisImportsJSON,
    sis_import_error_json,
    sis_import_json,
)
from app.serializers.users import user_json
from app.services import sis_imports
from app.services.permissions import Right
from app.services.sis_uploads import MOST_SENT, pieces

blueprint = Blueprint("sis_imports", __name__, url_prefix="/api/v1")
COLLECTION = "/accounts/<ref:account>/sis_imports"
ONE = f"{COLLECTION}/<ref:sis_import>"
AT_ONCE = 64 * 1024
FORMS = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data", "")
STATES = Literal["initializing", "created", "importing", "imported", "imported_with_messages", "failed", "failed_with_messages", "aborted"]
REFUSED = ("batch_mode", "multi_term_batch_mode", "skip_deletes", "add_sis_stickiness", "diffing_data_set_identifier")


class SisImportParams(Params):
    """The file is the field `attachment` of a multipart form, or the body itself."""

    import_type: Literal["instructure_csv"] = "instructure_csv"
    extension: Literal["csv", "zip"] | None = None
    """What the file must be; if it is not said, its first bytes tell."""
    override_sis_stickiness: Flag | None = None
    """What is imported always counts, whatever was changed by hand before."""
    batch_mode: Flag = False
    """Not supported: only false."""
    multi_term_batch_mode: Flag = False
    """Not supported: only false."""
    skip_deletes: Flag = False
    """Not supported: only false."""
    add_sis_stickiness: Flag = False
    """Not supported: only false."""
    diffing_data_set_identifier: Short | None = None
    """Not supported."""


class SisImportListParams(Params):
    """Which imports."""

    created_since: Instant | None = None
    created_before: Instant | None = None
    workflow_state: list[STATES] = []


@blueprint.post(COLLECTION)
@takes(SisImportParams)
def create_sis_import(params: SisImportParams, account: Ref) -> SisImportJSON:
    """Import a CSV file, or a zip of several, of at most 20 MiB. It is begun within seconds of the answer."""
    mine = require_account_right(Right.MANAGE_SIS)
    account_id = account_named(account)
    for name in REFUSED:
        if getattr(params, name):
            raise Invalid.field(name, "is not supported")
    db.session.rollback()  # the body may come slowly: keep no transaction
    with _sent() as (body, name):
        made = sis_imports.create(account_id, mine, pieces(body, name, params.extension))
        db.session.commit()
    return _shown([find_row(import_rows().where(SisImport.id == made.id))])[0]


create_sis_import.most_bytes = MOST_SENT  # type: ignore[attr-defined]  # read by app/http/lifecycle.py


@blueprint.get(COLLECTION)
@takes(SisImportListParams)
def list_sis_imports(params: SisImportListParams, account: Ref) -> SisImportsJSON:
    """List the imports, the latest first."""
    require_account_right(Right.MANAGE_SIS)
    statement = import_rows().where(SisImport.account_id == account_named(account))
    if params.created_since is not None:
        statement = statement.where(SisImport.created_at >= params.created_since)
    if params.created_before is not None:
        statement = statement.where(SisImport.created_at < params.created_before)
    if params.workflow_state:
        statement = statement.where(STATE.in_(params.workflow_state))
    return {"sis_imports": _shown(page(statement.order_by(SisImport.id.desc())))}


@blueprint.get(f"{COLLECTION}/importing")
def list_importing(account: Ref) -> SisImportsJSON:
    """Tell which import is being worked on: one at a time, or none."""
    require_account_right(Right.MANAGE_SIS)
    rows = page(import_rows().where(SisImport.account_id == account_named(account), STATE == IMPORTING).order_by(SisImport.id))
    return {"sis_imports": _shown(rows)}


@blueprint.get(ONE)
def get_sis_import(account: Ref, sis_import: Ref) -> SisImportJSON:
    """Get an import: how far it is, and the first of its messages."""
    require_account_right(Right.MANAGE_SIS)
    return _one(account, sis_import)


@blueprint.get(f"{ONE}/errors")
def list_sis_import_errors(account: Ref, sis_import: Ref) -> SisImportErrorsJSON:
    """List what there was to say about the rows of an import."""
    require_account_right(Right.MANAGE_SIS)
    of = find(select(SisImport.id).where(names(SisImport, sis_import), SisImport.account_id == account_named(account)))
    columns = select(*SisImportMessage.__table__.columns)
    rows = page(columns.where(SisImportMessage.sis_import_id == of).order_by(SisImportMessage.id))
    return {"sis_import_errors": [sis_import_error_json(row) for row in rows]}


@blueprint.put(f"{ONE}/abort")
def abort_sis_import(account: Ref, sis_import: Ref) -> SisImportJSON:
    """Stop an import that is not over; the rows that went in stay."""
    require_account_right(Right.MANAGE_SIS)
    sis_imports.abort(account_named(account), [find(select(SisImport.id).where(names(SisImport, sis_import)))])
    db.session.commit()
    return _one(account, sis_import)


@blueprint.put(f"{COLLECTION}/abort_all_pending")
def abort_sis_imports(account: Ref) -> dict[str, bool]:
    """Stop all imports that are not over; the rows that went in stay."""
    require_account_right(Right.MANAGE_SIS)
    sis_imports.abort(account_named(account))
    db.session.commit()
    return {"aborted": True}


@contextmanager
def _sent() -> Iterator[tuple[IO[bytes], str]]:
    """The file that the request carries, on disk if it is large, and its name. Raises Invalid."""
    found = request.files.get("attachment")
    if found is not None:
        yield found.stream, PurePosixPath((found.filename or "").replace("\\", "/")).name[-100:] or "import.csv"
        return
    if request.mimetype in FORMS:
        raise Invalid.field("attachment", "is missing")
    with tempfile.TemporaryFile() as body:
        while data := request.stream.read(AT_ONCE):
            body.write(data)
            if body.tell() > MOST_SENT:
                raise RequestEntityTooLarge
        if not body.tell():
            raise Invalid.field("attachment", "is missing")
        body.seek(0)
        yield body, "import.csv"


def _one(account: Ref, sis_import: Ref) -> SisImportJSON:
    return _shown([find_row(import_rows().where(names(SisImport, sis_import), SisImport.account_id == account_named(account)))])[0]


def _shown(rows: Sequence[AnyRow]) -> list[SisImportJSON]:
    """Imports with their first messages and who sent them: a statement for each of the two."""
    messages = sis_imports.first_messages([row.id for row in rows])
    people = db.session.execute(select(*USER_COLUMNS).where(User.id.in_({row.user_id for row in rows})))
    users = {person.id: user_json(person, viewer()) for person in people}
    return [sis_import_json(row, messages[row.id], users.get(row.user_id)) for row in rows]
