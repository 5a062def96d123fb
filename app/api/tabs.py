"""The tabs of a course: what there is to go to."""

from flask import Blueprint

from app.http.auth import require_right, viewer
from app.http.lookup import Ref
from app.http.pagination import asked, cut
from app.serializers.tabs import TabJSON, tabs_json
from app.services.permissions import Access, Right

blueprint = Blueprint("tabs", __name__, url_prefix="/api/v1")


@blueprint.get("/courses/<ref:course>/tabs")
def list_tabs(course: Ref) -> list[TabJSON]:
    """List the parts of a course that are open to the caller."""
    mine = require_right(Right.READ)
    number, size = asked()
    start = (number - 1) * size
    return list(cut(tabs_json(mine.course_id, _closed(mine), viewer())[start : start + size + 1], number, size))


def _closed(mine: Access) -> set[str]:
    graded = bool(mine.rights & {Right.SUBMIT, Right.READ_GRADES} or mine.observed_ids)
    doors = {
        "announcements": Right.READ_FORUM in mine.rights,
        "discussions": Right.READ_FORUM in mine.rights,
        "grades": graded,
        "people": Right.READ_ROSTER in mine.rights,
        "settings": Right.MANAGE_COURSE in mine.rights,
    }
    return {name for name, is_open in doors.items() if not is_open}
