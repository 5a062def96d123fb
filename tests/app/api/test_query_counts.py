"""Every list costs the same number of statements whatever its length; the lists are taken from the routes."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import get_args, get_origin, get_type_hints

import pytest
from flask import Flask

from app.extensions import db
from app.models.accounts import ROOT_ACCOUNT_ID
from app.models.courses import Course
from app.models.submissions import SubmissionComment, SubmissionVersion
from app.services import tokens
from tests.conftest import Api
from tests.factories import (
    AssignmentFactory,
    AssignmentGroupFactory,
    CourseFactory,
    EnrollmentFactory,
    SectionFactory,
    SubmissionFactory,
    default_section,
)

MOST = 9
"""Statements that any list may take with everything included, sign-in and rights counted."""
INCLUDES = (
    *("teachers", "total_students", "syllabus_body", "sections", "public_description", "needs_grading_count", "total_scores"),
    *("email", "enrollments", "avatar_url", "bio", "assignments", "submission", "all_dates", "score_statistics"),
    *("submission_comments", "submission_history", "user", "assignment"),
)
LISTS = (
    "/accounts",
    "/accounts/<ref:account>/courses",
    "/accounts/<ref:account>/users",
    "/courses",
    "/courses/<ref:course>/assignment_groups",
    "/courses/<ref:course>/assignment_groups/<ref:group>/assignments",
    "/courses/<ref:course>/assignments",
    "/courses/<ref:course>/assignments/<ref:assignment>/submissions",
    "/courses/<ref:course>/enrollments",
    "/courses/<ref:course>/search_users",
    "/courses/<ref:course>/sections",
    "/courses/<ref:course>/students/submissions",
    "/courses/<ref:course>/users",
    "/sections/<ref:section>/enrollments",
    "/users/<ref:user>/courses",
    "/users/<ref:user>/courses/<ref:course>/assignments",
    "/users/<ref:user>/enrollments",
    "/users/<ref:user>/tokens",
)


def test_the_lists_are_those_of_the_routes(app: Flask) -> None:
    found = set()
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/v1/") and "GET" in (rule.methods or ()):
            returned = get_type_hints(app.view_functions[rule.endpoint])["return"]
            if list in (get_origin(returned), *(get_origin(part) for part in get_args(returned))):
                found.add(rule.rule.removeprefix("/api/v1"))
    assert found == set(LISTS)


def grow(course: Course, caller: Api) -> None:
    """Two more of everything around the course, and of what the caller has elsewhere."""
    for _ in range(2):
        student = EnrollmentFactory(course=course)
        EnrollmentFactory(course=CourseFactory(), user=caller.user, type="TeacherEnrollment")
        EnrollmentFactory(course=CourseFactory(), user=caller.user)
        SectionFactory(course=course)
        tokens.issue(caller.id, "more")
        work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
        for user_id in (student.user_id, caller.id):
            done = SubmissionFactory(assignment=work, user_id=user_id, user=None, attempt=2, score=5.0, workflow_state="graded")
            db.session.add(SubmissionComment(submission_id=done.id, author_id=user_id, comment="x"))
            past = {"workflow_state": "submitted", "excused": False, "grade_matches_current_submission": True}
            db.session.add(SubmissionVersion(submission_id=done.id, attempt=1, **past))
        db.session.commit()


@pytest.mark.parametrize("query", ["", "&grouped=1&student_ids[]=all"])
@pytest.mark.parametrize("role", ["admin", "teacher", "student"])
def test_a_longer_list_takes_no_more_statements(
    request: pytest.FixtureRequest, course: Course, statements: Callable[[], AbstractContextManager[list[str]]], role: str, query: str
) -> None:
    caller: Api = request.getfixturevalue(role)
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
    names = {
        "account": ROOT_ACCOUNT_ID,
        "course": course.id,
        "user": caller.id,
        "section": default_section(course.id),
        "assignment": work.id,
        "group": work.assignment_group_id,
    }
    includes = "&".join(f"include[]={name}" for name in INCLUDES)

    def counts() -> dict[str, int]:
        found = {}
        for rule in LISTS:
            path = re.sub(r"<ref:(\w+)>", lambda part: str(names[part[1]]), rule)
            with statements() as seen:
                response = caller.get(f"{path}?per_page=100&{includes}{query}")
            if response.status_code == 200:
                found[rule] = len(seen)
        return found

    grow(course, caller)
    before = counts()
    grow(course, caller)
    assert counts() == before
    assert max(before.values()) <= MOST, before
