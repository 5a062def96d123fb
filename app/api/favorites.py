"""The caller's favourite courses."""

from flask import Blueprint
from sqlalchemy import delete, or_, select
from typing_extensions import TypedDict

from app.extensions import db
from app.http.auth import access, caller
from app.http.lookup import Ref
from app.http.pagination import page
from app.http.params import Params, Text, takes
from app.models.courses import Course, course_rows
from app.models.enrollments import LISTED
from app.models.favorites import CourseFavorite
from app.models.writes import insert_unless_there
from app.resources.courses import shown
from app.serializers.courses import CourseJSON
from app.services import courses
from app.services.permissions import require

blueprint = Blueprint("favorites", __name__, url_prefix="/api/v1")
URL = "/users/self/favorites/courses"


class FavoriteJSON(TypedDict):
    """That a course is, or was, a favourite."""

    context_id: int
    context_type: str


class DoneJSON(TypedDict):
    """That it is done."""

    message: str


class IncludeParams(Params):
    """What else to show."""

    include: list[Text] = []
    """As in the list of courses."""


@blueprint.get(URL)
@takes(IncludeParams)
def list_favorites(params: IncludeParams) -> list[CourseJSON]:
    """List the caller's favourite courses; all of theirs, if none is one."""
    user_id = caller().id
    listed = courses.shown_to(user_id, LISTED)
    marked = Course.id.in_(select(CourseFavorite.course_id).where(CourseFavorite.user_id == user_id))
    some = select(1).select_from(Course).where(listed, marked).correlate(None).exists()
    return shown(page(course_rows().where(listed, or_(marked, ~some)).order_by(Course.id)), params.include, user_id)


@blueprint.post(f"{URL}/<ref:course>")
def add_favorite(course: Ref) -> FavoriteJSON:
    """Make a course that one is enrolled in a favourite."""
    user_id, course_id = caller().id, _enrolled_in()
    insert_unless_there(CourseFavorite, user_id=user_id, course_id=course_id)
    db.session.commit()
    return {"context_id": course_id, "context_type": "Course"}


@blueprint.delete(f"{URL}/<ref:course>")
def remove_favorite(course: Ref) -> FavoriteJSON:
    """Make a course no favourite any more."""
    user_id, course_id = caller().id, _enrolled_in()
    db.session.execute(delete(CourseFavorite).where(CourseFavorite.user_id == user_id, CourseFavorite.course_id == course_id))
    db.session.commit()
    return {"context_id": course_id, "context_type": "Course"}


@blueprint.delete(URL)
def reset_favorites() -> DoneJSON:
    """Make no course a favourite any more."""
    db.session.execute(delete(CourseFavorite).where(CourseFavorite.user_id == caller().id))
    db.session.commit()
    return {"message": "OK"}


def _enrolled_in() -> int:
    """The id of the path's course. Raises Forbidden where the caller is not enrolled in it."""
    course_id = access().course_id
    require(db.session.scalar(select(Course.id).where(Course.id == course_id, courses.shown_to(caller().id, LISTED))) is not None)
    return course_id
