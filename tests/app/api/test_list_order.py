"""Pages of every list while rows are added: nothing that was there is left out, and where new rows come last, nothing is shown twice."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import product
from typing import Any, Literal, get_args, get_origin

import pytest
from flask import Flask

from app.extensions import db
from app.models.courses import Course
from tests.app.api.acting import path_of, targets
from tests.app.api.surface import features
from tests.conftest import Api
from tests.factories import one_commit

FEATURES = tuple(features())
INSIDE = {
    "/accounts/<ref:account>/terms": "enrollment_terms",
    "/courses/<ref:course>/quizzes/<ref:quiz>/submissions": "quiz_submissions",
}
"""Lists that stand inside an object."""
LISTS = (*(path for feature in FEATURES for path in feature.lists), *INSIDE)
EARLIER = {
    "newest first": (
        *("/activity_stream", "/announcements", "/discussion_topics", "/entries", "/replies", "/revisions"),
        *("/gradebook_history/feed", "/enrollment_history", "/gradebook_history/days", "<ref:assignment>/submissions"),
    ),
    "by name": ("/pages", "/files", "/folders"),
    "by date": ("/calendar_events", "/todo", "/missing_submissions", "/upcoming_events"),
}
"""New rows can come before old ones, by the ends of the paths: as in Canvas these move old rows to later pages, where they show again."""
ORDERS = ("sort", "order", "order_by", "order_direction", "type")


def rows(api: Api, rule: str, path: str, query: str) -> list[Any] | None:
    """A page of the list, None where it is not the caller's; folders on a path are no pages."""
    if "by_path" in rule:
        return None
    answer = api.get(f"{path}?{query}")
    body = answer.get_json()
    return None if answer.status_code != 200 else body[INSIDE[rule]] if rule in INSIDE else body


def name_of(row: dict[str, Any]) -> tuple[Any, ...]:
    """What a row is known by."""
    inner = row.get("assignment") or {}
    return (*tuple(row.get(key) for key in ("type", "id", "page_id", "revision_id", "date", "user_id", "assignment_id")), inner.get("id"))


def variants(app: Flask, rule: str) -> Iterator[str]:
    """Every order that the list can be asked for in."""
    (found,) = (each for each in app.url_map.iter_rules() if each.rule == f"/api/v1{rule}" and "GET" in (each.methods or ()))
    model = getattr(app.view_functions[found.endpoint], "params_model", None)
    fields = {name: model.model_fields[name].annotation for name in ORDERS if model is not None and name in model.model_fields}
    choices = {name: get_args(kind) for name, kind in fields.items() if get_origin(kind) is Literal}
    for chosen in product(*choices.values()):
        yield "&".join(f"{name}={value}" for name, value in zip(choices, chosen, strict=True))


@pytest.fixture
def names(course: Course, teacher: Api, student: Api) -> dict[str, object]:
    """Things for paths to name, and some of everything around the course, for both of them."""
    found: dict[str, object] = {}
    with one_commit():
        for feature in FEATURES:
            found |= targets(feature, course, student, "invited")
        for feature in FEATURES:
            feature.grow(course, student)
            feature.grow(course, teacher)
    db.session.commit()
    return found


@pytest.mark.parametrize("role", ["admin", "teacher", "student"])
def test_rows_that_are_added_leave_none_out(
    request: pytest.FixtureRequest, course: Course, names: dict[str, object], teacher: Api, student: Api, role: str
) -> None:
    caller: Api = request.getfixturevalue(role)
    mine = {**names, "user": caller.id}
    context = f"context_codes[]=course_{course.id}&all_events=1"
    begun: dict[str, tuple[list[Any], list[Any]]] = {}
    for rule in LISTS:
        path = path_of(rule, mine)
        whole, first = (rows(caller, rule, path, f"{context}&per_page={size}") for size in (100, 2))
        if whole and first:
            begun[rule] = ([name_of(row) for row in whole], [name_of(row) for row in first])
    assert sum(len(whole) > 2 for whole, _ in begun.values()) > (12 if role == "student" else 20)
    with one_commit():
        for feature in FEATURES:
            feature.grow(course, student)
            feature.grow(course, teacher)
    lost, again = {}, {}
    for rule, (before, seen) in begun.items():
        for number in range(2, 50):
            page = rows(caller, rule, path_of(rule, mine), f"{context}&per_page=2&page={number}")
            if not page:
                break
            seen += [name_of(row) for row in page]
        kept = [row for row in seen if row in before]
        lost[rule] = set(before) - set(kept)
        if not any(rule.endswith(end) for ends in EARLIER.values() for end in ends):
            again[rule] = kept[: len(before)] != before or len(kept) > len(before)
    assert [rule for rule in lost if lost[rule]] == []
    assert [rule for rule in again if again[rule]] == []


def test_every_order_ends_with_what_is_there_once(
    names: dict[str, object],
    app: Flask,
    admin: Api,
    student: Api,
    course: Course,
    statements: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    """Rows that are alike in all else stand in one order, by an id."""
    told = 0
    for rule in LISTS:
        for query in variants(app, rule):
            caller = student if "/users/" in rule else admin
            with statements() as seen:
                rows(caller, rule, path_of(rule, {**names, "user": caller.id}), f"context_codes[]=course_{course.id}&{query}")
            paged = [each for each in seen if re.search(r"\bLIMIT\b", each) and "ORDER BY" in each]
            if not paged:
                continue
            last = paged[0].rpartition("ORDER BY")[2].partition("LIMIT")[0].strip().rpartition(",")[2].split()[0]
            assert re.fullmatch(r"(\w+\.)?(id|revision_id|kind|time_zone|\w+_id)|max\(grade_changes\.id\)", last) or "days" in rule, (
                rule,
                query,
                last,
            )
            told += 1
    assert told > 60
