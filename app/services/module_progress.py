"""How far students are in the modules of a course: always computed from what they did, in two statements whatever the number of modules."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from sqlalchemy import and_, bindparam, case, func, select

from app.errors import NotFound
from app.extensions import db
from app.models.enrollments import Enrollment
from app.models.modules import Module, ModuleCompletion, ModuleItem, module_rows
from app.models.quiz_submissions import QuizSubmission
from app.models.reads import among, read
from app.models.submissions import Submission
from app.models.types import AnyRow, Rows
from app.services import gradebook
from app.services.module_content import CONTENT_IDS, MIN_SCORE, SUBMIT, contents, items_joined, standing_for
from app.services.module_links import GRADED
from app.services.permissions import Access, Right, learner, require


@dataclass(frozen=True, slots=True)
class State:
    """Of one module for one student: locked, unlocked, started or completed."""

    name: str
    completed_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """Of one student in one course. What is not published is not in it."""

    states: dict[int, State] = field(default_factory=dict)
    met: dict[int, bool] = field(default_factory=dict)
    """Item with a requirement -> whether the student met it."""
    stops: dict[int, int] = field(default_factory=dict)
    """Module of which the items come one after the other -> position of the first that is not done."""

    def locks(self, module_id: int, position: int) -> bool:
        """Whether the student may not open the item at that position of the module yet."""
        state = self.states.get(module_id)
        return state is None or state.name == "locked" or position > self.stops.get(module_id, position)


def walker(mine: Access, caller_id: int, student_id: int | None) -> int | None:
    """Whose progress is asked for: staff name a student, others are meant themselves. Raises Forbidden, and NotFound for no student."""
    if mine.staff and student_id is None:
        return None
    if student_id is None or (student_id == caller_id and not mine.staff):
        return learner(mine, caller_id)
    if student_id not in mine.observed_ids:
        require(Right.READ_GRADES in mine.rights)
        if db.session.scalar(gradebook.students(mine.course_id).where(Enrollment.user_id == student_id)) is None:
            raise NotFound
        require(gradebook.covers(mine, student_id))
    return student_id


def progress_of(course_id: int, user_id: int, now: dt.datetime) -> Progress:
    """That user's progress in the course's published modules."""
    modules = db.session.execute(module_rows(staff=False).where(Module.course_id == course_id).order_by(Module.position, Module.id)).all()
    return evaluate(modules, requirements(course_id, user_id), now) if modules else Progress()


def requirements(course_id: int | Collection[int], user_id: int) -> Sequence[AnyRow]:
    """The published items of the course, or courses, that ask for something, with what that user did about it."""
    content = contents(course_id, user_id)
    asked = (
        ModuleItem.id,
        ModuleItem.course_id,
        ModuleItem.module_id,
        ModuleItem.position,
        ModuleItem.requirement,
        ModuleItem.requirement_score,
    )
    done = (ModuleCompletion.created_at, content.c.points_possible)
    # Of a quiz that is not graded the finished attempts themselves are all there is.
    practice = case((and_(content.c.assignment_id.is_(None), QuizSubmission.kept_score.is_not(None)), QuizSubmission.updated_at))
    work = (
        func.coalesce(Submission.attempt, case((practice.is_not(None), 1))).label("attempt"),
        func.coalesce(Submission.submitted_at, practice, type_=Submission.submitted_at.type).label("submitted_at"),
        func.coalesce(Submission.score, case((content.c.assignment_id.is_(None), QuizSubmission.kept_score))).label("score"),
        func.coalesce(Submission.graded_at, practice, type_=Submission.graded_at.type).label("graded_at"),
        Submission.excused,
    )
    statement = (
        items_joined(course_id, content, *asked, *done, *work, staff=False)
        .outerjoin(
            ModuleCompletion,
            and_(
                ModuleCompletion.module_item_id == ModuleItem.id,
                ModuleCompletion.user_id == user_id,
                ModuleCompletion.requirement == ModuleItem.requirement,
            ),
        )
        .outerjoin(Submission, and_(Submission.assignment_id == content.c.assignment_id, Submission.user_id == user_id))
        .outerjoin(
            QuizSubmission,
            and_(content.c.kind == "Quiz", QuizSubmission.quiz_id == content.c.id, QuizSubmission.user_id == user_id),
        )
    )
    return db.session.execute(statement.where(ModuleItem.requirement.is_not(None))).all()


def evaluate(modules: Sequence[AnyRow], requirements: Iterable[AnyRow], now: dt.datetime) -> Progress:
    """From the published modules in their order and the items that ask for something."""
    progress = Progress()
    inside: dict[int, list[AnyRow]] = defaultdict(list)
    for item in requirements:
        inside[item.module_id].append(item)
        progress.met[item.id] = is_met(item)
    for module in modules:
        undone = [item.position for item in inside[module.id] if not progress.met[item.id]]
        if module.require_sequential_progress and undone:
            progress.stops[module.id] = min(undone)
        # Only modules before this one can be in `states` yet: no circle locks a course for ever.
        before = (progress.states.get(module_id) for module_id in module.prerequisite_module_ids)
        if (module.unlock_at is not None and now < module.unlock_at) or any(state and state.name != "completed" for state in before):
            progress.states[module.id] = State("locked")
        elif undone:
            progress.states[module.id] = State("started" if len(undone) < len(inside[module.id]) else "unlocked")
        else:
            times = [at for item in inside[module.id] if (at := _met_at(item))]
            progress.states[module.id] = State("completed", max(times, default=None))
    return progress


def is_met(item: AnyRow) -> bool:
    """Whether the student did what the item asks for. Who is excused from the work need not do it."""
    if item.requirement not in GRADED:
        return item.created_at is not None
    if item.excused:
        return True
    if item.requirement == SUBMIT:
        return item.attempt is not None or item.score is not None
    if item.score is None:
        return False
    if item.requirement == MIN_SCORE:
        return bool(item.score >= item.requirement_score)
    # Rounded: 0.29 of 1 are 29 %, though 0.29 * 100 is a little less.
    wanted = round(item.requirement_score * (item.points_possible or 0), 6)
    return bool(item.points_possible) and bool(round(item.score * 100, 6) >= wanted)


def _met_at(item: AnyRow) -> dt.datetime | None:
    if item.requirement not in GRADED:
        return item.created_at  # type: ignore[no-any-return]
    handed_in_first = item.requirement == SUBMIT and item.submitted_at is not None
    return item.submitted_at if handed_in_first else item.graded_at  # type: ignore[no-any-return]


def prerequisites(modules: Iterable[AnyRow]) -> dict[int, list[int]]:
    """Which of the modules each of them waits for: of those that are stored, the ones that still come before it."""
    seen: set[int] = set()
    found = {}
    for module in modules:
        found[module.id] = [module_id for module_id in module.prerequisite_module_ids if module_id in seen]
        seen.add(module.id)
    return found


@dataclass(frozen=True, slots=True)
class Holding:
    """The items that stand for some things of one kind, as one student meets them."""

    rows: Sequence[AnyRow]
    closed: Mapping[int, str]
    """Thing -> why the student cannot open it yet."""
    user_id: int
    open_items: frozenset[int]

    def lock(self, content_id: int) -> str | None:
        """Why the student cannot open that thing yet; None where they can."""
        return self.closed.get(content_id)

    def unmet(self, content_id: int, requirement: str) -> list[int]:
        """The items, open to the student, that ask for that about that thing and did not get it yet."""
        return [
            row.id
            for row in self.rows
            if row.content_id == content_id and row.requirement == requirement and row.done is None and row.id in self.open_items
        ]


NOTHING_HELD = Holding((), {}, 0, frozenset())


def held_for(mine: Access, caller_id: int, kind: str, content_ids: Iterable[int], now: dt.datetime) -> Holding:
    """How the course's modules hold those things for the caller; nothing is held from staff."""
    return NOTHING_HELD if mine.staff else holding(mine.course_id, kind, content_ids, learner(mine, caller_id), now)


def holding(course_id: int, kind: str, content_ids: Iterable[int], user_id: int, now: dt.datetime) -> Holding:
    """One statement, and two more only where a module could lock any of those things."""
    ids = list(content_ids)
    if not ids:
        return NOTHING_HELD
    rows = read(_items_done(kind), {CONTENT_IDS: ids, "courses": [course_id], "student": user_id}).all()
    locked = _locked(rows, {course_id: user_id}, now)
    return Holding(rows, _closed(kind, rows, locked), user_id, frozenset(row.id for row in rows) - locked)


def closed(users: Mapping[int, int], kind: str, content_ids: Iterable[int], now: dt.datetime) -> Mapping[int, str]:
    """Thing -> why a student cannot open it yet, in several courses; `users` says as whom, course by course.

    One statement, and two more for each course where a module could lock any of those things.
    """
    ids = list(content_ids)
    rows = read(_items(kind), {CONTENT_IDS: ids, "courses": list(users)}).all() if ids and users else []
    return _closed(kind, rows, _locked(rows, users, now))


@cache
def _items(kind: str) -> Rows:
    """The items that stand for things of that kind, with their modules; of which things in which courses, the parameters say."""
    theirs = standing_for(kind).subquery("theirs")
    columns = (
        *(ModuleItem.id, ModuleItem.course_id, theirs.c.content_id, ModuleItem.module_id, ModuleItem.position, ModuleItem.requirement),
        *(Module.name, Module.unlock_at, Module.workflow_state, Module.prerequisite_module_ids, Module.require_sequential_progress),
    )
    statement = select(*columns).join(theirs, theirs.c.item_id == ModuleItem.id).join(Module, Module.id == ModuleItem.module_id)
    return statement.where(
        ModuleItem.workflow_state != "deleted", Module.workflow_state != "deleted", among(ModuleItem.course_id, "courses")
    )


@cache
def _items_done(kind: str) -> Rows:
    """The same, and whether the student did what each asks for."""
    done = and_(
        ModuleCompletion.module_item_id == ModuleItem.id,
        ModuleCompletion.user_id == bindparam("student", type_=ModuleCompletion.user_id.type),
        ModuleCompletion.requirement == ModuleItem.requirement,
    )
    return _items(kind).add_columns(ModuleCompletion.id.label("done")).outerjoin(ModuleCompletion, done)


def _locked(rows: Iterable[AnyRow], users: Mapping[int, int], now: dt.datetime) -> set[int]:
    """Those of the items that their course's user cannot open yet."""
    walks: dict[int, Progress] = {}
    locked = set()
    for row in rows:
        if row.workflow_state != "active":
            locked.add(row.id)
        elif _may_lock(row, now):
            if row.course_id not in walks:
                walks[row.course_id] = progress_of(row.course_id, users[row.course_id], now)
            if walks[row.course_id].locks(row.module_id, row.position):
                locked.add(row.id)
    return locked


def _closed(kind: str, rows: Iterable[AnyRow], locked: Collection[int]) -> dict[int, str]:
    """A thing is closed when every item that stands for it is: it can only be reached through modules that are locked or not published."""
    rows = list(rows)
    reachable = {row.content_id for row in rows if row.id not in locked}
    return {row.content_id: _why(kind, row) for row in rows if row.content_id not in reachable}


def _may_lock(row: AnyRow, now: dt.datetime) -> bool:
    waits = row.unlock_at is not None and now < row.unlock_at
    return bool(waits or row.prerequisite_module_ids or row.require_sequential_progress)


def _why(kind: str, row: AnyRow) -> str:
    if row.workflow_state != "active":
        return f"This {kind.lower()} is part of an unpublished module and is not available yet."
    return f"This {kind.lower()} is part of the module {row.name} and hasn't been unlocked yet."
