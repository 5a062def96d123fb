"""Dense positions, whatever is inserted, moved and taken out."""

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.extensions import db
from app.models.courses import Course
from app.models.modules import Module
from app.services import modules
from tests.conftest import Api

ACTS = st.lists(st.tuples(st.sampled_from(["add", "move", "remove"]), st.integers(0, 9), st.integers(1, 12)), max_size=20)


@pytest.mark.usefixtures("app")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_positions_are_those_of_a_list(app: Flask, course: Course, teacher: Api, acts: list[tuple[str, int, int]]) -> None:
    expected: list[Module] = []
    for number, (act, which, position) in enumerate(acts):
        if act == "add":
            made = modules.create(course.id, {"name": f"M{number}", "position": position})
            expected.insert(position - 1, made)
            continue
        if not expected:
            continue
        chosen = expected.pop(which % len(expected))
        db.session.refresh(chosen)
        if act == "move":
            modules.change(chosen, {"position": position}, None, items_too=False)  # type: ignore[arg-type]
            expected.insert(position - 1, chosen)
        else:
            modules.remove(chosen)
        db.session.flush()
    found = db.session.execute(select(Module.id, Module.position).where(*modules.of_course(course.id)).order_by(Module.position)).all()
    assert [tuple(row) for row in found] == [(module.id, position) for position, module in enumerate(expected, 1)]
    db.session.rollback()
