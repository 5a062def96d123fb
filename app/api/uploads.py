"""Uploads in three steps, and downloads: to and from storage itself, past this process, where storage can."""

from contextlib import suppress
from typing import Any, Literal

from flask import Blueprint, Response, redirect, request, send_file
from sqlalchemy import select
from typing_extensions import TypedDict
from werkzeug.formparser import FormDataParser

from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.extensions import db
from app.http.auth import act_as, caller, reads_only, require_right
from app.http.hosts import base_url
from app.http.links import disposition, downloader, sign, signed
from app.http.lookup import Ref, find, find_row, names, user_named
from app.http.params import Id, Params, Short, Text, Title, takes
from app.models.files import COMMENT, DISCUSSION, QUIZ, SUBMISSION, File, Owner
from app.models.quizzes import Quiz
from app.models.types import AnyRow
from app.resources.discussions import require_attached
from app.resources.files import folder_of, opened, owner_of, readable, shown, storage
from app.serializers.files import FileJSON
from app.services import attachments, files, folders, gradebook, quizzes
from app.services.permissions import Access, Right, require
from app.storage import LocalStorage, StorageError, TooLargeError

blueprint = Blueprint("uploads", __name__)
API = "/api/v1"
SUBMISSIONS = f"{API}/courses/<ref:course>/assignments/<ref:assignment>/submissions/<ref:user>"
FORM_BYTES = 64 * 1024
"""What the form around an uploaded file may take."""
LINK_SECONDS = 60 * 60
SHOWN = frozenset(
    ("image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "video/mp4", "video/webm", "audio/mpeg", "audio/mp4")
)
"""What a browser may show; everything else, such as HTML and SVG, it saves."""


class UploadJSON(TypedDict):
    """Where to post the file next: a form of all `upload_params`, then the file as the field `file_param`."""

    upload_url: str
    upload_params: dict[str, str]
    file_param: str


class UploadParams(Params):
    """The file that is to come."""

    name: Title
    size: int | None = None
    """Bytes; if it is told, no more can be uploaded."""
    content_type: Short | None = None
    parent_folder_id: Id | None = None
    parent_folder_path: Text | None = None
    """Folders that are not there are made."""
    on_duplicate: Literal["overwrite", "rename"] = "overwrite"


class SuccessParams(Params):
    """Which upload is finished."""

    uuid: Text = ""
    """The secret of the address that the upload led to."""


@blueprint.post(f"{API}/courses/<ref:course>/files")
@blueprint.post(f"{API}/users/<ref:user>/files")
@takes(UploadParams)
def upload_file(params: UploadParams, course: Ref | None = None, user: Ref | None = None) -> UploadJSON:
    """Begin to upload a file to a course or a user: first of three steps."""
    owner = owner_of(Right.ADD_FILES, user)
    return _into_folder(params, owner, params.parent_folder_id)


@blueprint.post(f"{API}/folders/<ref:folder>/files")
@takes(UploadParams)
def upload_folder_file(params: UploadParams, folder: Ref) -> UploadJSON:
    """Begin to upload a file to a folder."""
    found = folder_of(Right.ADD_FILES, folder)
    return _into_folder(params, found.owner, found.id)


@blueprint.post(f"{SUBMISSIONS}/files")
@takes(UploadParams)
def upload_submission_file(params: UploadParams, course: Ref, assignment: Ref, user: Ref) -> UploadJSON:
    """Begin to upload a file that is to be handed in."""
    mine = require_right(Right.SUBMIT)
    require(user_named(user, caller().id) == caller().id)
    target = _target(mine, assignment, caller().id)
    attachments.require_upload(target, files.clean_name(params.name))
    return _for_submission(params, target, SUBMISSION)


@blueprint.post(f"{SUBMISSIONS}/comments/files")
@takes(UploadParams)
def upload_comment_file(params: UploadParams, course: Ref, assignment: Ref, user: Ref) -> UploadJSON:
    """Begin to upload a file that is to go with a comment on a submission."""
    mine = require_right(Right.READ)
    student_id = user_named(user, caller().id)
    require(Right.GRADE in mine.rights or (Right.SUBMIT in mine.rights and student_id == caller().id))
    return _for_submission(params, _target(mine, assignment, student_id), COMMENT)


@blueprint.post(f"{API}/courses/<ref:course>/quizzes/<ref:quiz>/submissions/self/files")
@takes(UploadParams)
def upload_quiz_file(params: UploadParams, course: Ref, quiz: Ref) -> UploadJSON:
    """Begin to upload a file that is to answer a question of a quiz."""
    mine = require_right(Right.SUBMIT)
    row = find_row(quizzes.rows(mine.course_id, caller().id).where(names(Quiz, quiz)))
    require(row.workflow_state == "published" and row.assigned)
    owner = Owner(user_id=caller().id)
    folders.lock_owner(owner)
    return _begun(params, owner, purpose=QUIZ, course_id=mine.course_id, student_id=caller().id)


@blueprint.post("/files/<ref:file>/upload")
def receive(file: Ref) -> Response:
    """Take the bytes, where storage does not do so itself: written to disk as they come, up to what was announced."""
    found = find(select(File).where(names(File, file)))
    if not signed(request.args.get("signature", ""), "upload", found.id, found.uuid) or not files.in_time(found):
        raise Forbidden("This upload address is not valid any more.")
    if found.workflow_state != "pending":
        raise Conflict("This file has been uploaded already.")
    kept, most, done = storage(), files.most_bytes(found), _success_url(found)
    if not isinstance(kept, LocalStorage):
        raise NotFound
    key = f"{files.UPLOADS}/{found.storage_key}"
    db.session.rollback()  # an upload may take long: keep no transaction
    request.max_content_length = most + FORM_BYTES
    with kept.writing(key, most) as sink:
        taken: list[Any] = []

        def take(*_: object, **__: object) -> Any:
            if taken:
                raise Invalid("There is more than one file in the form.")
            taken.append(sink)
            return sink

        parser = FormDataParser(stream_factory=take, max_form_memory_size=FORM_BYTES, max_form_parts=50)
        try:
            parser.parse(request.stream, request.mimetype, request.content_length, request.mimetype_params)
        except TooLargeError as problem:
            raise Invalid.field("file", f"has more than {most} bytes") from problem
        if not taken:
            raise Invalid.field("file", "is not in the form")
    return Response(status=303, headers={"Location": done})


@blueprint.get(f"{API}/files/<ref:file>/create_success")
@takes(SuccessParams)
def create_success(params: SuccessParams, file: Ref) -> FileJSON:
    """Finish an upload: third step. The address's secret stands in for a token, for half an hour."""
    found = find(select(File).where(names(File, file)))
    valid = signed(params.uuid, "create_success", found.id, found.uuid) and files.in_time(found)
    if not valid or found.workflow_state == "deleted":
        raise NotFound
    act_as(found.uploader_id)
    if found.workflow_state == "pending":
        files.finish(storage(), found)
        db.session.commit()
        with suppress(StorageError):  # the sweep will
            storage().delete(f"{files.UPLOADS}/{found.storage_key}")
    return shown(found)


create_success.anonymous = True  # type: ignore[attr-defined]  # read by app/http/lifecycle.py


@blueprint.get("/files/<ref:file>/download")
def download(file: Ref) -> Response:
    """Send a browser on to where the file is, for whom the address was signed, if they may still read it."""
    reads_only()
    act_as(*downloader(file.id, request.args.get("verifier", "")))
    row = readable(file)
    if row.purpose == DISCUSSION:
        require_attached(row)
    require(not opened(row)["locked_for_user"])
    plain = row.content_type.partition(";")[0].strip()
    header = disposition("inline" if plain in SHOWN and "download_frd" not in request.args else "attachment", row.display_name)
    kept, key = storage(), f"{files.KEEP}/{row.storage_key}"
    # Text of which nobody said how it is encoded would be read as Latin-1 by clients that go by the letter, canvasapi among them.
    unsaid = plain.startswith("text/") and "charset=" not in row.content_type
    kind = f"{row.content_type}; charset=utf-8" if unsaid else row.content_type
    if isinstance(kept, LocalStorage):
        return _given_out(kept, key, kind, header)
    answer: Any = redirect(str(kept.link(key, kind, header, LINK_SECONDS)))
    answer.headers["Cache-Control"] = "private, no-store"
    return answer  # type: ignore[no-any-return]


def _given_out(kept: LocalStorage, key: str, content_type: str, header: str) -> Response:
    """The bytes themselves. Nothing in them acts in this site's name, even if a browser shows them."""
    try:
        answer = send_file(kept.path(key), mimetype="application/octet-stream", conditional=True)
    except FileNotFoundError as problem:
        raise NotFound from problem
    answer.headers["Content-Type"] = content_type  # by hand: Flask would add an encoding to the one that is said
    answer.headers["Content-Disposition"] = header
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _target(mine: Access, assignment: Ref, student_id: int) -> AnyRow:
    """The submission that the file is for. Raises NotFound; Forbidden for a draft or another section's student."""
    row = gradebook.target(mine.course_id, assignment.id, student_id)
    require(mine.staff or row.assignment_state == "published")
    require(row.assigned, "The assignment is not assigned to this student.")
    require(student_id == caller().id or gradebook.covers(mine, student_id))
    return row


def _into_folder(params: UploadParams, owner: Owner, folder_id: int | None) -> UploadJSON:
    folders.lock_owner(owner)
    place = folders.parent(owner, folder_id, params.parent_folder_path)
    return _begun(params, owner, folder_id=place, on_duplicate=params.on_duplicate)


def _for_submission(params: UploadParams, target: AnyRow, purpose: str) -> UploadJSON:
    owner = Owner(user_id=caller().id)
    folders.lock_owner(owner)
    of_submission = {"course_id": target.course_id, "assignment_id": target.assignment_id, "student_id": target.student_id}
    return _begun(params, owner, purpose=purpose, **of_submission)


def _begun(params: UploadParams, owner: Owner, **fields: Any) -> UploadJSON:
    """A pending file, and how its bytes get here."""
    file = files.start(owner, caller(), params.name, params.content_type, params.size, **fields)
    key, most, seconds = f"{files.UPLOADS}/{file.storage_key}", files.most_bytes(file), int(files.UPLOAD_TIME.total_seconds())
    form = storage().upload_form(key, file.content_type, most, seconds, _success_url(file))
    db.session.commit()
    if form is not None:
        return {"upload_url": form.url, "upload_params": form.fields, "file_param": "file"}
    url = f"{base_url()}/files/{file.id}/upload?signature={sign('upload', file.id, file.uuid)}"
    return {"upload_url": url, "upload_params": {"content_type": file.content_type}, "file_param": "file"}


def _success_url(file: File) -> str:
    return f"{base_url()}{API}/files/{file.id}/create_success?uuid={sign('create_success', file.id, file.uuid)}"
