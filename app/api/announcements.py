"""Announcements of several courses."""

import datetime as dt
import re
from dataclasses import replace
from typing import Annotated

from flask import Blueprint
from pydantic import BeforeValidator
from sqlalchemy import and_, func, or_

from app.errors import Invalid
from app.http.auth import caller, viewer
from app.http.lookup import Ref, names
from app.http.pagination import page
from app.http.params import Flag, Instant, Params, Short, takes
from app.models.courses import Course
from app.models.discussions import POSTED_AT, DiscussionTopic, is_posted, topic_rows
from app.models.types import utc_now
from app.serializers.discussions import TopicJSON, announcement_json
from app.services import discussions
from app.services.permissions import Right

blueprint = Blueprint("announcements", __name__, url_prefix="/api/v1")
SINCE = dt.timedelta(days=14)
SPAN = dt.timedelta(days=28)
MOST_COURSES = 100


def _end_of_day(value: object) -> object:
    """A date without a time means the whole day."""
    return f"{value}T23:59:59Z" if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value.strip()) else value


class AnnouncementListParams(Params):
    """Which announcements."""

    context_codes: list[Short]
    """`course_12`, `course_sis_course_id:C1`."""
    start_date: Instant | None = None
    """14 days ago, if not given."""
    end_date: Annotated[Instant, BeforeValidator(_end_of_day)] | None = None
    """28 days after the start, if not given."""
    active_only: Flag = False
    """Leave out what students do not see yet."""
    latest_only: Flag = False
    """Of each course the newest only."""


@blueprint.get("/announcements")
@takes(AnnouncementListParams)
def list_announcements(params: AnnouncementListParams) -> list[TopicJSON]:
    """List the announcements of those courses that the caller may read, newest first."""
    refs = [_course(code) for code in params.context_codes]
    if not refs or len(refs) > MOST_COURSES:
        raise Invalid.field("context_codes", f"takes 1 to {MOST_COURSES} courses")
    mine = discussions.accesses(caller(), or_(*(names(Course, ref) for ref in refs)))
    readable = {course_id: access for course_id, access in mine.items() if Right.READ_FORUM in access.rights}
    moderated = [course_id for course_id, access in readable.items() if discussions.moderates(access) and not params.active_only]
    when = func.coalesce(POSTED_AT, DiscussionTopic.delayed_post_at, DiscussionTopic.created_at, type_=DiscussionTopic.created_at.type)
    start = params.start_date or (utc_now() - SINCE).replace(hour=0, minute=0, second=0)
    wanted = and_(
        DiscussionTopic.is_announcement,
        DiscussionTopic.workflow_state != "deleted",
        or_(is_posted(), DiscussionTopic.course_id.in_(moderated)),
        when.between(start, params.end_date or _after(start)),
    )
    statement = topic_rows(caller().id).where(DiscussionTopic.course_id.in_(readable or [0]), wanted)
    if params.latest_only:
        statement = statement.where(DiscussionTopic.id.in_(discussions.latest(readable, wanted, when)))
    looking = viewer()
    return [
        announcement_json(
            row,
            replace(looking, staff=mine[row.course_id].staff),
            discussions.permissions(row, mine[row.course_id], caller()),
        )
        for row in page(statement.order_by(when.desc(), DiscussionTopic.id.desc()))
    ]


def _after(start: dt.datetime) -> dt.datetime:
    try:
        return start + SPAN
    except OverflowError:
        return start


def _course(code: str) -> Ref:
    """The course that `course_…` names. Raises Invalid."""
    kind, _, reference = code.partition("_")
    try:
        if kind == "course" and reference != "self":
            return Ref.parse(reference)
    except ValueError as problem:
        raise Invalid.field("context_codes", str(problem)) from problem
    raise Invalid.field("context_codes", "only `course` codes are supported")
