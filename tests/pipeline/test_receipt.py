"""What a person reads of a deploy."""

from typing import Any

import pytest

from pipeline import receipt

COMMIT = "0123456789abcdef0123456789abcdef01234567"
TAG = f"sha-{COMMIT}"
NOW = 1000.0
NAMES = {"verb": "names", "began": 680.0, "ended": 681.0}
PREPARED = {"verb": "prepare", "began": 700.0, "ended": 703.0, "from_image": "lms-ecs:sha-old", "from_commit": "old", "digest": "sha256:d"}
MIGRATED = {"verb": "migrate", "began": 704.0, "ended": 750.0, "task": "0a1b2c"}
SMOKED = {"verb": "smoke", "began": 960.0, "ended": 964.0, "answered": 22}
UNSTABLE = "The service did not become stable on the new image: the deploy step's log and the service's events say why."

GOES_ON = "The run was cancelled. ECS goes on with a deployment that it has begun."
UNCHANGED = "The run was cancelled before anything changed."
ELSEWHERE = "A step of an official action failed before anything changed: the first red step of this run says why."


def failed(phase: dict[str, Any], why: str) -> dict[str, Any]:
    """That phase, but it failed."""
    return phase | {"failure": why}


def text(title: str, why: str, origin: str, target: str, *rows: str) -> str:
    """A receipt."""
    lines = [f"## {title}", "", *([why, ""] if why else []), "| | |", "|---|---|", f"| what | `{TAG}`, commit `0123456789ab` |"]
    return "\n".join([*lines, f"| from | {origin} |", f"| to | {target} |", *(f"| {row} |" for row in rows)])


RAN = ("prepare | 3 s", "render | 1 s", "migrate | 46 s")
CASES = {
    "success": (
        [NAMES, PREPARED, MIGRATED, SMOKED],
        "success",
        text(
            *(f"Deployed {TAG}", "", "`lms-ecs:sha-old`", "`sha256:d`"),
            *("took | 5 min 20 s", *RAN, "deploy | 3 min 30 s", "smoke | 4 s"),
        ),
    ),
    "migration failed": (
        [NAMES, PREPARED, failed(MIGRATED, "exit code 3")],
        "failure",
        text(f"Not deployed: {TAG}", "**migrate**: exit code 3", "`lms-ecs:sha-old`", "`sha256:d`", "took | 5 min 20 s", *RAN),
    ),
    "deploy failed": (
        [NAMES, PREPARED, MIGRATED],
        "failure",
        text(f"Not deployed: {TAG}", UNSTABLE, "`lms-ecs:sha-old`", "`sha256:d`", "took | 5 min 20 s", *RAN, "deploy | 4 min 10 s"),
    ),
    "smoke failed": (
        [NAMES, PREPARED, MIGRATED, failed(SMOKED, "smoke: /ready answered 503")],
        "failure",
        text(
            *(f"Deployed, but not well: {TAG} serves", "**smoke**: smoke: /ready answered 503", "`lms-ecs:sha-old`", "`sha256:d`"),
            *("took | 5 min 20 s", *RAN, "deploy | 3 min 30 s", "smoke | 4 s"),
        ),
    ),
    "cancelled in the deploy": (
        [NAMES, PREPARED, MIGRATED],
        "cancelled",
        text(
            *(f"Cancelled while deploying {TAG}", GOES_ON, "`lms-ecs:sha-old`", "`sha256:d`"),
            *("took | 5 min 20 s", *RAN, "deploy | 4 min 10 s"),
        ),
    ),
    "cancelled before prepare": (
        [NAMES],
        "cancelled",
        text(f"Cancelled while deploying {TAG}", UNCHANGED, "nothing of ours", "not reached", "took | 5 min 20 s"),
    ),
    "names failed": (
        [failed(NAMES, "the repository variable BASE_URL is not set")],
        "failure",
        text(
            *(f"Not deployed: {TAG}", "**names**: the repository variable BASE_URL is not set"),
            *("nothing of ours", "not reached", "took | 5 min 20 s"),
        ),
    ),
    "nothing ran": ([], "failure", text(f"Not deployed: {TAG}", ELSEWHERE, "nothing of ours", "not reached", "took | 0 s")),
    "first deploy": (
        [PREPARED | {"from_image": ""}, MIGRATED],
        "success",
        text(f"Deployed {TAG}", "", "nothing of ours", "`sha256:d`", "took | 5 min 0 s", *RAN, "deploy | 4 min 10 s"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_receipt_says_what_from_to_how_long_and_what_failed(case: str) -> None:
    phases, outcome, expected = CASES[case]
    assert receipt.render(phases, outcome, TAG, COMMIT, NOW) == expected


def test_a_step_that_failed_is_not_followed_by_an_action() -> None:
    assert receipt.timeline([failed(PREPARED, "no"), MIGRATED], NOW) == [("prepare", 3.0), ("migrate", 46.0), ("deploy", 250.0)]
    assert receipt.timeline([PREPARED], NOW) == [("prepare", 3.0)]


@pytest.mark.parametrize(("value", "said"), [(0.4, "0 s"), (59.6, "60 s"), (119.4, "119 s"), (120, "2 min 0 s"), (3725.9, "62 min 5 s")])
def test_durations_are_said_as_people_do(value: float, said: str) -> None:
    assert receipt.seconds(value) == said
