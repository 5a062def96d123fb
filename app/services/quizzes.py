"""Quizzes: made, changed, deleted. A graded one shares title, dates, group and state with its assignment: they stand there, once."""

from typing import Any

from sqlalchemy import Text, and_, cast, func, or_, select, true

from app.errors import Invalid
from app.extensions import db
from app.grading.quizzes import UNSCORED, total
from app.models.assignments import ASSIGNED, DUE_AT, LOCK_AT, UNLOCK_AT, Assignment
from app.models.quiz_submissions import QuizSubmission
from app.models.quizzes import GRADED, Quiz, QuizQuestion
from app.models.types import Rows
from app.models.users import User
from app.services import assignments
from app.services.permissions import Caller

SHARED = {"title": "name", "description": "description", "due_at": "due_at", "lock_at": "lock_at", "unlock_at": "unlock_at"}
"""What the assignment of a graded quiz holds for it, by its name there."""
NULLABLE = ("description", "due_at", "lock_at", "unlock_at", "time_limit", "access_code")
MOST_QUESTIONS = 500
MOST_CHARACTERS = 1_000_000
"""Of all questions of a quiz: each attempt keeps a copy."""
STATE = func.coalesce(Assignment.workflow_state, Quiz.workflow_state)

ROWS = (
    select(
        Quiz.id,
        Quiz.course_id,
        Quiz.assignment_id,
        Assignment.assignment_group_id,
        func.coalesce(Assignment.name, Quiz.title).label("title"),
        func.coalesce(Assignment.description, Quiz.description).label("description"),
        STATE.label("workflow_state"),
        Quiz.quiz_type,
        Quiz.time_limit,
        Quiz.shuffle_answers,
        Quiz.allowed_attempts,
        Quiz.scoring_policy,
        Quiz.show_correct_answers,
        Quiz.one_question_at_a_time,
        Quiz.access_code,
        Quiz.question_count,
        Quiz.points_possible,
        Quiz.question_types,
        Quiz.version_number,
    )
    .select_from(Quiz)
    .outerjoin(Assignment, Assignment.id == Quiz.assignment_id)
    .where(STATE != "deleted")
)
FOR_STAFF = ROWS.add_columns(
    func.coalesce(Assignment.due_at, Quiz.due_at).label("due_at"),
    func.coalesce(Assignment.lock_at, Quiz.lock_at).label("lock_at"),
    func.coalesce(Assignment.unlock_at, Quiz.unlock_at).label("unlock_at"),
    true().label("assigned"),
)
IS_ASSIGNED = or_(Quiz.assignment_id.is_(None), ASSIGNED)
DATED = ROWS.add_columns(
    func.coalesce(DUE_AT, Quiz.due_at).label("due_at"),
    func.coalesce(LOCK_AT, Quiz.lock_at).label("lock_at"),
    func.coalesce(UNLOCK_AT, Quiz.unlock_at).label("unlock_at"),
    IS_ASSIGNED.label("assigned"),
)


def rows(course_id: int, student: int | None = None) -> Rows:
    """The quizzes of the course, drafts too, by columns, in no order yet; with that user's dates, and whether each is `assigned`."""
    found = FOR_STAFF if student is None else DATED.outerjoin(User, User.id == student)
    return found.where(Quiz.course_id == course_id)


def published() -> Any:
    """The condition on `rows` that a quiz is published."""
    return STATE == "published"


def seen() -> Any:
    """The condition on the `rows` of a student that they see a quiz."""
    return and_(published(), IS_ASSIGNED)


def title() -> Any:
    """What `rows` are searched by."""
    return func.coalesce(Assignment.name, Quiz.title)


def create(course_id: int, fields: dict[str, Any]) -> Quiz:
    """A new quiz of the course, a graded one unless told otherwise. Raises Invalid. The caller has locked the course."""
    given = {key: value for key, value in fields.items() if value is not None}
    if "title" not in given:
        raise Invalid.field("title", "can't be blank")
    own = {key: value for key, value in given.items() if key not in (*SHARED, "published", "assignment_group_id")}
    quiz = Quiz(course_id=course_id, **{"quiz_type": "assignment", **own})
    for name in SHARED:
        setattr(quiz, name, given.get(name))
    quiz.workflow_state = "published" if given.get("published") else "unpublished"
    db.session.add(quiz)
    db.session.flush()
    if quiz.quiz_type in GRADED:
        _own_assignment(quiz, given.get("assignment_group_id"))
    return quiz


def change(quiz: Quiz, fields: dict[str, Any], caller: Caller) -> None:
    """Set what `fields` gives. Raises Invalid; for unpublishing or changing the kind of what students have begun, too."""
    given = {key: value for key, value in fields.items() if value is not None or key in NULLABLE}
    unpublished, kind = given.get("published") is False, given.pop("quiz_type", quiz.quiz_type)
    if (unpublished or kind != quiz.quiz_type) and begun(quiz.id):
        raise Invalid.field("published" if unpublished else "quiz_type", "Can't be changed once students have taken the quiz")
    if kind != quiz.quiz_type:
        _become(quiz, kind, given.get("assignment_group_id"))
    group_id, state = given.pop("assignment_group_id", None), given.pop("published", None)
    assignment = assignment_of(quiz)
    if assignment is not None:
        shared = {theirs: given.pop(name) for name, theirs in SHARED.items() if name in given}
        shared |= {} if group_id is None else {"assignment_group_id": group_id}
        assignments.change(assignment, shared | ({} if state is None else {"published": state}), caller)
    elif state is not None:
        quiz.workflow_state = "published" if state else "unpublished"
    for key, value in given.items():
        setattr(quiz, key, value)
    quiz.version_number += 1


def remove(quiz: Quiz) -> None:
    """Delete softly; attempts are kept, but count no more."""
    quiz.workflow_state = "deleted"
    assignment = assignment_of(quiz)
    if assignment is not None:
        assignments.remove(assignment)


def assignment_of(quiz: Quiz) -> Assignment | None:
    """The assignment that a graded quiz owns, locked."""
    if quiz.assignment_id is None:
        return None
    return db.session.scalars(select(Assignment).where(Assignment.id == quiz.assignment_id).with_for_update(key_share=True)).one()


def begun(quiz_id: int) -> bool:
    """Whether any student has begun an attempt."""
    found = select(QuizSubmission.id).where(QuizSubmission.quiz_id == quiz_id, QuizSubmission.attempt > 0)
    return db.session.scalar(found.limit(1)) is not None


def recount(quiz: Quiz, caller: Caller) -> None:
    """Tell the quiz, and its assignment, what its questions are worth. Raises Invalid where there are too many, or too long ones."""
    db.session.flush()
    size = func.length(QuizQuestion.question_text) + func.length(cast(QuizQuestion.answers, Text))
    found = select(QuizQuestion.question_type, QuizQuestion.points_possible, size.label("size"))
    questions = db.session.execute(found.where(QuizQuestion.quiz_id == quiz.id, QuizQuestion.workflow_state != "deleted")).all()
    if len(questions) > MOST_QUESTIONS or sum(row.size for row in questions) > MOST_CHARACTERS:
        raise Invalid(f"A quiz has at most {MOST_QUESTIONS} questions and {MOST_CHARACTERS} characters in them.")
    asked = [row for row in questions if row.question_type != UNSCORED]
    quiz.question_count = len(asked)
    quiz.points_possible = total(row.points_possible for row in asked)
    quiz.question_types = sorted({row.question_type for row in questions})
    quiz.version_number += 1
    assignment = assignment_of(quiz)
    if assignment is not None:
        assignments.change(assignment, {"points_possible": quiz.points_possible}, caller, by_owner=True)


def _own_assignment(quiz: Quiz, group_id: int | None) -> None:
    """Make its assignment, and hand over what that holds from now on."""
    fields = {theirs: getattr(quiz, name) for name, theirs in SHARED.items()}
    fields |= {"submission_types": ["online_quiz"], "points_possible": quiz.points_possible, "assignment_group_id": group_id}
    quiz.assignment_id = assignments.create(quiz.course_id, {**fields, "published": quiz.workflow_state == "published"}).id
    for name in SHARED:
        setattr(quiz, name, None)


def _become(quiz: Quiz, kind: str, group_id: int | None) -> None:
    """Another kind of quiz: what stands in its assignment moves, where it gets or loses one."""
    quiz.quiz_type = kind
    assignment = assignment_of(quiz)
    if assignment is None and kind in GRADED:
        _own_assignment(quiz, group_id)
    elif assignment is not None and kind not in GRADED:
        for name, theirs in SHARED.items():
            setattr(quiz, name, getattr(assignment, theirs))
        quiz.workflow_state, quiz.assignment_id = assignment.workflow_state, None
        assignments.remove(assignment)
    db.session.flush()
