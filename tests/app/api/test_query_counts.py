"""Every list costs the same number of statements whatever its length; the lists are taken from the routes."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import get_args, get_origin, get_type_hints

import pytest
from flask import Flask

from app.models.accounts import ROOT_ACCOUNT_ID
from app.models.courses import Course
from tests.app.api.surface import features
from tests.conftest import Api
from tests.factories import (
    AssignmentFactory,
    AssignmentGroupFactory,
    default_section,
    one_commit,
)

MOST = 12
"""Statements that any list may take with everything included, sign-in and rights counted."""
FEATURES = tuple(features())
LISTS = tuple(path for feature in FEATURES for path in feature.lists)
INCLUDES = tuple(name for feature in FEATURES for name in feature.includes)


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
    with one_commit():
        for feature in FEATURES * 2:
            feature.grow(course, caller)


@pytest.mark.parametrize("query", ["", "&grouped=1&student_ids[]=all"])
@pytest.mark.parametrize("role", ["admin", "teacher", "student"])
def test_a_longer_list_takes_no_more_statements(
    request: pytest.FixtureRequest, course: Course, statements: Callable[[], AbstractContextManager[list[str]]], role: str, query: str
) -> None:
    caller: Api = request.getfixturevalue(role)
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
    names: dict[str, object] = {
        "account": ROOT_ACCOUNT_ID,
        "course": course.id,
        "user": caller.id,
        "section": default_section(course.id),
        "assignment": work.id,
        "group": work.assignment_group_id,
    }
    with one_commit():
        for feature in FEATURES:
            names |= feature.targets(course, caller)
    includes = "&".join(f"include[]={name}" for name in INCLUDES)

    def counts() -> dict[str, int]:
        found = {}
        for rule in LISTS:
            path = re.sub(r"<(?:[^:<>]*:)?(\w+)>", lambda part: str(names[part[1]]), rule)
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
