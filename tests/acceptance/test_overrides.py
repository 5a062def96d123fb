"""Assignment overrides through canvasapi: other dates for a student, for a section, for several assignments at once."""

import datetime as dt

import pytest
from canvasapi.assignment import Assignment
from canvasapi.course import Course
from canvasapi.exceptions import BadRequest, Forbidden, ResourceDoesNotExist

from tests.acceptance.live import Person


def from_now(**delta: float) -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(**delta)


def test_an_override_is_made_changed_and_deleted(taught: Course, student: Person, essay: Assignment) -> None:
    due = from_now(days=3)
    override = essay.create_override(assignment_override={"student_ids": [student.id], "title": "Ill", "due_at": due})
    assert (override.title, override.student_ids, override.due_at_date) == ("Ill", [student.id], due)
    assert [found.id for found in essay.get_overrides()] == [override.id] == [essay.get_override(override.id).id]
    changed = override.edit(assignment_override={"lock_at": due, "title": "Longer ill"})
    assert (changed.title, changed.lock_at_date, "due_at" in essay.get_override(override.id).__dict__) == ("Longer ill", due, False)
    override.delete()
    with pytest.raises(ResourceDoesNotExist):
        essay.get_override(override.id)


def test_a_student_has_the_dates_of_their_override(taught: Course, attended: Course, student: Person, essay: Assignment) -> None:
    essay.edit(assignment={"lock_at": from_now(days=-1), "due_at": from_now(days=-2)})
    with pytest.raises(Forbidden):
        student.through(essay).submit({"submission_type": "online_text_entry", "body": "x"})
    due = from_now(days=1)
    essay.create_override(assignment_override={"student_ids": [student.id], "due_at": due, "lock_at": ""})
    seen = attended.get_assignment(essay.id)
    assert (seen.due_at_date, seen.lock_at, seen.locked_for_user) == (due, None, False)
    handed_in = student.through(essay).submit({"submission_type": "online_text_entry", "body": "x"})
    assert handed_in.late is False and essay.get_submission(student.id).late is False
    assert taught.get_assignment(essay.id).due_at_date < due


def test_work_for_one_section_is_nobody_elses(taught: Course, attended: Course, essay: Assignment) -> None:
    section = taught.create_course_section(course_section={"name": "Evening"})
    essay.create_override(assignment_override={"course_section_id": section.id})
    assert essay.edit(assignment={"only_visible_to_overrides": True}).only_visible_to_overrides is True
    assert list(attended.get_assignments()) == []
    with pytest.raises((Forbidden, ResourceDoesNotExist)):
        attended.get_assignment(essay.id)
    shown = taught.get_assignment(essay.id, include=["overrides", "all_dates"])
    assert [override.course_section_id for override in shown.overrides] == [section.id]
    assert [date["title"] for date in shown.all_dates] == ["Evening"]


def test_several_assignments_are_overridden_at_once(taught: Course, student: Person) -> None:
    works = [taught.create_assignment({"name": name, "published": True}) for name in ("A", "B")]
    due = from_now(days=1).isoformat()
    fields = [{"assignment_id": work.id, "student_ids": [student.id], "due_at": due} for work in works]
    overrides = list(taught.create_assignment_overrides(fields))
    assert [override.assignment_id for override in overrides] == [work.id for work in works]
    named = [{"id": override.id, "assignment_id": override.assignment_id} for override in overrides]
    assert [found.id for found in taught.get_assignment_overrides(named)] == [override.id for override in overrides]
    changed = taught.update_assignment_overrides([{**one, "lock_at": due} for one in named])
    assert all(hasattr(override, "lock_at") and not hasattr(override, "due_at") for override in changed)
    with pytest.raises(BadRequest):
        list(taught.create_assignment_overrides(fields))
