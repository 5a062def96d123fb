"""preflight: an image that was pushed stays what it is under its tag."""

from pathlib import Path

import pytest

from commands.names import Names
from pipeline import preflight
from pipeline.preflight import Finding, Subject
from tests.pipeline.conftest import refusal
from tests.pipeline.whole_cloud import Change, answer, clients, nothing, tagged

FIX = "set them to IMMUTABLE_WITH_EXCLUSION with the one filter latest"


@pytest.mark.parametrize(
    ("change", "state", "said"),
    [
        (nothing, "OK", "immutable but for latest"),
        (tagged("MUTABLE"), "NG", "the tags of lms-ecs are MUTABLE but for none"),
        (tagged("IMMUTABLE"), "NG", "the tags of lms-ecs are IMMUTABLE but for none"),
        (tagged("MUTABLE_WITH_EXCLUSION", "latest"), "NG", "the tags of lms-ecs are MUTABLE_WITH_EXCLUSION but for latest"),
        (tagged("IMMUTABLE_WITH_EXCLUSION", "v*"), "NG", "the tags of lms-ecs are IMMUTABLE_WITH_EXCLUSION but for v*"),
        (
            tagged("IMMUTABLE_WITH_EXCLUSION", "sha-*", "latest"),
            "NG",
            "the tags of lms-ecs are IMMUTABLE_WITH_EXCLUSION but for latest, sha-*",
        ),
        (answer("ecr", "describe_repositories", refusal("RepositoryNotFoundException")), "NG", "(RepositoryNotFoundException)"),
        (answer("ecr", "describe_repositories", refusal("AccessDeniedException")), "SKIP", "(AccessDeniedException)"),
    ],
)
def test_only_latest_may_move(change: Change, state: str, said: str, names: Names, definition: dict[str, object], tmp_path: Path) -> None:
    on = Subject(clients(tmp_path).__getitem__, names, definition, "85")
    change(on)
    found = preflight.judge(on, *next(check for check in preflight.CHECKS if check[0] == "task/tags"))
    assert isinstance(found, Finding)
    assert (found.state, found.fix) == (state, FIX if state == "NG" else "")
    assert said in found.said
