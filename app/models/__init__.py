"""Tables, and the queries that belong to one table. Importing this package registers every table."""

from app.models import accounts, assignment_groups, assignments, courses, enrollments, files, sections, submissions, tokens, users

__all__ = ["accounts", "assignment_groups", "assignments", "courses", "enrollments", "files", "sections", "submissions", "tokens", "users"]
