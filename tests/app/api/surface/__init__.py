"""The API's surface, one module a feature: who may call each operation, its lists, and things to act on.

Tests walk all of it; what a feature's module leaves out is found by comparing with the routes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from app.models.courses import Course
from tests.conftest import Api

ADMIN = {"admin"}
TEACHERS = ADMIN | {"teacher"}
CONTENT = TEACHERS | {"designer"}
GRADERS = TEACHERS | {"ta"}
STAFF = GRADERS | {"designer"}
MEMBERS = STAFF | {"student", "peer"}
READERS = MEMBERS | {"observer"}
SIGNED_IN = READERS | {"other_teacher", "stranger"}
C, A, U = "/courses/<ref:course>", "/accounts/<ref:account>", "/users/<ref:user>"


@dataclass(frozen=True)
class Allowed:
    """Who may, and with which request; everybody else is refused."""

    who: set[str]
    json: dict[str, Any] | None = None
    state: str = "invited"
    """Of the enrolment that is acted on."""
    attachment: str | None = None
    """A file that the request carries in place of JSON."""


@dataclass(frozen=True)
class Feature:
    """One feature's part of the surface."""

    operations: dict[str, Allowed]
    """"GET /path" -> who may."""
    lists: tuple[str, ...] = ()
    """Paths of GETs that answer a list."""
    includes: tuple[str, ...] = ()
    """What include[] of the lists takes."""
    targets: Callable[[Course, Api], dict[str, object]] = field(default=lambda course, student: {})
    """Makes things to act on around the course and its student; by the name that paths and requests give them."""
    grow: Callable[[Course, Api], None] = field(default=lambda course, caller: None)
    """Adds one more of everything that the lists show around the course."""


def features() -> Iterator[Feature]:
    """Every feature: FEATURE of each module here."""
    for module in iter_modules(__path__):
        yield import_module(f"{__name__}.{module.name}").FEATURE
