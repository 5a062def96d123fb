"""Stored HTML and addresses: every field of every operation that takes them, found in the parameters' models, so that none can escape."""

import re
from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from flask import Flask
from pydantic import AfterValidator, AliasChoices, BaseModel
from sqlalchemy import select

from app.extensions import Base, db
from app.http.html import safe_html
from app.http.params import _web_url
from app.models.courses import Course
from tests.app.api.acting import filled, path_of, targets
from tests.app.api.surface import features
from tests.conftest import Api

FEATURES = tuple(features())
OWNERS = {operation: feature for feature in FEATURES for operation in feature.operations}
Field = tuple[str, tuple[str | int, ...], frozenset[Any]]
"""Operation, the way to the field in its JSON, the functions that look at what is given."""
ATTACK = (
    'MARKED<script>evil()</script><img src=x onerror="evil()"><svg/onload=evil()><a href="javascript:evil()">x</a>'
    '<iframe src="data:text/html,evil()"></iframe><math><mtext><style><!--</style><img src=x onerror=evil()>-->'
)
HTML_NAMES = re.compile(r"html|body|description|message|syllabus|question_text|comments?$|bio|reason")
PLAIN = {
    "answer_comments",
    "public_description",  # a line of text in Canvas, too
    "text_comment",
    "comment",
    # what people say of work and of people
    "reason",
}
"""Fields with such names that hold plain text: kept as it came, and never HTML to a client."""
MAKES_ROOM: dict[str, dict[str, Any]] = {
    "questions": {"question": {"question_type": "multiple_choice_question", "answers": [{"answer_text": "a", "answer_weight": 100}]}},
}
"""What else a request needs for the field to count, by the last part of a path that is a name."""


def parts(annotation: Any, metadata: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any, frozenset[Any]]]:
    """What a type is made of: (the way to it, the type, its validators)."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from parts(inner[0], (*metadata, *inner[1:]))
    elif origin in (Union, UnionType):
        for kind in inner:
            yield from parts(kind, metadata)
    elif origin in (list, dict):
        for way, kind, looks in parts(inner[-1]):
            yield (0 if origin is list else "1", *way), kind, looks
    else:
        yield (), annotation, frozenset(each.func for each in metadata if isinstance(each, AfterValidator))


def fields(model: type[BaseModel], above: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], frozenset[Any]]]:
    """Every text in the model, however deep."""
    for name, field in model.model_fields.items():
        alias = field.validation_alias
        key = str(alias.choices[0]) if isinstance(alias, AliasChoices) else name
        for way, kind, looks in parts(field.annotation, tuple(field.metadata)):
            here = (*above, key, *way)
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from fields(kind, here)
            elif kind is str:
                yield here, looks


@pytest.fixture(scope="module")
def texts(migrated_app: Flask) -> list[Field]:
    """Every text that any operation takes."""
    found: list[Field] = []
    for rule in migrated_app.url_map.iter_rules():
        model = getattr(migrated_app.view_functions[rule.endpoint], "params_model", None)
        for method in sorted((rule.methods or set()) & {"POST", "PUT", "PATCH"}):
            if model is not None:
                found += [(f"{method} {rule.rule.removeprefix('/api/v1')}", way, looks) for way, looks in fields(model)]
    return found


def put(tree: Any, way: tuple[str | int, ...], value: Any) -> Any:
    """The tree with the value at the end of the way."""
    if not way:
        return value
    if isinstance(way[0], int):
        first, *others = tree or [{}]
        return [put(first, way[1:], value), *others]
    tree = dict(tree or {})
    return tree | {way[0]: put(tree.get(way[0]), way[1:], value)}


def stored() -> str:
    """All that the database keeps."""
    with db.engine.connect() as connection:
        return "\n".join(str(row) for table in Base.metadata.sorted_tables for row in connection.execute(select(table)))


def test_no_text_by_its_name_is_html_but_not_cleaned(texts: list[Field]) -> None:
    names = {str(way[-1]) for _, way, looks in texts if safe_html not in looks and isinstance(way[-1], str)}
    assert {name for name in names if HTML_NAMES.search(name)} - PLAIN == set()


def test_every_html_is_cleaned_before_it_is_kept(
    texts: list[Field], admin: Api, teacher: Api, student: Api, course: Course, migrated_app: Flask
) -> None:
    people = {"admin": admin, "teacher": teacher, "student": student}
    tried = [(operation, way) for operation, way, looks in texts if safe_html in looks]
    assert len({operation for operation, _ in tried}) >= 19
    db.session.commit()
    for number, (operation, way) in enumerate(tried):
        method, _, rule = operation.partition(" ")
        allowed = OWNERS[operation].operations[operation]
        names = targets(OWNERS[operation], course, student, allowed.state)
        body = filled(allowed.json or {}, names) | MAKES_ROOM.get(rule.rpartition("/<ref:question>")[0].rpartition("/")[2], {})
        body = MAKES_ROOM.get(rule.rpartition("/")[2], body)
        body = put(body, way, ATTACK.replace("MARKED", f"MARKED{number}-"))
        who = next(people[role] for role in ("teacher", "student", "admin") if role in allowed.who)
        answer = who.call(method, path_of(rule, names), json=body)
        assert answer.status_code in (200, 201), (operation, way, answer.text)
        kept = stored()
        assert f"MARKED{number}-" in kept, (operation, way)
        for danger in ("<script", "onerror", "onload", "javascript:", "<iframe", "evil", "data:text"):
            found = re.search(danger, kept)
            assert found is None, (operation, way, kept[max(found.start() - 200, 0) : found.end() + 50])
            assert danger not in answer.text, (operation, way)


def test_every_address_is_a_web_address(texts: list[Field], admin: Api, student: Api, course: Course) -> None:
    tried = [(operation, way) for operation, way, looks in texts if _web_url in looks]
    assert len(tried) >= 5
    missed = {str(way[-1]) for _, way, looks in texts if _web_url not in looks and isinstance(way[-1], str) and "url" in way[-1]}
    assert missed <= {"url", "page_url"}  # of pages: their names
    for operation, way in tried:
        method, _, rule = operation.partition(" ")
        names = dict.fromkeys(re.findall(r":(\w+)>", rule), 1) | targets(OWNERS[operation], course, student, "active")
        for wrong in ("javascript:alert(1)", " JaVaScRiPt:alert(1)", "data:text/html,x", "java\tscript:x", "ftp://x", "//", "vbscript:x"):
            answer = admin.call(method, path_of(rule, names), json=put({}, way, wrong))
            assert answer.status_code == 400 and str(way[-1]) in answer.text, (operation, way, wrong, answer.text)
