"""What submissions look like with all that `include` asks for: one statement for each kind of thing."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from app.extensions import db
from app.http.auth import access, viewer
from app.models.assignments import Assignment
from app.models.types import AnyRow
from app.models.users import User, user_rows
from app.resources.files import with_attachments
from app.serializers.assignments import assignment_json
from app.serializers.submissions import SubmissionJSON, comment_json, history_json, submission_json
from app.serializers.users import user_json
from app.serializers.viewer import Viewer
from app.services import assignments, gradebook
from app.services.module_progress import held_for


def shown(rows: Sequence[AnyRow], include: Collection[str]) -> list[SubmissionJSON]:
    """Submissions with what `include` asks for: one statement for each kind of thing."""
    looking = viewer()
    bodies = [submission_json(row, looking) for row in rows]
    for name, embed in EMBEDS.items():
        if name in include:
            embed(bodies, looking)
    return with_attachments(bodies)


def _ids(bodies: Sequence[SubmissionJSON]) -> list[int]:
    return [body["id"] for body in bodies if body["id"] is not None]


def _comments(bodies: Sequence[SubmissionJSON], looking: Viewer) -> None:
    found = defaultdict(list)
    for row in gradebook.comments(_ids(bodies)):
        found[row.submission_id].append(comment_json(row, looking))
    for body in bodies:
        body["submission_comments"] = found[body["id"]]


def _history(bodies: Sequence[SubmissionJSON], _: Viewer) -> None:
    found = defaultdict(list)
    for row in db.session.execute(gradebook.versions(_ids(bodies))):
        found[row.submission_id].append(row)
    for body in bodies:
        body["submission_history"] = history_json(found[body["id"]], body)


def _users(bodies: Sequence[SubmissionJSON], looking: Viewer) -> None:
    rows = db.session.execute(user_rows().where(User.id.in_({body["user_id"] for body in bodies})))
    found = {row.id: user_json(row, looking) for row in rows}
    for body in bodies:
        body["user"] = found.get(body["user_id"])


def _assignments(bodies: Sequence[SubmissionJSON], looking: Viewer) -> None:
    ids = {body["assignment_id"] for body in bodies}
    rows = db.session.execute(assignments.rows_for(access(), looking.user_id).where(Assignment.id.in_(ids)))
    held = held_for(access(), looking.user_id, "Assignment", ids, looking.now)
    found = {row.id: assignment_json(row, looking, lock=held.lock(row.id)) for row in rows}
    for body in bodies:
        body["assignment"] = found.get(body["assignment_id"])


EMBEDS = {"submission_comments": _comments, "submission_history": _history, "user": _users, "assignment": _assignments}
