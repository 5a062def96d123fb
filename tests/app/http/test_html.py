"""HTML from users: safe to show, and safe to parse."""

import resource
import time
from contextlib import suppress

import pytest

from app.http.html import MOST_CHARACTERS, MOST_TAGS, safe_html

FORMATTING = ["b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"]
BOMBS = {
    "distinct attributes": "".join(f"<i title={number}><p>" for number in range(1450)),
    "slashes": "".join(f"<i/title={number}><p>" for number in range(1450)),
    "new lines": "".join(f"<i\n title={number}><p>" for number in range(1450)),
    "quotes": "".join(f'<i title=">" id={number}><p>' for number in range(1450)),
    "every kind": "".join(f"<{name}>" * 3 for name in FORMATTING) + "<p>" * 2900,
    "every kind inside": "<p>" + "".join(f"<{name}>" * 3 for name in FORMATTING) + "<p>x" * 2900,
    "no end": "<b " * 2999 + "x" * 370_000,
    "links": "".join(f"<a href={number}><p>" for number in range(1450)),
    "depth": "<div>" * 3000,
    "markers": "<b><marquee>" * 1450 + "<p>" * 100,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_document_does_not_become_a_large_one(name: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    safe = ""
    with suppress(ValueError):  # to refuse it will do as well
        safe = safe_html(BOMBS[name])
    assert len(safe) < 1_000_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KiB


def test_an_attribute_that_is_opened_again_and_again_is_refused() -> None:
    with pytest.raises(ValueError, match="not closed"):
        safe_html("<p><a title='" + "y" * 350_000 + "'>" + "<p>x" * 2900)


def test_a_broken_tag_takes_no_time() -> None:
    started = time.perf_counter()
    safe_html("<b " * 2999 + "x" * 370_000)
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize("text", ["x" * (MOST_CHARACTERS + 1), "<b></b>" * MOST_TAGS])
def test_too_much_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="has more than"):
        safe_html(text)


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("<p>Hi <b class='x'>you</b></p>", "<p>Hi <b>you</b></p>"),
        ("<p onclick=x>Hi</p><script>x()</script>", "<p>Hi</p>"),
        ('<a href="javascript:x()">a</a>', '<a rel="noopener noreferrer">a</a>'),
        ("<svg onload=x><b>y</b></svg>", "<b>y</b>"),
        ("a < b & c", "a &lt; b &amp; c"),
        ("<blockquote>q</blockquote><input><img src=x onerror=y>", '<blockquote>q</blockquote><img src="x">'),
    ],
)
def test_what_could_act_is_taken_out_and_the_rest_stays(text: str, safe: str) -> None:
    assert safe_html(text) == safe
