"""Tables, and the queries that belong to one table. Importing this package registers every table."""

from app.models import accounts, assignment_groups, assignments, calendar_events, courses, enrollments, sections, submissions, tokens, users

__all__ = [
    "accounts",
    "assignment_groups",
    "assignments",
    "calendar_events",
    "courses",
    "enrollments",
    "sections",
    "submissions",
    "tokens",
    "users",
]
