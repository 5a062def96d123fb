"""References in paths: `12`, `self`, `sis_course_id:X`; and finding what they name, or NotFound."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, false, func, select
from werkzeug.routing import BaseConverter, ValidationError

from app.errors import Invalid, NotFound
from app.extensions import db
from app.http.params import MOST_ID
from app.models.accounts import ROOT_ACCOUNT_ID, Account
from app.models.courses import Course
from app.models.reads import read
from app.models.sections import Section
from app.models.terms import EnrollmentTerm
from app.models.types import AnyRow, Rows
from app.models.users import User

T = TypeVar("T")
SIS_COLUMNS: dict[tuple[type, str], Any] = {
    (User, "sis_user_id"): User.sis_user_id,
    (User, "sis_login_id"): User.login_id,
    (User, "sis_integration_id"): User.integration_id,
    (Course, "sis_course_id"): Course.sis_course_id,
    (Section, "sis_section_id"): Section.sis_section_id,
    (Account, "sis_account_id"): Account.sis_account_id,
    (EnrollmentTerm, "sis_term_id"): EnrollmentTerm.sis_term_id,
}
SIS_KINDS = frozenset(kind for _, kind in SIS_COLUMNS)


@dataclass(frozen=True, slots=True)
class Ref:
    """How a path names one thing: kind "id", "self" or a SIS kind such as "sis_course_id"."""

    kind: str
    value: str

    @classmethod
    def parse(cls, text: str) -> "Ref":
        """Raises ValueError for anything that is no reference."""
        if text == "self":
            return cls("self", "")
        kind, colon, value = text.partition(":")
        if colon and kind in SIS_KINDS and value and "\0" not in value:
            return cls(kind, value)
        if not (text.isascii() and text.isdigit()):
            raise ValueError(f"{text[:40]!r} is neither an id nor a SIS id")
        return cls("id", text)

    @property
    def id(self) -> int:
        """The numeric id; one that no row can have is 0."""
        return int(self.value) if self.kind == "id" and len(self.value) < 20 and int(self.value) <= MOST_ID else 0


class RefConverter(BaseConverter):
    """`<ref:user>` in a route: anything else in that place is an unknown path, 404."""

    def to_python(self, value: str) -> Ref:
        """From the path."""
        try:
            return Ref.parse(value)
        except ValueError as problem:
            raise ValidationError(str(problem)) from problem

    def to_url(self, value: object) -> str:
        """To a path."""
        return str(value)


def matches(model: Any, kind: str, value: Any) -> ColumnElement[bool]:
    """The condition that a reference of `kind` with `value` (or a bound parameter) sets on `model`'s table; false for another's."""
    if kind in ("id", "self"):
        found: ColumnElement[bool] = model.id == value
        return found
    if not _has(model, kind):
        return false()
    return and_(_sis(model, kind) == _spelled(kind, value), model.workflow_state != "deleted")


def matches_any(model: Any, kind: str, values: Collection[str]) -> ColumnElement[bool]:
    """The same for several SIS ids of one kind."""
    if not _has(model, kind):
        return false()
    return and_(_sis(model, kind).in_([_spelled(kind, value) for value in values]), model.workflow_state != "deleted")


def _sis(model: Any, kind: str) -> ColumnElement[str]:
    """What a SIS id is compared with: a login in any case. It is unique among the living only, so it names no deleted row."""
    column: ColumnElement[str] = SIS_COLUMNS[model, kind]
    return func.lower(column) if kind == "sis_login_id" else column


def _spelled(kind: str, value: Any) -> Any:
    return func.lower(value) if kind == "sis_login_id" else value


def value_of(ref: Ref, self_id: int = 0) -> int | str:
    """What stands in that column; `self` stands for `self_id`."""
    if ref.kind == "self":
        return self_id
    return ref.id if ref.kind == "id" else ref.value


def names(model: Any, ref: Ref, self_id: int = 0) -> ColumnElement[bool]:
    """The condition that `ref` sets on `model`'s table."""
    return matches(model, ref.kind, value_of(ref, self_id))


def ref_in(field: str, text: str) -> Ref:
    """The reference that a parameter holds. Raises Invalid, naming `field`, for what is none."""
    try:
        return Ref.parse(text)
    except ValueError as problem:
        raise Invalid.field(field, str(problem)) from problem


def _folded(kind: str, value: str) -> str:
    """In one case where case does not count: SQLite folds ASCII only, so its answers are folded here as well."""
    return value.lower() if kind == "sis_login_id" else value


def ids_named(model: Any, texts: Collection[str], self_id: int, field: str) -> dict[str, int]:
    """The id that each of those references names, 0 for what is not there; a statement for each kind of SIS id.

    Raises Invalid, naming `field`, for what is no reference.
    """
    refs = {text: ref_in(field, text) for text in texts}
    found: dict[tuple[str, str], int] = {}
    for kind in {ref.kind for ref in refs.values()} - {"id", "self"}:
        values = {ref.value for ref in refs.values() if ref.kind == kind}
        rows = db.session.execute(select(_sis(model, kind), model.id).where(matches_any(model, kind, values))) if _has(model, kind) else ()
        found |= {(kind, _folded(kind, spelled)): row_id for spelled, row_id in rows}

    def id_of(ref: Ref) -> int:
        if ref.kind == "self":
            return self_id
        return ref.id if ref.kind == "id" else found.get((ref.kind, _folded(ref.kind, ref.value)), 0)

    return {text: id_of(ref) for text, ref in refs.items()}


def _has(model: Any, kind: str) -> bool:
    return (model, kind) in SIS_COLUMNS


def find_row(statement: Rows, values: Mapping[str, Any] | None = None) -> AnyRow:
    """The only row. Raises NotFound."""
    row = read(statement, values).first()
    if row is None:
        raise NotFound
    return row


def find(statement: Select[T]) -> T:
    """The only object or value. Raises NotFound."""
    found = db.session.scalars(statement).first()
    if found is None:
        raise NotFound
    return found


def user_named(ref: Ref, self_id: int) -> int:
    """The id of the user, `self_id` for self; 0 where there is nobody. An id is taken as it is, without a look."""
    if ref.kind in ("id", "self"):
        return int(value_of(ref, self_id))
    return db.session.scalar(select(User.id).where(names(User, ref))) or 0


def any_user(ref: Ref, self_id: int) -> int:
    """The id of the user, a deleted one too. Raises NotFound."""
    return find(select(User.id).where(names(User, ref, self_id)))


def living_user(ref: Ref, self_id: int) -> int:
    """The id of the user, if there is one who is not deleted; else 0."""
    return db.session.scalar(select(User.id).where(names(User, ref, self_id), User.workflow_state != "deleted")) or 0


def account_named(ref: Ref) -> int:
    """The id of the account; `self` is the root account. Raises NotFound."""
    return find(select(Account.id).where(names(Account, ref, ROOT_ACCOUNT_ID)))
