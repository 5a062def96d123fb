"""HTTP: one blueprint a resource; parameters on top, routes under them."""

from flask import Flask

from app.api import (
    accounts,
    assignment_groups,
    assignments,
    course_users,
    courses,
    docs,
    enrollments,
    files,
    folders,
    health,
    sections,
    submissions,
    tokens,
    uploads,
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
        files,
        folders,
        uploads,
        health,
        docs,
    ):
        app.register_blueprint(module.blueprint)
