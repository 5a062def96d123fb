"""How a verb is written and called: a function with its options beside it, which ends well or with one line that names what is wrong."""

import argparse
import re
import signal
from collections.abc import Callable, Mapping
from typing import Any

from commands.report import Failure, fail, phase

Options = argparse.Namespace
Found = dict[str, Any]
"""What a verb notes for the receipt."""
Verb = Callable[[Options, Found], None]

SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""A runner that is cancelled sends the first, 7.5 s later the second, and kills 2.5 s later."""

_OPTIONS: dict[Verb, list[tuple[str, dict[str, Any]]]] = {}


def option(name: str, **details: Any) -> tuple[str, dict[str, Any]]:
    """An option, as argparse takes it; one without a default is required."""
    needed = name.startswith("-") and not {"default", "action"} & details.keys()
    return name, details | ({"required": True} if needed else {})


def takes(*options: tuple[str, dict[str, Any]]) -> Callable[[Verb], Verb]:
    """Put a verb's options beside it."""

    def keep(verb: Verb) -> Verb:
        _OPTIONS[verb] = list(options)
        return verb

    return keep


def cancellable() -> None:
    """Let a cancelled run raise KeyboardInterrupt, once: what is done then must not be cut short by the second signal."""

    def cancel(number: int, frame: object) -> None:
        for each in SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    for each in SIGNALS:
        signal.signal(each, cancel)


def parser(program: str, about: str | None, verbs: Mapping[str, Verb]) -> argparse.ArgumentParser:
    """The command line: a verb, and its options. What a verb's docstring says first is its line in the list."""
    main = argparse.ArgumentParser(prog=program, description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    below = main.add_subparsers(dest="verb", required=True, metavar="VERB [OPTION]")
    for name, verb in verbs.items():
        sub = below.add_parser(name, help=re.split(r"[:;,.] ", verb.__doc__ or "")[0], description=verb.__doc__)
        for flag, details in _OPTIONS.get(verb, []):
            sub.add_argument(flag, **details)
    return main


def run(program: str, about: str | None, verbs: Mapping[str, Verb], arguments: list[str]) -> int:
    """Run a verb; returns its exit code."""
    options = parser(program, about, verbs).parse_args(arguments)
    try:
        with phase(options.verb) as found:
            verbs[options.verb](options, found)
    except Failure as problem:
        fail(problem)
        return 1
    return 0
