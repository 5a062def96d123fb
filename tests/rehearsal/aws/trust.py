"""Policies: whether a role may be assumed or an act is allowed, as pure functions of documents and what is known of the caller."""

import fnmatch
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Context = Mapping[str, str | Sequence[str]]
Compare = Callable[[str, str], bool]


def trusts(document: Mapping[str, Any], *, kind: str, principal: str, action: str, context: Context) -> bool:
    """Whether a trust policy lets a principal (kind ``Federated`` or ``Service``) do `action`.

    `context` holds the condition keys in lower case. A statement that denies wins; a condition that is not known here matches nothing
    that allows and everything that denies, so that no error of ours opens a door.
    """
    statements = [each for each in _listed(document.get("Statement")) if _concerns(each, kind, principal, action)]
    denied = any(each.get("Effect") == "Deny" and _met(each, context, unknown=True) for each in statements)
    return not denied and any(each.get("Effect") == "Allow" and _met(each, context, unknown=False) for each in statements)


def allows(documents: Iterable[Mapping[str, Any]], *, action: str, resource: str, context: Context) -> bool:
    """Whether identity policies let their role do `action` on `resource`; conditions are taken as in :func:`trusts`."""
    every = [each for document in documents for each in _listed(document.get("Statement"))]
    met = [each for each in every if _covers(each, "Action", action.lower()) and _covers(each, "Resource", resource)]
    denied = any(each.get("Effect") == "Deny" and _met(each, context, unknown=True) for each in met)
    return not denied and any(each.get("Effect") == "Allow" and _met(each, context, unknown=False) for each in met)


def _covers(statement: Mapping[str, Any], key: str, wanted: str) -> bool:
    patterns = _listed(statement.get(key))
    return any(like(wanted, each.lower() if key == "Action" else each) for each in patterns)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _concerns(statement: Mapping[str, Any], kind: str, principal: str, action: str) -> bool:
    principals = statement.get("Principal", {})
    named = ["*"] if principals == "*" else _listed(principals.get(kind))
    return any(name in {"*", principal} for name in named) and any(
        like(action.lower(), each.lower()) for each in _listed(statement.get("Action"))
    )


def _met(statement: Mapping[str, Any], context: Context, *, unknown: bool) -> bool:
    conditions = statement.get("Condition") or {}
    return all(
        _holds(operator, context.get(key.lower()), [_text(each) for each in _listed(wanted)], unknown=unknown)
        for operator, keys in conditions.items()
        for key, wanted in keys.items()
    )


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def like(text: str, pattern: str) -> bool:
    """Whether a text matches a pattern with ``*`` and ``?``; both match slashes and colons too."""
    return re.fullmatch(fnmatch.translate(pattern.replace("[", "[[]")), text) is not None


COMPARE: dict[str, Compare] = {
    "StringEquals": lambda value, wanted: value == wanted,
    "StringEqualsIgnoreCase": lambda value, wanted: value.lower() == wanted.lower(),
    "StringLike": like,
    "ArnEquals": like,
    "ArnLike": like,
    "Bool": lambda value, wanted: value.lower() == wanted.lower(),
}


def _holds(operator: str, value: str | Sequence[str] | None, wanted: list[str], *, unknown: bool) -> bool:
    quantifier, _, name = operator.rpartition(":")
    optional, name = name.endswith("IfExists"), name.removesuffix("IfExists")
    if name == "Null":
        return (value is None) == (wanted == ["true"])
    negated = name.replace("Not", "", 1) in COMPARE and "Not" in name
    compare = COMPARE.get(name.replace("Not", "", 1) if negated else name)
    if compare is None or quantifier not in {"", "ForAnyValue", "ForAllValues"}:
        return unknown
    if value is None:
        return optional or quantifier == "ForAllValues" or (negated and not quantifier)
    values = [value] if isinstance(value, str) else list(value)
    results = [any(compare(each, pattern) for pattern in wanted) != negated for each in values]
    every = quantifier == "ForAllValues" or (negated and not quantifier)
    return all(results) if every else any(results)
