"""What happened in the caller's courses, and what comes next."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint
from sqlalchemy import or_, select

from app.extensions import db
from app.http.auth import caller, viewer
from app.http.pagination import asked, cut, page
from app.models.assignments import ASSIGNED, DUE_AT, Assignment, dated_rows, student_rows
from app.models.calendar_events import CalendarEvent, between, event_rows
from app.models.courses import Course
from app.models.discussions import ROOT_ENTRIES, DiscussionTopic, topic_rows
from app.models.submissions import Submission
from app.models.types import AnyRow
from app.serializers.activity import ActivityJSON, ActivitySummaryJSON, activity_summary_json, grade_activity_json, topic_activity_json
from app.serializers.assignments import assignment_json
from app.serializers.calendar_events import EventJSON, assignment_event_json, event_json
from app.serializers.submissions import comment_json, submission_json
from app.services import activity, discussions, gradebook
from app.services.module_progress import closed
from app.services.permissions import Right, learner
from app.services.todo import AHEAD

blueprint = Blueprint("activity", __name__, url_prefix="/api/v1")


@blueprint.get("/users/self/activity_stream")
def list_activity() -> list[ActivityJSON]:
    """List what happened in the caller's courses, the newest first: announcements, discussions, and grades of their own."""
    mine, looking = caller(), viewer()
    keys = page(activity.stream(mine.id, looking.now))
    topics = _topics([key.id for key in keys if key.kind != activity.SUBMISSION])
    grades = _grades([key.id for key in keys if key.kind == activity.SUBMISSION])
    # What has just gone is left out.
    return [
        topic_activity_json(key, topics[key.id], looking) if key.kind != activity.SUBMISSION else grade_activity_json(key, *grades[key.id])
        for key in keys
        if key.id in (grades if key.kind == activity.SUBMISSION else topics)
    ]


@blueprint.get("/users/self/activity_stream/summary")
def list_activity_summary() -> list[ActivitySummaryJSON]:
    """Count what happened in the caller's courses, by kind."""
    return [activity_summary_json(row) for row in page(activity.summary(caller().id, viewer().now))]


@blueprint.get("/users/self/upcoming_events")
def list_upcoming() -> list[EventJSON]:
    """List the events of the coming week in the caller's calendars, and the assignments that are due in it."""
    user_id, looking = caller().id, replace(viewer(), staff=False)
    soon = (looking.now, looking.now + AHEAD)
    courses = activity.courses_of(user_id, looking.now)
    number, size = asked()
    most = min(number * size, 10_000) + 1
    mine = or_(CalendarEvent.course_id.in_(courses), CalendarEvent.user_id == user_id)
    events = db.session.execute(event_rows().where(mine, between(*soon)).order_by(CalendarEvent.start_at, CalendarEvent.id).limit(most))
    named = dated_rows(activity.whose(user_id, looking.now)).add_columns(Course.name.label("context_name"))
    theirs = or_(ASSIGNED, Assignment.course_id.in_(activity.courses_of(user_id, looking.now, Right.READ_DRAFTS)))
    due = named.join(Course, Course.id == Assignment.course_id).where(Assignment.course_id.in_(courses), DUE_AT.between(*soon), theirs)
    works = db.session.execute(due.order_by(DUE_AT, Assignment.id).limit(most)).all()
    found = [event_json(row, looking) for row in events]
    locks = _locks(works)
    found += [assignment_event_json(assignment_json(row, looking, lock=locks.get(row.id)), row.context_name, looking) for row in works]
    found.sort(key=lambda event: event["start_at"] or looking.now)
    start = (number - 1) * size
    return list(cut(found[start : start + size + 1], number, size))


def _locks(works: Sequence[AnyRow]) -> Mapping[int, str]:
    """Why modules keep those assignments from the caller."""
    mine = discussions.accesses(caller(), Course.id.in_({row.course_id for row in works})) if works else {}
    users = {course_id: learner(access, caller().id) for course_id, access in mine.items() if not access.staff}
    return closed(users, "Assignment", [row.id for row in works if row.course_id in users], viewer().now)


def _topics(ids: Collection[int]) -> dict[int, AnyRow]:
    statement = topic_rows(caller().id).add_columns(ROOT_ENTRIES.label("root_count"))
    return {row.id: row for row in db.session.execute(statement.where(DiscussionTopic.id.in_(ids)))} if ids else {}


def _grades(ids: Collection[int]) -> dict[int, tuple[Any, Any, list[Any]]]:
    """Submissions of the caller with their assignments and comments."""
    if not ids:
        return {}
    looking = replace(viewer(), staff=False)
    wanted = select(Submission.assignment_id).where(Submission.id.in_(ids))
    found = db.session.execute(student_rows(caller().id).where(Assignment.id.in_(wanted))).all()
    locks = _locks(found)
    works = {row.id: assignment_json(row, looking, lock=locks.get(row.id)) for row in found}
    comments: dict[int, list[Any]] = defaultdict(list)
    for row in gradebook.comments(ids):
        comments[row.submission_id].append(comment_json(row, looking))
    rows = gradebook.of_user(caller().id, list(works))
    return {row.id: (submission_json(row, looking), works[row.assignment_id], comments[row.id]) for row in rows}
