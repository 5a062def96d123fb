"""Parameters as pydantic models: what an endpoint takes is a class above its route."""

import ast
import datetime as dt
import inspect
import re
from collections.abc import Callable
from functools import wraps
from itertools import pairwise
from typing import Annotated, Any, Concatenate, ParamSpec, Self, TypeVar, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainValidator,
    ValidationError,
    model_validator,
)
from pydantic_core import CoreSchema

from app.errors import Invalid
from app.http.html import safe_html
from app.http.request import params

DAY = re.compile(r"\d{4}-\d\d-\d\d")
MOST_ID = 2**63 - 1
MOST_VALUES = 1000
"""Values of one list."""
LEAST_POINTS = 0.001
"""Percentages of less would have more digits than a grade has room for."""
MOST_TEXT = 100_000
"""Characters of a plain text, such as a comment."""
Given = ParamSpec("Given")
Answer = TypeVar("Answer")
P = TypeVar("P", bound="Params")


def absent() -> Any:
    """The default of a parameter that may be left out though it takes neither null nor blank; `given()` tells whether it was there."""
    return Field(default_factory=lambda: None)


def _instant(value: object) -> object:
    """Any ISO 8601; without a zone it is UTC."""
    if not isinstance(value, str):
        raise ValueError("must be an ISO 8601 date and time")
    try:
        text = value.strip().upper()
        # Python reads a "+" that a form turned into a space as no zone at all: mend it.
        found = dt.datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
        return (found if found.tzinfo else found.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, OverflowError) as problem:
        raise ValueError("must be an ISO 8601 date and time, such as 2026-03-01T09:00:00Z") from problem


def _day_or_instant(value: object) -> object:
    """A day such as 2026-03-01 is all of that day, in whichever zone."""
    if not isinstance(value, str) or not DAY.fullmatch(value.strip()):
        return _instant(value)
    try:
        day = dt.date.fromisoformat(value.strip())
    except ValueError as problem:
        raise ValueError("must be a day, such as 2026-03-01") from problem
    if day.year in (dt.MINYEAR, dt.MAXYEAR):
        raise ValueError("is too far away")
    return day


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("can't be blank")
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in value.strip()):
        raise ValueError("must not contain control characters")
    return value.strip()


def _web_url(value: str) -> str:
    """Http and https only; a bare host gets http, as in Canvas. The server never fetches it."""
    url = value.strip()
    if "://" not in url and not url.lower().startswith(("javascript:", "data:", "mailto:", "vbscript:")):
        url = f"http://{url}"
    scheme, _, rest = url.partition("://")
    if scheme.lower() not in ("http", "https") or not rest.strip("/") or any(c.isspace() for c in url):
        raise ValueError("must be an http or https URL")
    return url


def _text(value: object) -> object:
    """Numbers are text too where text is wanted: JSON clients send `85` for "85"."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _worth_something(points: float) -> float:
    if 0 < points < LEAST_POINTS:
        raise ValueError(f"must be 0 or at least {LEAST_POINTS}")
    return points


Instant = Annotated[dt.datetime, BeforeValidator(_instant)]
DayOrInstant = Annotated[dt.date, PlainValidator(_day_or_instant, json_schema_input_type=str)]
Flag = Annotated[bool, BeforeValidator(lambda value: False if value in (None, "") else value)]
Id = Annotated[int, Field(ge=1, le=MOST_ID)]
Position = Annotated[int, Field(ge=1, le=1_000_000)]
Number = Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]
Points = Annotated[Number, Field(ge=0), AfterValidator(_worth_something)]
Text = Annotated[str, BeforeValidator(_text), Field(max_length=MOST_TEXT)]
Short = Annotated[str, BeforeValidator(_text), Field(max_length=255)]
Title = Annotated[str, BeforeValidator(_text), Field(max_length=255), AfterValidator(_not_blank)]
SearchTerm = Annotated[str, BeforeValidator(_text), Field(min_length=2, max_length=255)]
Html = Annotated[str, BeforeValidator(_text), AfterValidator(safe_html)]
WebUrl = Annotated[str, AfterValidator(_web_url), Field(max_length=2048)]


class Params(BaseModel):
    """What an endpoint takes. Unknown parameters are ignored; a blank or null clears what may be null."""

    # Built when first asked for: all of them at the start would take a quarter of it.
    model_config = ConfigDict(extra="ignore", allow_inf_nan=False, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _as_clients_write_it(cls, tree: Any) -> Any:
        if not isinstance(tree, dict):
            return tree
        return {
            name: _shaped(value, cls.model_fields[name].annotation) if name in cls.model_fields else value for name, value in tree.items()
        }

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """The strings under the fields describe them. Pydantic can read them too, but all of them at the start."""
        found = handler(schema)
        properties = handler.resolve_ref_schema(found).get("properties", {})
        for name, text in _described(cls).items():
            if name in properties:
                properties[name]["description"] = text
        return found

    def given(self) -> dict[str, Any]:
        """Only the parameters that were sent, by name."""
        return {name: getattr(self, name) for name in self.model_fields_set}

    @classmethod
    def parse(cls) -> Self:
        """The request's parameters. Raises Invalid with a message for each one that is wrong."""
        try:
            return cls.model_validate(params())
        except ValidationError as problem:
            raise _invalid(problem) from problem


def _described(model: type[BaseModel]) -> dict[str, str]:
    """Field -> the string under it, from the source of the model and of those that it is made from."""
    found: dict[str, str] = {}
    for each in reversed(model.__mro__[: model.__mro__.index(Params)]):
        lines = ast.parse(inspect.getsource(each)).body[0].body  # type: ignore[attr-defined]  # it is a class
        for field, text in pairwise(lines):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr):
                found[field.target.id] = inspect.cleandoc(ast.literal_eval(text.value))
    return found


def _shaped(value: object, annotation: Any) -> object:
    """Blank -> null where null is allowed; `0: …, 1: …` or a single value -> list where a list is wanted."""
    kinds = get_args(annotation) if get_origin(annotation) is not list else ()
    if value == "" and type(None) in kinds:
        return None
    if get_origin(annotation) is list or any(get_origin(kind) is list for kind in kinds):
        if value is None and type(None) not in kinds:
            return []
        if isinstance(value, dict) and all(key.isdigit() for key in value):
            value = list(value.values())
        if isinstance(value, str | int | float):
            return [value] if value != "" else []
        if isinstance(value, list):
            if len(value) > MOST_VALUES:
                raise ValueError(f"a list takes at most {MOST_VALUES} values")
            return [item for item in value if item != ""]  # `a[]=` is how forms say "none"
    return value


def _invalid(problem: ValidationError) -> Invalid:
    fields: dict[str, list[str]] = {}
    for error in problem.errors(include_url=False, include_input=False, include_context=False):
        names = [part for part in error["loc"] if isinstance(part, str)]
        message = error["msg"].removeprefix("Value error, ")
        fields.setdefault(names[-1] if names else "base", []).append(message)
    first, messages = next(iter(fields.items()))
    return Invalid(f"{first}: {messages[0]}", fields)


def takes(model: type[P]) -> Callable[[Callable[Concatenate[P, Given], Answer]], Callable[Given, Answer]]:
    """Give the route its parameters as a `model`, first argument; a bad one is answered with 400 before the route runs."""

    def decorate(view: Callable[Concatenate[P, Given], Answer]) -> Callable[Given, Answer]:
        @wraps(view)
        def taking(*args: Given.args, **path: Given.kwargs) -> Answer:
            return view(model.parse(), *args, **path)

        taking.params_model = model  # type: ignore[attr-defined]  # read by app/http/openapi.py
        return taking

    return decorate
