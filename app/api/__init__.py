"""HTTP: one blueprint a resource; parameters on top, routes under them."""

from flask import Flask

from app.api import (
    accounts,
    assignment_groups,
    assignments,
    calendar_events,
    course_users,
    courses,
    docs,
    enrollments,
    health,
    sections,
    submissions,
    todo,
    tokens,
    users,
)


def register(app: Flask) -> None:
    """Attach every resource to `app`."""
    for module in (
        accounts,
        users,
        tokens,
        courses,
        course_users,
        sections,
        enrollments,
        assignment_groups,
        assignments,
        submissions,
        calendar_events,
        todo,
        health,
        docs,
    ):
        app.register_blueprint(module.blueprint)
