"""HTML from users: safe to show, and safe to parse."""

import resource

import pytest

from app.http.html import MOST_CHARACTERS, MOST_TAGS, safe_html

FORMATTING = ["b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"]
BOMBS = {
    "distinct attributes": "".join(f"<i title={number}><p>" for number in range(4900)),
    "slashes": "".join(f"<i/title={number}><p>" for number in range(4900)),
    "new lines": "".join(f"<i\n title={number}><p>" for number in range(4900)),
    "quotes": "".join(f'<i title=">" id={number}><p>' for number in range(4900)),
    "every kind": "".join(f"<{name}>" * 3 for name in FORMATTING) + "<p>" * 9900,
    "links": "".join(f"<a href={number}><p>" for number in range(4900)),
    "depth": "<div>" * 10_000,
    "markers": "<b><marquee>" * 4900 + "<p>" * 100,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_document_does_not_become_a_large_one(name: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert len(safe_html(BOMBS[name])) < 1_000_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KiB


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
