"""What becomes of module items when the things that they stand for change: below the services of those things."""

from sqlalchemy import update

from app.extensions import db
from app.models.modules import ModuleItem

GRADED = ("must_submit", "min_score", "min_percentage")
"""Requirements that look at the work of a student."""


def replaced(kind: str, old_id: int, new_id: int) -> None:
    """Another thing takes the place of that one: in modules too, with all that students did about it."""
    theirs = update(ModuleItem).where(ModuleItem.type == kind, ModuleItem.content_id == old_id)
    db.session.execute(theirs.values(content_id=new_id), execution_options={"synchronize_session": False})


def ask_no_grades(kind: str, content_id: int) -> None:
    """The thing is graded no more: what its items asked of grades nobody could meet."""
    theirs = update(ModuleItem).where(ModuleItem.type == kind, ModuleItem.content_id == content_id, ModuleItem.requirement.in_(GRADED))
    db.session.execute(theirs.values(requirement=None, requirement_score=None), execution_options={"synchronize_session": False})
