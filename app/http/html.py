"""HTML from users, made safe to show and safe to parse."""

import re

import nh3

MOST_CHARACTERS = 400_000
MOST_TAGS = 10_000
FORMATTING = re.compile(r"<(b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)[\s/][^>]*>", re.IGNORECASE)


def safe_html(text: str) -> str:
    """`text` without scripts, handlers and whatever else could act. Raises ValueError where it is too large or has too many tags.

    HTML5 opens every unclosed formatting element again in each paragraph that follows: a few thousand of them with different
    attributes would become gigabytes. Without attributes the parser keeps three of a kind at most, so the bound on tags bounds the rest.
    """
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"has more than {MOST_CHARACTERS} characters")
    if text.count("<") > MOST_TAGS:
        raise ValueError(f"has more than {MOST_TAGS} tags")
    safe = nh3.clean(FORMATTING.sub(r"<\1>", text))
    if len(safe) > 2 * MOST_CHARACTERS:
        raise ValueError("has too many tags that are not closed")
    return safe
