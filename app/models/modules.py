"""Modules: the order in which a course is walked through, and what students did on the way."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import JSON, Index, String, false, select
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base
from app.models.types import BigId, CreatedAt, Key, Name, OptionalInstant, Rows, State, UpdatedAt, references


class Module(Base):
    """A stretch of a course: active, unpublished or deleted."""

    __tablename__ = "modules"
    __table_args__ = (Index("ix_modules_course_id_position", "course_id", "position"),)

    id: Mapped[Key]
    course_id: Mapped[int] = references("courses.id")
    name: Mapped[Name]
    position: Mapped[int]
    unlock_at: Mapped[OptionalInstant]
    require_sequential_progress: Mapped[bool] = mapped_column(default=False, server_default=false())
    prerequisite_module_ids: Mapped[list[int]] = mapped_column(JSON, default=list)
    publish_final_grade: Mapped[bool] = mapped_column(default=False, server_default=false())
    workflow_state: Mapped[State] = mapped_column(default="unpublished")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class ModuleItem(Base):
    """A step of a module: a thing of the course, an address, or a heading."""

    __tablename__ = "module_items"
    __table_args__ = (
        Index("ix_module_items_module_id_position", "module_id", "position"),
        Index("ix_module_items_content_id_type", "content_id", "type"),
    )

    id: Mapped[Key]
    course_id: Mapped[int] = references("courses.id", index=True)
    module_id: Mapped[int] = references("modules.id")
    type: Mapped[str] = mapped_column(String(20))
    content_id: Mapped[int | None] = mapped_column(BigId)
    """Of a table that `type` names; null for what is no thing of the course."""
    title: Mapped[str | None] = mapped_column(String(255))
    """Of what is no thing of the course; things have titles of their own."""
    external_url: Mapped[str | None] = mapped_column(String(2048))
    new_tab: Mapped[bool] = mapped_column(default=False, server_default=false())
    position: Mapped[int]
    indent: Mapped[int] = mapped_column(default=0)
    requirement: Mapped[str | None] = mapped_column(String(20))
    requirement_score: Mapped[float | None]
    """Points or percent, as `requirement` says."""
    workflow_state: Mapped[State] = mapped_column(default="unpublished")
    """Things are published or not by themselves: theirs counts then."""
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class ModuleCompletion(Base):
    """That somebody viewed an item, marked it done or contributed to it; kept only where a requirement asked for it."""

    __tablename__ = "module_completions"
    __table_args__ = (Index("uq_module_completions_item_user", "module_item_id", "user_id", "requirement", unique=True),)

    id: Mapped[Key]
    module_item_id: Mapped[int] = references("module_items.id")
    user_id: Mapped[int] = references("users.id", index=True)
    requirement: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[CreatedAt]


@dataclass(frozen=True, slots=True)
class CourseProgress:
    """Of one student in one course that asks for something."""

    asked: int
    met: int
    next_item_id: int | None
    """The first item, in a module that is open, that still asks for something."""
    completed_at: dt.datetime | None
    """When the last of all was met; null before."""


MODULE_COLUMNS = (
    Module.id,
    Module.course_id,
    Module.name,
    Module.position,
    Module.unlock_at,
    Module.require_sequential_progress,
    Module.prerequisite_module_ids,
    Module.publish_final_grade,
    Module.workflow_state,
)


def module_rows(*, staff: bool) -> Rows:
    """Modules by columns, in no order yet; staff see drafts."""
    return select(*MODULE_COLUMNS).where(Module.workflow_state != "deleted" if staff else Module.workflow_state == "active")
