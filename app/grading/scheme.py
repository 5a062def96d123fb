"""Letter schemes: which letter a percentage earns, and which percentage a letter stands for."""

from collections.abc import Sequence

Scheme = Sequence[tuple[str, float]]
"""(letter, lowest percentage that earns it), best first; the last begins at 0."""

DEFAULT_SCHEME: Scheme = (
    ("A", 94),
    ("A-", 90),
    ("B+", 87),
    ("B", 84),
    ("B-", 80),
    ("C+", 77),
    ("C", 74),
    ("C-", 70),
    ("D+", 67),
    ("D", 64),
    ("D-", 61),
    ("F", 0),
)


def letter_for(percent: float, scheme: Scheme = DEFAULT_SCHEME) -> str:
    """The letter that `percent` earns; below every bound, the last one."""
    rounded = round(percent, 2)
    return next((letter for letter, lowest in scheme if rounded >= lowest), scheme[-1][0])


def percent_for(letter: str, scheme: Scheme = DEFAULT_SCHEME) -> float | None:
    """The top of the letter's range: 100 for the best, else one step below the next better letter. None if there is no such letter."""
    bounds = [100.0, *(float(lowest) for _, lowest in scheme)]
    for place, (name, lowest) in enumerate(scheme):
        if name.casefold() == letter.strip().casefold():
            if place == 0:
                return 100.0
            room = bounds[place] - lowest
            return bounds[place] - (1.0 if room >= 1 else 0.1 if room >= 0.1 else 0.01)
    return None
