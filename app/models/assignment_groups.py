"""Assignment groups: the parts of a course's grade."""

from sqlalchemy import JSON, String, select
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base
from app.models.types import CreatedAt, Key, Name, Number, Rows, State, UpdatedAt, references


class AssignmentGroup(Base):
    """A named share of the total, with the rules for dropping its lowest or highest scores."""

    __tablename__ = "assignment_groups"

    id: Mapped[Key]
    course_id: Mapped[int] = references("courses.id", index=True)
    name: Mapped[Name]
    position: Mapped[int]
    group_weight: Mapped[Number] = mapped_column(default=0.0)
    drop_lowest: Mapped[int] = mapped_column(default=0)
    drop_highest: Mapped[int] = mapped_column(default=0)
    never_drop: Mapped[list[int]] = mapped_column(JSON, default=list)
    sis_source_id: Mapped[str | None] = mapped_column(String(255))
    workflow_state: Mapped[State] = mapped_column(default="available")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


GROUP_COLUMNS = (
    AssignmentGroup.id,
    AssignmentGroup.course_id,
    AssignmentGroup.name,
    AssignmentGroup.position,
    AssignmentGroup.group_weight,
    AssignmentGroup.drop_lowest,
    AssignmentGroup.drop_highest,
    AssignmentGroup.never_drop,
    AssignmentGroup.sis_source_id,
)


def group_rows() -> Rows:
    """The groups that are not deleted, by columns, in no order yet."""
    return select(*GROUP_COLUMNS).where(AssignmentGroup.workflow_state != "deleted")
