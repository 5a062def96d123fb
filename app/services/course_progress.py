"""How far a student is in several courses: what their modules ask for, in two statements whatever the number of courses."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence

from app.extensions import db
from app.models.modules import CourseProgress, Module, module_rows
from app.models.types import AnyRow
from app.services.module_progress import evaluate, requirements


def of_courses(course_ids: Collection[int], user_id: int, now: dt.datetime) -> dict[int, CourseProgress]:
    """The user's progress in each of those courses that asks for something."""
    modules: dict[int, list[AnyRow]] = defaultdict(list)
    if course_ids:
        statement = module_rows(staff=False).where(Module.course_id.in_(course_ids))
        for row in db.session.execute(statement.order_by(Module.position, Module.id)):
            modules[row.course_id].append(row)
    items: dict[int, list[AnyRow]] = defaultdict(list)
    if modules:
        published = {row.id for rows in modules.values() for row in rows}
        for item in requirements(list(modules), user_id):
            if item.module_id in published:
                items[item.course_id].append(item)
    return {course_id: _one(modules[course_id], asked, now) for course_id, asked in items.items()}


def _one(modules: Sequence[AnyRow], asked: Sequence[AnyRow], now: dt.datetime) -> CourseProgress:
    progress = evaluate(modules, asked, now)
    order = {module.id: place for place, module in enumerate(modules)}
    undone = sorted((order[item.module_id], item.position, item.id) for item in asked if not progress.met[item.id])
    opened = [item_id for place, _, item_id in undone if progress.states[modules[place].id].name != "locked"]
    times = [state.completed_at for state in progress.states.values() if state.completed_at is not None]
    return CourseProgress(
        asked=len(asked),
        met=len(asked) - len(undone),
        next_item_id=opened[0] if opened else None,
        completed_at=None if undone else max(times, default=None),
    )
