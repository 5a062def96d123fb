"""Rack's bracket rules, by table and by round trip."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.http.brackets import DEEPEST, BadShape, Tree, nest
from tests.app.http.conftest import UNHURRIED

NAMES = st.text("ab5é .", min_size=1, max_size=3)
VALUES = st.text("xy[]&= é", max_size=3)


def grow(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Hashes, and lists of hashes that each begin with the same key: that is what tells them apart."""
    hashes = st.dictionaries(NAMES, inner, min_size=1, max_size=3)
    items = st.builds(lambda first, rest: {"id": first, **{k: v for k, v in rest.items() if k != "id"}}, VALUES, hashes)
    return hashes | st.lists(items, min_size=1, max_size=3)


NODES = st.recursive(VALUES | st.lists(VALUES, min_size=1, max_size=3), grow, max_leaves=12)
TREES = st.dictionaries(NAMES, NODES, max_size=4)


def spell(node: Any, key: str) -> Iterator[tuple[str, str]]:
    """The pairs a client sends for `node` under `key`."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield from spell(value, f"{key}[{name}]" if key else name)
    elif isinstance(node, list):
        for value in node:
            yield from spell(value, f"{key}[]")
    else:
        yield key, node


@UNHURRIED
@given(TREES)
def test_a_tree_spelled_in_brackets_parses_back(tree: Tree) -> None:
    assert nest(spell(tree, "")) == tree


@UNHURRIED
@given(st.lists(st.tuples(st.text(st.sampled_from("ab[]5"), max_size=12), VALUES), max_size=6))
def test_any_keys_give_a_tree_or_bad_shape(pairs: list[tuple[str, str]]) -> None:
    with suppress(BadShape):
        assert isinstance(nest(pairs), dict)


def test_the_order_of_top_level_keys_is_kept() -> None:
    assert list(nest([("b", "1"), ("a", "2"), ("b", "3")])) == ["b", "a"]


@pytest.mark.parametrize(
    ("pairs", "tree"),
    [
        ([], {}),
        ([("a", "x")], {"a": "x"}),
        ([("a", "")], {"a": ""}),
        ([("a", "x"), ("a", "y")], {"a": "y"}),
        ([("a[b]", "x")], {"a": {"b": "x"}}),
        ([("a[b]", "x"), ("a[b]", "y")], {"a": {"b": "y"}}),
        ([("a[b]", "x"), ("a[c]", "y")], {"a": {"b": "x", "c": "y"}}),
        ([("a[]", "x")], {"a": ["x"]}),
        ([("a[]", "x"), ("a[]", "y")], {"a": ["x", "y"]}),
        ([("a[b][]", "x"), ("a[b][]", "y")], {"a": {"b": ["x", "y"]}}),
        ([("a[5][k]", "x"), ("a[7][k]", "y")], {"a": {"5": {"k": "x"}, "7": {"k": "y"}}}),
        ([("a[b][c][d]", "x")], {"a": {"b": {"c": {"d": "x"}}}}),
    ],
)
def test_hashes_and_lists_follow_rack(pairs: list[tuple[str, str]], tree: Tree) -> None:
    assert nest(pairs) == tree


@pytest.mark.parametrize(
    ("keys", "tree"),
    [
        # The pair goes into the last hash unless that has the key already.
        (["a[][x]", "a[][y]", "a[][x]", "a[][y]"], {"a": [{"x": "0", "y": "1"}, {"x": "2", "y": "3"}]}),
        (["a[][x]", "a[][x]", "a[][y]"], {"a": [{"x": "0"}, {"x": "1", "y": "2"}]}),
        (["a[][y]", "a[][x]", "a[][x]"], {"a": [{"y": "0", "x": "1"}, {"x": "2"}]}),
        # A list or a hash inside of a hash takes more without starting a new one.
        (["a[][l][]", "a[][l][]"], {"a": [{"l": ["0", "1"]}]}),
        (["a[][h][x]", "a[][h][y]"], {"a": [{"h": {"x": "0", "y": "1"}}]}),
        (["a[][h][x]", "a[][h][x]"], {"a": [{"h": {"x": "0"}}, {"h": {"x": "1"}}]}),
        # The rule holds at each level.
        (["q[a][][t]", "q[a][][w]", "q[a][][t]"], {"q": {"a": [{"t": "0", "w": "1"}, {"t": "2"}]}}),
        (["a[][b][][x]", "a[][b][][x]"], {"a": [{"b": [{"x": "0"}, {"x": "1"}]}]}),
        # A hash never goes into a plain value of the same list.
        (["a[]", "a[][x]", "a[]"], {"a": ["0", {"x": "1"}, "2"]}),
    ],
)
def test_lists_of_hashes_are_spelled_by_order(keys: list[str], tree: Tree) -> None:
    assert nest((key, str(at)) for at, key in enumerate(keys)) == tree


@pytest.mark.parametrize("key", ["", "a[", "a]", "a[b", "a[b]c", "a[[b]]", "[a]", "[]", "a[b][", "a[b]c[d]"])
def test_a_key_with_broken_brackets_is_a_plain_name(key: str) -> None:
    assert nest([(key, "x")]) == {key: "x"}


@pytest.mark.parametrize(
    "keys",
    [
        ["a", "a[b]"],
        ["a", "a[]"],
        ["a[b]", "a"],
        ["a[]", "a"],
        ["a[]", "a[b]"],
        ["a[b]", "a[]"],
        ["a[b]", "a[b][c]"],
        ["a[][b]", "a[][b][c]"],
    ],
)
def test_one_key_as_two_kinds_of_thing_is_refused_by_name(keys: list[str]) -> None:
    with pytest.raises(BadShape, match="'a"):
        nest((key, "x") for key in keys)


def test_the_deepest_key_is_taken_and_a_deeper_one_is_not() -> None:
    deepest = "a" + "[b]" * (DEEPEST - 1)
    assert nest([(deepest, "x")])
    with pytest.raises(BadShape, match="nests too deep"):
        nest([(f"{deepest}[c]", "x")])


def test_a_message_never_repeats_a_whole_long_key() -> None:
    with pytest.raises(BadShape) as caught:
        nest([("a" * 10_000 + "[b]" * DEEPEST, "x")])
    assert len(str(caught.value)) < 100
