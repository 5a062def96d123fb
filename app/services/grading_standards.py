"""Grading standards: made by courses and the account, looked up where work is graded."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_, false, func, or_, select

from app.errors import Invalid
from app.extensions import db
from app.models.accounts import ROOT_ACCOUNT_ID
from app.models.assignments import Assignment
from app.models.courses import Course
from app.models.grading_standards import GradingStandard

LETTERED = ("letter_grade", "gpa_scale")
"""Grading types whose grades are letters."""


SCHEME = (
    select(GradingStandard.data)
    .join(Course, GradingStandard.id == func.coalesce(Assignment.grading_standard_id, Course.grading_standard_id))
    .where(Course.id == Assignment.course_id)
    .correlate(Assignment)
    .scalar_subquery()
)
"""What letters mean for an assignment: by its own standard, else by its course's; null: as always."""


def create(title: str, entries: Iterable[tuple[str, float]], *, course_id: int | None = None) -> GradingStandard:
    """A new standard of the course, or of the account: letters, and the least percentage for each. Raises Invalid."""
    scheme = sorted(entries, key=lambda entry: -entry[1])
    if not scheme or scheme[-1][1] != 0:
        raise Invalid.field("grading_scheme_entry", "must have a letter for 0")
    if len({name.casefold() for name, _ in scheme}) < len(scheme) or len({least for _, least in scheme}) < len(scheme):
        raise Invalid.field("grading_scheme_entry", "must have no name and no value twice")
    account_id = ROOT_ACCOUNT_ID if course_id is None else None
    standard = GradingStandard(title=title, data=scheme, course_id=course_id, account_id=account_id)
    db.session.add(standard)
    db.session.flush()
    return standard


def available(course_id: int | None = None) -> ColumnElement[bool]:
    """The account's standards, and the course's own."""
    own = false() if course_id is None else GradingStandard.course_id == course_id
    return and_(GradingStandard.workflow_state == "active", or_(GradingStandard.account_id.is_not(None), own))


def require_available(standard_id: int | None, course_id: int) -> None:
    """Raise Invalid for the number of no standard that the course may use; 0 and None name none."""
    named = select(GradingStandard.id).where(GradingStandard.id == standard_id, available(course_id))
    if standard_id and db.session.scalar(named) is None:
        raise Invalid.field("grading_standard_id", "is not a grading standard of this course or its account")
