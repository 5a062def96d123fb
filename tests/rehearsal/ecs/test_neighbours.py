"""Secrets and logs on their way to and from a task."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.rehearsal.ecs.aws import StartRefused, pick, split_reference
from tests.rehearsal.ecs.logs import Line, Shipper

ARN = "arn:aws:secretsmanager:ap-northeast-2:471112588210:secret:lms-ecs/app-AbCdEf"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tail", "expected"),
    [
        ("", ("", "", "")),
        (":KEY::", ("KEY", "", "")),
        (":KEY:AWSPREVIOUS:", ("KEY", "AWSPREVIOUS", "")),
        ("::stage:version", ("", "stage", "version")),
    ],
)
def test_a_secrets_reference_has_four_parts(tail: str, expected: tuple[str, str, str]) -> None:
    assert split_reference(ARN + tail) == (ARN, *expected)


@pytest.mark.parametrize(("text", "expected"), [('{"KEY": "a"}', "a"), ('{"KEY": 3}', "3"), ('{"KEY": {"a": 1}}', '{"a": 1}')])
def test_a_key_is_picked_from_the_secret(text: str, expected: str) -> None:
    assert pick(text, "KEY") == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"OTHER": "a"}', "retrieved secret from Secrets Manager did not contain json key KEY"),
        ("[]", "did not contain json key KEY"),
        ("plain", "not a JSON object"),
    ],
)
def test_a_missing_key_refuses_the_start_in_the_words_of_aws(text: str, words: str) -> None:
    with pytest.raises(StartRefused, match=words) as refused:
        pick(text, "KEY")
    assert str(refused.value).startswith(
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
    )


def test_every_line_arrives_in_order_and_in_few_calls() -> None:
    calls: list[list[Line]] = []
    lines = [(NOON, f"line {number}") for number in range(50)]
    Shipper(iter(lines), calls.append).finish(5)
    assert [line for call in calls for line in call] == lines
    assert len(calls) <= 3


def test_what_was_written_before_the_engine_hung_up_arrives() -> None:
    def broken() -> Iterator[Line]:
        yield NOON, "last words"
        raise OSError

    calls: list[list[Line]] = []
    Shipper(broken(), calls.append).finish(5)
    assert [line for call in calls for line in call] == [(NOON, "last words")]
