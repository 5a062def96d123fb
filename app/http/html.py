"""HTML from users, made safe to show and safe to parse."""

import re
import threading

import nh3

MOST_CHARACTERS = 400_000
MOST_TAGS = 3_000
FORMATTING = re.compile(r"<(b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)[\s/][^>]*(?:>|\Z)", re.IGNORECASE)
one_at_a_time = threading.Lock()
"""Parsing takes up to 15 MB: eight threads at once would be felt in 512 MiB."""


def safe_html(text: str) -> str:
    """`text` without scripts, handlers and whatever else could act. Raises ValueError where it is too large or has too many tags.

    HTML5 opens every unclosed formatting element, and link, again in each paragraph that follows: a few thousand of them with
    different attributes, or one with a long attribute, would become gigabytes. Without attributes the parser keeps three formatting
    elements of a kind and one link at most, the attributes that links keep are counted as they come out, and the bound on tags
    bounds the rest.
    """
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"has more than {MOST_CHARACTERS} characters")
    if text.count("<") > MOST_TAGS:
        raise ValueError(f"has more than {MOST_TAGS} tags")
    left = 2 * MOST_CHARACTERS

    def bounded(_tag: str, _name: str, value: str) -> str | None:
        nonlocal left
        left -= len(value)
        return value if left >= 0 else None

    with one_at_a_time:
        safe = nh3.clean(FORMATTING.sub(r"<\1>", text), attribute_filter=bounded)
    if left < 0 or len(safe) > 2 * MOST_CHARACTERS:
        raise ValueError("has too many tags that are not closed")
    return safe
