"""HTTP: one blueprint a resource; parameters on top, routes under them."""

from flask import Flask

from app.api import (
    accounts,
    announcements,
    assignment_groups,
    assignments,
    calendar_events,
    course_users,
    courses,
    discussion_entries,
    discussion_marks,
    discussions,
    docs,
    enrollments,
    files,
    folders,
    health,
    module_items,
    modules,
    pages,
    quiz_questions,
    quiz_reports,
    quiz_submissions,
    quizzes,
    sections,
    submissions,
    todo,
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
        discussions,
        discussion_entries,
        discussion_marks,
        announcements,
        pages,
        modules,
        module_items,
        quizzes,
        quiz_questions,
        quiz_submissions,
        quiz_reports,
        calendar_events,
        todo,
        files,
        folders,
        uploads,
        health,
        docs,
    ):
        app.register_blueprint(module.blueprint)
