"""Sections: made, changed, deleted."""

from typing import Any

from sqlalchemy import select

from app.errors import Invalid
from app.extensions import db
from app.models.enrollments import Enrollment
from app.models.sections import Section
from app.services import assignment_overrides

NULLABLE = ("sis_section_id", "integration_id", "start_at", "end_at")


def create(course_id: int, fields: dict[str, Any]) -> Section:
    """A new section of the course. Raises Invalid where the SIS id is taken."""
    given = {key: value for key, value in fields.items() if value is not None}
    require_free_sis_id(given.get("sis_section_id"))
    section = Section(course_id=course_id, **{"name": "Unnamed Section", **given})
    db.session.add(section)
    db.session.flush()
    return section


def change(section: Section, fields: dict[str, Any]) -> None:
    """Set what `fields` gives. Raises Invalid where the SIS id is taken."""
    if fields.get("sis_section_id") not in (None, section.sis_section_id):
        require_free_sis_id(fields["sis_section_id"])
    for key, value in fields.items():
        if value is not None or key in NULLABLE:
            setattr(section, key, value)


def remove(section: Section) -> None:
    """Delete softly. Raises Invalid while people are enrolled in it, or where it is the course's default one."""
    if section.default_section:
        raise Invalid("The default section of a course cannot be deleted.")
    if db.session.scalar(
        select(Enrollment.id).where(Enrollment.course_section_id == section.id, Enrollment.workflow_state != "deleted").limit(1)
    ):
        raise Invalid("You can't delete a section that has enrollments.")
    section.workflow_state = "deleted"
    assignment_overrides.forget_section(section.id)


def require_free_sis_id(sis_section_id: str | None) -> None:
    """Raise Invalid if a living section has that SIS id."""
    taken = select(Section.id).where(Section.sis_section_id == sis_section_id, Section.workflow_state != "deleted")
    if sis_section_id and db.session.scalar(taken):
        raise Invalid.field("sis_section_id", f"SIS ID {sis_section_id!r} is already in use")
