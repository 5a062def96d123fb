"""Ids of one course in requests about another: refused, and nothing is changed."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.extensions import Base, db
from app.models.courses import Course
from app.models.users import User
from tests.app.api.acting import filled, path_of, targets
from tests.app.api.surface import assignment_overrides, features
from tests.conftest import Api
from tests.factories import CourseFactory, EnrollmentFactory, GradingStandardFactory, UserFactory, one_commit

FEATURES = tuple(features())
Names = dict[str, object]
FREE = {"answer", "path", "date", "revision", "account", "standard", "grader"}
"""Parts of paths that name nothing which lies in one course alone."""
WITHIN = {"submission": "quiz", "question": "quiz", "item": "module", "override": "assignment", "entry": "topic"}
"""What lies in another thing that the path names besides the course."""


@pytest.fixture
def people(sign_in: Callable[[User], Api], course: Course) -> dict[str, Api]:
    """A teacher and two students of the course, a student of another course."""
    made = {name: sign_in(UserFactory()) for name in ("teacher", "student", "classmate", "other_student")}
    EnrollmentFactory(course=course, user=made["teacher"].user, type="TeacherEnrollment")
    for name in ("student", "classmate"):
        EnrollmentFactory(course=course, user=made[name].user)
    return made


@pytest.fixture
def other(people: dict[str, Api]) -> Course:
    """The other course."""
    found: Course = EnrollmentFactory(user=people["other_student"].user, course=CourseFactory()).course_id
    return db.session.get_one(Course, found)


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables."""
    tables = Base.metadata.sorted_tables
    with db.engine.connect() as connection:
        return {table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))] for table in tables}


def mixed(rule: str, mine: Names, others: Names, siblings: Names) -> Iterator[Names]:
    """Every way to put into the path what is of another course, or of another thing of the same course."""
    course, *named = [name for name in re.findall(r"<(?:[^:<>]*:)?(\w+)>", rule) if name not in FREE] or [""]
    if course not in ("course", "user"):
        return
    for name in [*named, *(["user"] if course == "user" and named else [])]:
        yield mine | {name: others[name]}
        if WITHIN.get(name) in named:
            yield mine | {name: siblings[name]}
            yield mine | {WITHIN[name]: siblings[WITHIN[name]]}
    if len(named) > 1:
        yield mine | {name: others[name] for name in named}


@pytest.mark.parametrize("role", ["teacher", "student"])
def test_a_path_through_two_courses_or_two_things_leads_nowhere(
    app: Flask, people: dict[str, Api], course: Course, other: Course, role: str
) -> None:
    calls: list[tuple[str, str, dict[str, Any]]] = []
    with one_commit():
        for feature in FEATURES:
            mine, siblings = (targets(feature, course, people["student"], "invited") for _ in range(2))
            others = targets(feature, other, people["other_student"], "invited")
            for operation, allowed in feature.operations.items():
                method, _, rule = operation.partition(" ")
                body: dict[str, Any] = {"json": filled(allowed.json, mine)} if allowed.json else {}
                calls += [(method, path_of(rule, names), body) for names in mixed(rule, mine, others, siblings)]
    before = everything()
    answers = {f"{method} {path}": people[role].call(method, path, **body).status_code for method, path, body in calls}
    assert len(answers) > 150
    assert {call: status for call, status in answers.items() if status not in (403, 404)} == {}
    after = everything()
    assert {name: after[name] for name in after if after[name] != before[name]} == {}


C = "/courses/{course}"
GROUPED = {"assignment_group_id": "{others_group}"}
SCHEMED = {"grading_standard_id": "{others_standard}"}
MODULE = f"{C}/modules/{{module}}"
OVERRIDES = f"{C}/assignments/{{assignment}}/overrides"
BATCH = f"{C}/assignments/overrides"


def item(kind: str, **what: str) -> dict[str, Any]:
    """A module item for that."""
    return {"module_item": {"type": kind, **what}}


BODIES: tuple[tuple[str, dict[str, Any]], ...] = (
    (f"POST {C}/assignments", {"assignment": {"name": "New", **GROUPED}}),
    (f"PUT {C}/assignments/{{assignment}}", {"assignment": GROUPED}),
    (f"POST {C}/assignments", {"assignment": {"name": "New", "grading_type": "letter_grade", **SCHEMED}}),
    (f"PUT {C}/assignments/{{assignment}}", {"assignment": SCHEMED}),
    (f"PUT {C}", {"course": SCHEMED}),
    (f"PUT {C}", {"course": {"image_id": "{others_file}"}}),
    (f"POST {C}/quizzes", {"quiz": {"title": "New", "quiz_type": "assignment", **GROUPED}}),
    (f"POST {C}/discussion_topics", {"title": "New", "assignment": {"points_possible": 1, **GROUPED}}),
    (f"PUT {C}/discussion_topics/{{topic}}", {"assignment": {"points_possible": 1, **GROUPED}}),
    (f"POST {C}/assignment_groups", {"name": "New", "rules": {"drop_lowest": 1, "never_drop": ["{others_assignment}"]}}),
    (f"PUT {C}/assignment_groups/{{group}}", {"rules": {"drop_lowest": 1, "never_drop": ["{others_assignment}"]}}),
    (f"DELETE {C}/assignment_groups/{{group}}", {"move_assignments_to": "{others_group}"}),
    (f"POST {MODULE}/items", item("Assignment", content_id="{others_assignment}")),
    (f"POST {MODULE}/items", item("Quiz", content_id="{others_quiz}")),
    (f"POST {MODULE}/items", item("Discussion", content_id="{others_topic}")),
    (f"POST {MODULE}/items", item("File", content_id="{others_file}")),
    (f"POST {MODULE}/items", item("Page", page_url="{others_page}")),
    (f"PUT {MODULE}/items/{{item}}", {"module_item": {"module_id": "{others_module}"}}),
    (f"POST {C}/modules", {"module": {"name": "New", "prerequisite_module_ids": ["{others_module}"]}}),
    (f"PUT {MODULE}", {"module": {"prerequisite_module_ids": ["{others_module}"]}}),
    (f"POST {OVERRIDES}", {"assignment_override": {"course_section_id": "{others_section}"}}),
    (f"PUT {OVERRIDES}/{{override}}", {"assignment_override": {"student_ids": ["{user}", "{others_user}"]}}),
    (f"POST {BATCH}", {"assignment_overrides": [{"assignment_id": "{others_assignment}", "course_section_id": "{section}"}]}),
    (f"PUT {BATCH}", {"assignment_overrides": [{"id": "{others_override}", "assignment_id": "{others_assignment}", "title": "New"}]}),
    (
        f"POST {C}/enrollments",
        {"enrollment": {"user_id": "{newcomer}", "type": "StudentEnrollment", "course_section_id": "{others_section}"}},
    ),
    (f"POST {C}/folders", {"name": "New", "parent_folder_id": "{others_folder}"}),
    (f"POST {C}/files", {"name": "new.txt", "parent_folder_id": "{others_folder}"}),
    ("PUT /files/{file}", {"parent_folder_id": "{others_folder}"}),
    ("POST /calendar_events", {"calendar_event": {"context_code": "course_{others_course}", "title": "New"}}),
    ("PUT /calendar_events/{event}", {"calendar_event": {"context_code": "course_{others_course}"}}),
    (f"POST {C}/submissions/update_grades", {"grade_data": {"{others_assignment}": {"{user}": {"posted_grade": "1"}}}}),
    (f"POST {C}/quizzes/{{quiz}}/extensions", {"quiz_extensions": [{"user_id": "{others_user}", "extra_attempts": 1}]}),
    (f"GET {C}/modules", {"student_id": "{others_user}"}),
    (f"GET {MODULE}/items", {"student_id": "{others_user}"}),
)

NEVER: tuple[tuple[str, dict[str, Any]], ...] = (
    (f"PUT {BATCH}", {"assignment_overrides": [{"id": "{others_override}", "assignment_id": "{assignment}", "title": "New"}]}),
    ("PUT /folders/{folder}", {"parent_folder_id": "{others_folder}"}),
    (f"PUT {C}/assignments/{{assignment}}/submissions/{{user}}", {"comment": {"text_comment": "x", "file_ids": ["{others_file}"]}}),
)
"""What fails with the course's own ids too, for other reasons."""


def test_what_a_request_names_of_another_course_is_refused(app: Flask, people: dict[str, Api], course: Course, other: Course) -> None:
    names: Names = {}
    siblings: Names = {}
    with one_commit():
        for feature in (*FEATURES, assignment_overrides.FEATURE):  # last, so that the override is the assignment's
            siblings |= {f"others_{name}": id_ for name, id_ in targets(feature, course, people["classmate"], "active").items()}
            names |= targets(feature, course, people["student"], "active")
            names |= {f"others_{name}": id_ for name, id_ in targets(feature, other, people["other_student"], "active").items()}
        names["others_standard"], siblings["others_standard"] = (
            GradingStandardFactory(account_id=None, course_id=place.id).id for place in (other, course)
        )
    before = everything()
    assert {
        call: status for call, status in asked(people["teacher"], names, *BODIES, *NEVER).items() if status not in (400, 403, 404)
    } == {}
    after = everything()
    assert {name: after[name] for name in after if after[name] != before[name]} == {}
    # What is refused is nothing but the other course's id: the same requests go through with this one's.
    answers = asked(people["teacher"], names | siblings, *BODIES)
    assert {call: status for call, status in answers.items() if status not in (200, 201)} == {}


def asked(teacher: Api, names: Names, *requests: tuple[str, dict[str, Any]]) -> dict[tuple[int, str], int]:
    """How each of those requests was answered."""
    answers = {}
    for number, (call, body) in enumerate(requests):
        method, _, path = call.partition(" ")
        answers[number, call] = teacher.call(method, path.format(**names), json=filled(body, names)).status_code
    return answers
