"""A course's tabs as Canvas shows them."""

from collections.abc import Container

from typing_extensions import TypedDict

from app.serializers.viewer import Viewer


class TabJSON(TypedDict):
    """A part of a course to go to."""

    id: str
    label: str
    type: str
    position: int
    visibility: str
    html_url: str
    full_url: str


TABS = (
    ("home", "Home", ""),
    ("announcements", "Announcements", "/announcements"),
    ("syllabus", "Syllabus", "/assignments/syllabus"),
    ("modules", "Modules", "/modules"),
    ("assignments", "Assignments", "/assignments"),
    ("quizzes", "Quizzes", "/quizzes"),
    ("discussions", "Discussions", "/discussion_topics"),
    ("pages", "Pages", "/wiki"),
    ("files", "Files", "/files"),
    ("grades", "Grades", "/grades"),
    ("people", "People", "/users"),
    ("settings", "Settings", "/settings"),
)
"""id, label, path below the course; in this order."""


def tabs_json(course_id: int, closed: Container[str], viewer: Viewer) -> list[TabJSON]:
    """The tabs but for those that are closed to the caller."""
    return [
        {
            "id": name,
            "label": label,
            "type": "internal",
            "position": position,
            "visibility": "admins" if name == "settings" else "members" if name in ("grades", "people") else "public",
            "html_url": f"/courses/{course_id}{path}",
            "full_url": f"{viewer.base_url}/courses/{course_id}{path}",
        }
        for position, (name, label, path) in enumerate(TABS, 1)
        if name not in closed
    ]
