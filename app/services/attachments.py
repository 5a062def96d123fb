"""Files of submissions and comments: which may be attached, and what is."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from sqlalchemy import select

from app.errors import Forbidden, Invalid
from app.extensions import db
from app.grading.lateness import lock_explanation
from app.models.files import COMMENT, FILE_COLUMNS, SUBMISSION, Attachment, File
from app.models.reads import among, read
from app.models.types import AnyRow, utc_now
from app.services.permissions import Caller

OF_SUBMISSIONS = (
    select(Attachment.submission_id, Attachment.attempt, Attachment.comment_id, *FILE_COLUMNS)
    .join(File, File.id == Attachment.file_id)
    .where(among(Attachment.submission_id, "submissions"))
    .order_by(Attachment.id)
)
Attached = dict[tuple[int | None, int | None, int | None], list[AnyRow]]
"""Files by (submission, attempt, comment), one of the last two None."""


def require_upload(target: AnyRow, name: str) -> None:
    """Raise Forbidden or Invalid unless such a file may be uploaded now to hand it in for the assignment of `target`."""
    explanation = lock_explanation(target.unlock_at, target.lock_at, utc_now())
    if explanation:
        raise Forbidden(explanation)
    if "online_upload" not in target.submission_types:
        raise Invalid.field("submission_type", "is not a type that this assignment takes")
    _require_extension(target.allowed_extensions, name)


def _require_extension(allowed: Collection[str], name: str) -> None:
    endings = sorted({f".{extension.strip().lstrip('.').casefold()}" for extension in allowed})
    if endings and not name.casefold().endswith(tuple(endings)):
        raise Invalid.field("name", f"must end in one of {', '.join(endings)}")


def handed_in(target: AnyRow, caller: Caller, file_ids: Sequence[int]) -> list[int]:
    """Those files, if the caller uploaded them for this assignment. Raises Invalid. They cannot be deleted meanwhile."""
    found = _uploaded(target, caller, file_ids, SUBMISSION)
    for name in found.values():
        _require_extension(target.allowed_extensions, name)
    return list(found)


def commented(target: AnyRow, caller: Caller, file_ids: Sequence[int]) -> list[int]:
    """The same for files that go with a comment on this submission."""
    return list(_uploaded(target, caller, file_ids, COMMENT))


def _uploaded(target: AnyRow, caller: Caller, file_ids: Sequence[int], purpose: str) -> dict[int, str]:
    wanted = dict.fromkeys(file_ids)
    found = select(File.id, File.display_name).where(
        File.id.in_(wanted),
        File.workflow_state == "available",
        File.purpose == purpose,
        File.uploader_id == caller.id,
        File.assignment_id == target.assignment_id,
        File.student_id == target.student_id,
    )
    names = {row.id: row.display_name for row in db.session.execute(found.order_by(File.id).with_for_update(read=True))}
    if len(names) < len(wanted):
        raise Invalid.field("file_ids", "must be files that you uploaded for this submission")
    return {file_id: names[file_id] for file_id in wanted}


def attach(submission_id: int, file_ids: Sequence[int], *, attempt: int | None = None, comment_id: int | None = None) -> None:
    """Keep that those files belong to the attempt or the comment."""
    for file_id in file_ids:
        db.session.add(Attachment(submission_id=submission_id, file_id=file_id, attempt=attempt, comment_id=comment_id))


def of_submissions(submission_ids: Collection[int]) -> Attached:
    """What was handed in with, and sent to, those submissions: one statement, or none for none."""
    found: Attached = defaultdict(list)
    if submission_ids:
        for row in read(OF_SUBMISSIONS, {"submissions": submission_ids}):
            found[row.submission_id, row.attempt, row.comment_id].append(row)
    return found
