"""Tables, and the queries that belong to one table. Importing this package registers every table."""

from app.models import (
    accounts,
    assignment_groups,
    assignments,
    calendar_events,
    courses,
    discussions,
    enrollments,
    files,
    modules,
    pages,
    quiz_submissions,
    quizzes,
    sections,
    submissions,
    tokens,
    users,
)

__all__ = [
    "accounts",
    "assignment_groups",
    "assignments",
    "calendar_events",
    "courses",
    "discussions",
    "enrollments",
    "files",
    "modules",
    "pages",
    "quiz_submissions",
    "quizzes",
    "sections",
    "submissions",
    "tokens",
    "users",
]
