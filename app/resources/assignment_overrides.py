"""What staff see of the overrides of assignments."""

from collections.abc import Collection, Sequence

from app.http.auth import access
from app.models.types import AnyRow
from app.serializers.assignment_overrides import override_json
from app.serializers.assignments import AssignmentJSON, all_dates_json
from app.services import assignment_overrides


def with_overrides(bodies: Sequence[AssignmentJSON], rows: Sequence[AnyRow], include: Collection[str]) -> None:
    """What staff see of overrides, if `include` asks for it."""
    if not {"overrides", "all_dates"}.intersection(include):
        return
    found = assignment_overrides.by_assignment(access(), [row.id for row in rows])
    students = {}
    if "overrides" in include:
        students = assignment_overrides.named_students(access(), [row.id for rows_of in found.values() for row in rows_of])
    for body, row in zip(bodies, rows, strict=True):
        theirs = found.get(row.id, [])
        if "overrides" in include:
            body["overrides"] = [override_json(override, students.get(override.id, ())) for override in theirs]
        if "all_dates" in include:
            body["all_dates"] = all_dates_json(row, theirs)
