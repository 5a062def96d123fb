"""The documentation that the code makes of itself: complete, valid and true."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app import create_app
from app.http.openapi import document
from app.models.courses import Course
from tests.conftest import BASE_URL, Api, untraced
from tests.factories import AssignmentFactory, AssignmentGroupFactory

Document = dict[str, Any]
PART = re.compile(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>")
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
AS_LONG_AS_ASKED_FOR = ("/courses/<ref:course>/assignments/overrides",)
"""Ends of rules whose answers have one part for each part of the request, and no pages."""


@pytest.fixture(scope="module")
def routes() -> Flask:
    """An app whose routes are looked at; it never meets its database."""
    return create_app({"DATABASE_URL": "sqlite://", "LOG_LEVEL": "INFO"})


@pytest.fixture(scope="module")
def described(routes: Flask) -> Document:
    return document(routes, "1.2.3")


def operations(app: Flask, described: Document) -> list[tuple[Rule, str, dict[str, Any]]]:
    """Each route of the API with its method and what is said of it."""
    routes = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/v1/")]
    asked = [(rule, method) for rule in routes for method in sorted(METHODS & (rule.methods or set()))]
    return [(rule, method, described["paths"][PART.sub(r"{\1}", rule.rule)][method.lower()]) for rule, method in asked]


def good(operation: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The status and the schema of success."""
    ((status, response),) = [(key, value) for key, value in operation["responses"].items() if key in ("200", "201", "204")]
    if status == "204":
        return status, {"type": "null"}
    schema: dict[str, Any] = response["content"]["application/json"]["schema"]
    return status, schema


def wrong(described: Document, operation: dict[str, Any], answer: TestResponse) -> list[str]:
    """In what an answer differs from what is said of it; a key of a TypedDict that is not in its schema counts too."""
    status, schema = good(operation)
    found = [] if str(answer.status_code) == status else [f"status {answer.status_code}, not {status}"]
    validator = OAS31Validator({**schema, "components": closed(described)})
    return found + [f"{'/'.join(map(str, error.path))}: {error.message}" for error in validator.iter_errors(answer.get_json())]


def closed(described: Document) -> dict[str, Any]:
    """The shared schemas, taking no keys but theirs."""
    shared = described["components"]["schemas"].items()
    return {"schemas": {name: {"additionalProperties": False, **schema} for name, schema in shared}}


def test_the_document_is_valid_openapi(described: Document) -> None:
    with untraced():  # seconds in a library
        wrong = [error.message for error in OpenAPIV31SpecValidator(described).iter_errors()]
    assert wrong == []


def test_the_document_is_served_with_this_server_s_address(app: Flask, described: Document) -> None:
    served = app.test_client().get("/api/openapi.json", base_url=BASE_URL).get_json()
    assert served == {**described, "servers": [{"url": BASE_URL}]}


def test_every_route_is_in_it_with_a_summary_and_its_path_s_parameters(routes: Flask, described: Document) -> None:
    for rule, method, operation in operations(routes, described):
        assert operation["summary"], (method, rule.rule)
        in_path = [part["name"] for part in operation["parameters"] if part["in"] == "path"]
        assert in_path == PART.findall(rule.rule), (method, rule.rule)
        assert all(part["schema"] for part in operation["parameters"])


def test_every_route_tells_what_it_answers(routes: Flask, described: Document) -> None:
    for rule, method, operation in operations(routes, described):
        _, schema = good(operation)
        assert schema, (method, rule.rule)
        assert {"400", "401", "403", "404"} <= set(operation["responses"])


def test_every_operation_has_its_own_name(routes: Flask, described: Document) -> None:
    names = [operation["operationId"] for _, _, operation in operations(routes, described)]
    assert len(names) == len(set(names))


def test_lists_take_pages_and_tell_of_their_links(routes: Flask, described: Document) -> None:
    for rule, method, operation in operations(routes, described):
        status, schema = good(operation)
        is_list = schema.get("type") == "array" and not rule.rule.endswith(AS_LONG_AS_ASKED_FOR)
        asked = {part["name"] for part in operation["parameters"] if part["in"] == "query"}
        assert ({"page", "per_page"} <= asked) == is_list, (method, rule.rule)
        assert ("Link" in operation["responses"][status].get("headers", {})) == is_list, (method, rule.rule)


def test_parameters_of_reads_are_in_the_query_and_those_of_writes_in_json_and_forms(routes: Flask, described: Document) -> None:
    for rule, method, operation in operations(routes, described):
        model = getattr(routes.view_functions[rule.endpoint], "params_model", None)
        asked = {part["name"].removesuffix("[]") for part in operation["parameters"] if part["in"] == "query"}
        if model is None:
            assert "requestBody" not in operation and asked <= {"page", "per_page"}, (method, rule.rule)
        elif method in ("GET", "DELETE"):
            assert set(model.model_fields) <= asked, (method, rule.rule)
        else:
            content = operation["requestBody"]["content"]
            assert set(content) >= {"application/json", "application/x-www-form-urlencoded"}
            keys = {key.partition("[")[0] for key in content["application/x-www-form-urlencoded"]["schema"]["properties"]}
            assert keys == set(model.model_fields), (method, rule.rule)


def test_a_form_spells_its_keys_with_brackets_and_json_nests_them(described: Document) -> None:
    content = described["paths"]["/api/v1/courses/{course}/assignments"]["post"]["requestBody"]["content"]
    form = content["application/x-www-form-urlencoded"]["schema"]["properties"]
    assert {"assignment[name]", "assignment[submission_types][]", "assignment[due_at]"} <= set(form)
    assert form["assignment[submission_types][]"]["type"] == "array"
    assert form["assignment[due_at]"]["format"] == "date-time"
    name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
    nested = described["components"]["schemas"][name]["properties"]["assignment"]["$ref"].rpartition("/")[2]
    assert {"name", "submission_types", "due_at"} <= set(described["components"]["schemas"][nested]["properties"])


def test_a_choice_in_a_path_is_an_enumeration(described: Document) -> None:
    path = described["paths"]["/api/v1/courses/{course}/enrollments/{enrollment}/{answer}"]["post"]["parameters"]
    assert {part["name"]: part["schema"].get("enum") for part in path}["answer"] == ["accept", "reject"]


def test_only_the_api_asks_for_a_token(described: Document) -> None:
    assert described["security"] == [{"token": []}]
    assert all(described["paths"][path]["get"]["security"] == [] for path in ("/health", "/ready", "/version"))


READS = [
    "/accounts",
    "/accounts/{account}",
    "/accounts/{account}/users",
    "/accounts/{account}/courses?include[]=teachers&include[]=sections&include[]=total_students&include[]=total_scores",
    "/courses/{course}?include[]=syllabus_body&include[]=public_description&include[]=needs_grading_count",
    "/courses/{course}/permissions",
    "/courses/{course}/users?include[]=enrollments&include[]=email&include[]=avatar_url",
    "/courses/{course}/sections?include[]=total_students",
    "/courses/{course}/enrollments",
    "/courses/{course}/assignment_groups?include[]=assignments&include[]=submission",
    "/courses/{course}/assignments?include[]=submission&include[]=score_statistics&include[]=all_dates",
    "/courses/{course}/assignments/{assignment}/submissions?include[]=user&include[]=submission_comments&include[]=submission_history",
    "/courses/{course}/assignments/{assignment}/submissions/{user}?include[]=assignment&include[]=user&include[]=submission_comments",
    "/calendar_events?all_events=1&type=assignment&context_codes[]=course_{course}",
    "/users/{user}?include[]=email",
    "/users/{user}/profile",
    "/users/{user}/courses?include[]=total_scores",
    "/users/{user}/enrollments",
    "/users/{user}/tokens",
]


@pytest.fixture
def filled(student: Api, teacher: Api, course: Course) -> dict[str, Any]:
    """A course with graded and commented work: what stands in the paths."""
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
    url = f"/courses/{course.id}/assignments/{work.id}/submissions"
    student.ok("POST", url, json={"submission": {"submission_type": "online_text_entry", "body": "x"}})
    teacher.ok("PUT", f"{url}/{student.id}", json={"submission": {"posted_grade": "9"}, "comment": {"text_comment": "Good."}})
    return {"account": "self", "course": course.id, "assignment": work.id, "user": student.id}


@pytest.mark.parametrize("template", READS)
def test_what_is_read_is_as_documented(admin: Api, described: Document, filled: dict[str, Any], template: str) -> None:
    answer = admin.get(template.format(**filled))
    operation = described["paths"]["/api/v1" + template.partition("?")[0]]["get"]
    assert answer.get_json() and wrong(described, operation, answer) == []


WRITES: list[tuple[str, str, dict[str, Any]]] = [
    ("post", "/accounts/{account}/users", {"pseudonym": {"unique_id": "new@example.com"}, "user": {"name": "New"}}),
    ("post", "/accounts/{account}/courses", {"course": {"name": "New"}, "enroll_me": True}),
    ("put", "/courses/{course}", {"course": {"start_at": "2026-03-01"}}),
    ("delete", "/courses/{course}", {"event": "conclude"}),
    ("post", "/courses/{course}/sections", {"course_section": {"name": "New"}}),
    ("post", "/courses/{course}/enrollments", {"enrollment": {"user_id": "self", "type": "TeacherEnrollment"}}),
    ("post", "/courses/{course}/assignment_groups", {"name": "New", "rules": {"drop_lowest": 1}}),
    ("post", "/courses/{course}/assignments", {"assignment": {"name": "New", "due_at": "2026-03-01"}}),
    ("delete", "/courses/{course}/assignments/{assignment}", {}),
    ("put", "/courses/{course}/assignments/{assignment}/submissions/{user}", {"submission": {"posted_grade": "8"}}),
    ("put", "/users/{user}", {"user": {"short_name": "N"}}),
    ("post", "/users/{user}/tokens", {"token": {"purpose": "x"}}),
    ("delete", "/accounts/{account}/users/{user}", {}),
]


@pytest.mark.parametrize(("method", "template", "body"), WRITES)
def test_what_is_written_is_answered_as_documented(
    admin: Api, described: Document, filled: dict[str, Any], method: str, template: str, body: dict[str, Any]
) -> None:
    answer = admin.call(method.upper(), template.format(**filled), json=body)
    assert wrong(described, described["paths"][f"/api/v1{template}"][method], answer) == []


def test_handing_in_is_answered_as_documented(described: Document, enrolled: Callable[..., Api], filled: dict[str, Any]) -> None:
    template = "/courses/{course}/assignments/{assignment}/submissions"
    work = {"submission": {"submission_type": "online_url", "url": "example.com"}, "comment": {"text_comment": "Done."}}
    answer = enrolled().post(template.format(**filled), json=work)
    assert wrong(described, described["paths"][f"/api/v1{template}"]["post"], answer) == []


def test_a_refusal_is_as_documented(nobody: Api, admin: Api, described: Document) -> None:
    validator = OAS31Validator(described["components"]["schemas"]["Error"])
    for answer in (nobody.get("/courses"), admin.get("/courses/0"), admin.post("/accounts/self/users")):
        assert list(validator.iter_errors(answer.get_json())) == [] and answer.get_json()["errors"]
