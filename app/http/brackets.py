"""Rack's bracket rules: `a[b]=x` a hash, `a[]=x` a list, `a[][k]=x` a list of hashes, `a[5][k]=x` a hash keyed "5"."""

import re
from collections.abc import Iterable
from typing import Any

DEEPEST = 32
KEY = re.compile(r"\[([^\[\]]*)\]")

Tree = dict[str, Any]


class BadShape(ValueError):
    """The same key is used as two kinds of thing, or nests too deep; the message names it."""


def nest(pairs: Iterable[tuple[str, str]]) -> Tree:
    """The tree that ordered key-value pairs spell. A repeated scalar key: the last one wins. Raises BadShape."""
    tree: Tree = {}
    for key, value in pairs:
        path = _path(key)
        if len(path) > DEEPEST:
            raise BadShape(f"{key[:60]!r} nests too deep")
        _put(tree, path, value, key)
    return tree


def _path(key: str) -> list[str]:
    """`a[b][][c]` -> a, b, "", c; a key with broken brackets is a plain name."""
    name, bracket, _ = key.partition("[")
    if not name or not bracket:
        return [key]
    rest = key[len(name) :]
    parts = KEY.findall(rest)
    return [name, *parts] if "".join(f"[{part}]" for part in parts) == rest else [key]


def _put(tree: Tree, path: list[str], value: str, key: str) -> None:
    here: Tree = tree
    name, rest = path[0], path[1:]
    while rest:
        if rest[0] != "":
            here = _child(here, name, dict, key)
            name, rest = rest[0], rest[1:]
            continue
        items = _child(here, name, list, key)
        inner = rest[1:]
        if not inner:
            items.append(value)
            return
        # The pair goes into the last hash, unless that has the key already: then a new hash starts.
        if not items or not isinstance(items[-1], dict) or _holds(items[-1], inner):
            items.append({})
        here, name, rest = items[-1], inner[0], inner[1:]
    if isinstance(here.get(name), dict | list):
        raise BadShape(f"{key[:60]!r} is given as a value and as something with parts")
    here[name] = value


def _child(here: Tree, name: str, kind: type, key: str) -> Any:
    child = here.setdefault(name, kind())
    if not isinstance(child, kind):
        raise BadShape(f"{key[:60]!r} is given as two kinds of thing")
    return child


def _holds(item: Tree, path: list[str]) -> bool:
    """Whether a hash already has what `path` names; a list in it can always take one more."""
    found: Any = item
    for part in path:
        if part == "" or not isinstance(found, dict) or part not in found:
            return False
        found = found[part]
    return True
