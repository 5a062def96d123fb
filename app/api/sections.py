"""Sections of courses."""

from flask import Blueprint
from pydantic import Field
from sqlalchemy import select

from app.extensions import db
from app.http.auth import access, caller, require_right
from app.http.lookup import Ref, find, find_row, names
from app.http.pagination import page
from app.http.params import Flag, Instant, Params, Text, Title, absent, takes
from app.models.sections import Section, section_rows
from app.serializers.sections import SectionJSON, section_json
from app.services import sections
from app.services.permissions import Right, require

blueprint = Blueprint("sections", __name__, url_prefix="/api/v1")


class SectionListParams(Params):
    """What else to show."""

    include: list[Text] = []
    """total_students."""


class SectionFields(Params):
    """The section."""

    name: Title = absent()
    sis_section_id: Title | None = None
    """Admins only."""
    integration_id: Title | None = None
    start_at: Instant | None = None
    end_at: Instant | None = None
    restrict_enrollments_to_section_dates: Flag | None = None


class SectionParams(Params):
    """A new or changed section."""

    course_section: SectionFields = Field(default_factory=SectionFields)


@blueprint.get("/courses/<ref:course>/sections")
@takes(SectionListParams)
def list_sections(params: SectionListParams, course: Ref) -> list[SectionJSON]:
    """List the sections of a course."""
    mine = require_right(Right.READ_ROSTER)
    statement = section_rows().where(Section.course_id == mine.course_id)
    if mine.section_ids is not None:
        statement = statement.where(Section.id.in_(mine.section_ids))
    return [section_json(row, params.include) for row in page(statement.order_by(Section.id))]


@blueprint.post("/courses/<ref:course>/sections")
@takes(SectionParams)
def create_section(params: SectionParams, course: Ref) -> SectionJSON:
    """Create a section."""
    mine = require_right(Right.MANAGE_SECTIONS)
    require(mine.covers(None))
    section = sections.create(mine.course_id, _fields(params))
    db.session.commit()
    return _one(section.id)


@blueprint.get("/sections/<ref:section>")
@blueprint.get("/courses/<ref:course>/sections/<ref:section>")
@takes(SectionListParams)
def get_section(params: SectionListParams, section: Ref, course: Ref | None = None) -> SectionJSON:
    """Get a section."""
    mine = require_right(Right.READ_ROSTER)
    row = find_row(section_rows().where(names(Section, section), Section.course_id == mine.course_id))
    require(mine.covers(row.id))
    return section_json(row, params.include)


@blueprint.put("/sections/<ref:section>")
@takes(SectionParams)
def change_section(params: SectionParams, section: Ref) -> SectionJSON:
    """Change a section."""
    require_right(Right.MANAGE_SECTIONS)
    found = _section(section)
    sections.change(found, _fields(params))
    db.session.commit()
    return _one(found.id)


@blueprint.delete("/sections/<ref:section>")
def delete_section(section: Ref) -> SectionJSON:
    """Delete a section that nobody is enrolled in."""
    require_right(Right.MANAGE_SECTIONS)
    found = _section(section)
    body = _one(found.id)
    sections.remove(found)
    db.session.commit()
    return body


def _fields(params: SectionParams) -> dict[str, object]:
    fields = params.course_section.given()
    require("sis_section_id" not in fields or caller().admin, "only an admin may set SIS ids")
    return fields


def _section(section: Ref) -> Section:
    """The section, to be changed. Raises NotFound, and Forbidden for one that the caller is not limited to."""
    mine = access()
    found = select(Section).where(names(Section, section), Section.course_id == mine.course_id, Section.workflow_state != "deleted")
    locked = find(found.with_for_update())
    require(mine.covers(locked.id))
    return locked


def _one(section_id: int) -> SectionJSON:
    return section_json(find_row(section_rows().where(Section.id == section_id)))
