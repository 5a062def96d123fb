"""What waits for the caller, and what a student has missed."""

from dataclasses import replace

from flask import Blueprint
from sqlalchemy import select

from app.http.auth import caller, viewer
from app.http.lookup import Ref, find, living_user
from app.http.pagination import page
from app.http.params import Id, Params, Text, takes
from app.models.types import AnyRow, utc_now
from app.models.users import User
from app.serializers.assignments import AssignmentJSON, assignment_json
from app.serializers.todo import TodoJSON, todo_json
from app.services import todo
from app.services.module_progress import closed
from app.services.permissions import require

blueprint = Blueprint("todo", __name__, url_prefix="/api/v1")


class MissingParams(Params):
    """Which of the missing work."""

    course_ids: list[Id] = []
    filter: list[Text] = []
    """submittable: only what can still be handed in."""


@blueprint.get("/users/<ref:user>/missing_submissions")
@takes(MissingParams)
def list_missing_submissions(params: MissingParams, user: Ref) -> list[AssignmentJSON]:
    """List the assignments that a student has missed: yourself, whom you observe, or anybody for an admin."""
    mine, now = caller(), utc_now()
    user_id = living_user(user, mine.id)
    everything = user_id == mine.id or mine.admin
    require(everything or todo.observes(mine.id, user_id, now))
    statement = todo.missing(find(select(User.id).where(User.id == user_id)), now)
    if not everything:
        statement = statement.where(todo.observed_by(mine.id, user_id, now))
    if params.course_ids:
        statement = statement.where(todo.in_courses(params.course_ids))
    if "submittable" in params.filter:
        statement = statement.where(todo.open_to_students(now))
    looking, rows = replace(viewer(), staff=False), page(statement)
    locks = closed({row.course_id: user_id for row in rows}, "Assignment", [row.id for row in rows], now)
    return [assignment_json(row, looking, lock=locks.get(row.id)) for row in rows]


@blueprint.get("/users/self/todo")
def list_todo() -> list[TodoJSON]:
    """List what the caller has to hand in within a week or to grade."""
    mine, now = caller(), utc_now()
    rows = page(todo.waiting(mine.id, now))
    own = [row for row in rows if not row.grading]
    locks = closed({row.course_id: mine.id for row in own}, "Assignment", [row.id for row in own], now)
    return [_todo(row, locks.get(row.id)) for row in rows]


def _todo(row: AnyRow, lock: str | None) -> TodoJSON:
    looking = replace(viewer(), staff=bool(row.grading))
    return todo_json(row, assignment_json(row, looking, lock=lock), looking)
