"""OpenAPI from the code: paths from the routes, parameters from their models, answers from their return types."""

import re
from collections.abc import Callable, Iterator
from typing import Any, Literal, get_args, get_origin, get_type_hints

from flask import Flask
from pydantic import TypeAdapter
from werkzeug.routing import Rule

REF = "#/components/schemas/{model}"
PATH_PART = re.compile(r"<(?:[^:<>]+:)?(\w+)>")
CONVERTER = re.compile(r"<any\(([^)]*)\):(\w+)>")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
REFUSALS = {"400": "A parameter is wrong.", "401": "No token, or one that is not accepted.", "403": "Not allowed.", "404": "Not there."}
REFERENCE = "A number, `self` where a user is meant, or a SIS id such as `sis_course_id:C1`."
Operation = tuple[str, str, Rule, Callable[..., Any]]


def document(app: Flask, version: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of every operation that answers in JSON."""
    operations = list(_operations(app))
    schemas, components = _schemas(operations)
    paths: dict[str, dict[str, Any]] = {}
    for method, path, rule, view in operations:
        paths.setdefault(path, {})[method.lower()] = _operation(method, path, rule, view, schemas)
    components["Error"] = {"type": "object", "properties": {"errors": {}, "message": {"type": "string"}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Nation's LAB LMS", "version": version, "description": "The Canvas REST API, as far as a bootcamp needs it."},
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "security": [{"token": []}],
    }


def _operations(app: Flask) -> Iterator[Operation]:
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        view = app.view_functions[rule.endpoint]
        if rule.rule.startswith(("/api/v1/", "/health", "/ready", "/version")):
            for method in METHODS:
                if method in (rule.methods or ()):
                    yield method, PATH_PART.sub(r"{\1}", CONVERTER.sub(r"{\2}", rule.rule)), rule, view


def _schemas(operations: list[Operation]) -> tuple[dict[tuple[str, str], dict[str, Any]], dict[str, Any]]:
    """The schema of each (view, "takes" or "gives"), and the named parts that they share."""
    inputs: dict[tuple[str, str], tuple[tuple[str, str], Any, TypeAdapter[Any]]] = {}
    for _, _, rule, view in operations:
        model = getattr(view, "params_model", None)
        if model is not None:
            inputs[rule.endpoint, "takes"] = ((rule.endpoint, "takes"), "validation", TypeAdapter(model))
        inputs[rule.endpoint, "gives"] = ((rule.endpoint, "gives"), "serialization", TypeAdapter(_answer(view)))
    by_key, shared = TypeAdapter.json_schemas(list(inputs.values()), ref_template=REF)
    return {key: schema for (key, _), schema in by_key.items()}, shared.get("$defs", {})


def _answer(view: Callable[..., Any]) -> Any:
    """What a view returns, without the status beside it."""
    returned = get_type_hints(view)["return"]
    return get_args(returned)[0] if get_origin(returned) is tuple else returned


def _operation(
    method: str, path: str, rule: Rule, view: Callable[..., Any], schemas: dict[tuple[str, str], dict[str, Any]]
) -> dict[str, Any]:
    summary, _, rest = (view.__doc__ or "").strip().partition("\n")
    kind = rule.endpoint.partition(".")[0]
    choices = {name: [part.strip() for part in listed.split(",")] for listed, name in CONVERTER.findall(rule.rule)}
    body: dict[str, Any] = {
        "operationId": f"{view.__name__}__{re.sub(r'[^a-z]+', '_', path.removeprefix('/api/v1/')).strip('_')}",
        "summary": summary.rstrip("."),
        "tags": [kind],
        "parameters": [_path_parameter(name, choices.get(name)) for name in re.findall(r"{(\w+)}", path)],
        "responses": _responses(view, schemas[rule.endpoint, "gives"], signed_in=rule.rule.startswith("/api/v1/")),
    }
    if rest.strip():
        body["description"] = " ".join(rest.split())
    if not rule.rule.startswith("/api/v1/"):
        body["security"] = []
    takes = getattr(view, "params_model", None)
    if takes is not None:
        if method in ("GET", "DELETE"):
            body["parameters"] += list(_query(takes.model_json_schema(ref_template=REF)))
        else:
            schema = {"schema": schemas[rule.endpoint, "takes"]}
            body["requestBody"] = {
                "content": {"application/json": schema, "application/x-www-form-urlencoded": {"schema": _form(takes.model_json_schema())}}
            }
    if body["responses"].get("200", {}).get("headers"):
        body["parameters"] += [_query_parameter(name, {"type": "integer", "minimum": 1}, text) for name, text in PAGES.items()]
    return body


PAGES = {"page": "Which page, from 1.", "per_page": "How many rows a page: 10 if not given, 100 at most."}
LINK = {"Link": {"description": "The pages around this one: current, next, prev, first, last.", "schema": {"type": "string"}}}


def _path_parameter(name: str, choices: list[str] | None) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string", "enum": choices} if choices else {"type": "string"}
    return {"name": name, "in": "path", "required": True, "description": "" if choices else REFERENCE, "schema": schema}


def _query_parameter(name: str, schema: dict[str, Any], description: str, *, required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": required, "description": description, "schema": schema}


def _query(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        key = f"{name}[]" if field.get("type") == "array" else name
        yield _query_parameter(
            key,
            {part: value for part, value in field.items() if part not in ("title", "description")},
            field.get("description", ""),
            required=name in required,
        )


def _form(schema: dict[str, Any]) -> dict[str, Any]:
    """The same parameters as a form spells them: `assignment[name]`, `assignment[submission_types][]`."""
    definitions = schema.get("$defs", {})

    def spelled(node: dict[str, Any], prefix: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, field in node.get("properties", {}).items():
            key = f"{prefix}[{name}]" if prefix else name
            found = next((part for part in [field, *field.get("anyOf", [])] if "$ref" in part), None)
            if found is not None:
                yield from spelled(definitions[found["$ref"].rpartition("/")[2]], key)
                continue
            kind = next((part for part in field.get("anyOf", [field]) if part.get("type") != "null"), field)
            is_list = kind.get("type") == "array"
            flat = {part: value for part, value in kind.items() if part not in ("title", "default")}
            yield f"{key}[]" if is_list else key, {**flat, "description": field.get("description", "")}

    return {"type": "object", "properties": dict(spelled(schema, ""))}


def _responses(view: Callable[..., Any], schema: dict[str, Any], *, signed_in: bool) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "Done.", "content": {"application/json": {"schema": schema}}}
    if get_origin(get_type_hints(view)["return"]) is list and not getattr(view, "unpaged", False):
        good["headers"] = LINK
    refused = {"content": {"application/json": {"schema": {"$ref": REF.format(model="Error")}}}}
    status = _status(view)
    found: dict[str, Any] = {status: {"description": "Done."} if status == "204" else good}
    if signed_in:
        found |= {status: {"description": text, **refused} for status, text in REFUSALS.items()}
    return found


def _status(view: Callable[..., Any]) -> str:
    """The status of success: a view that returns `tuple[X, Literal[201]]` says another than 200."""
    told = [part for part in get_args(get_type_hints(view)["return"]) if get_origin(part) is Literal]
    return str(get_args(told[0])[0]) if told else "200"
