"""What the workflows promise of where an image comes from, and of what a change does to what runs."""

import re
from collections.abc import Callable

import pytest

from tests.pipeline.workflows import FOLDER, ROOT, Texts, action_of, load, read, verb_of

CI, IMAGE, SHIP = (f"{FOLDER}/{name}.yml" for name in ("ci", "image", "ship"))
TEXTS = read()
ATTEST = "${{ vars.ATTEST || github.event.repository.private == false }}"
"""Attestations are there for public repositories; a variable says otherwise."""
BASE = "${{ github.event.pull_request.base.sha || github.event.merge_group.base_sha || github.event.before }}"


def what_ships_is_attested_and_verified(texts: Texts) -> list[str]:
    """Provenance and packages of the very digest that was pushed, even if it was there; nothing is prepared before that is verified."""
    image, ship = load(texts, IMAGE)["jobs"]["image"], load(texts, SHIP)["jobs"]["ship"]
    problems = [f"{path} decides otherwise" for path, job in ((IMAGE, image), (SHIP, ship)) if job["env"].get("ATTEST") != ATTEST]
    attested = [step for step in image["steps"] if action_of(step) == "actions/attest"]
    kinds = ["sbom-path" in step["with"] for step in attested]
    problems += [] if kinds == [False, True] else [f"{IMAGE} does not attest provenance and packages"]
    on = ("env.ATTEST == 'true'", "${{ steps.pushed.outputs.digest }}")
    problems += [f"{IMAGE}: {step['name']}" for step in attested if (step.get("if"), step["with"]["subject-digest"]) != on]
    names = [verb_of(step) or "gh" * ("gh attestation verify" in step.get("run", "")) for step in ship["steps"]]
    verified = [name for name in names if name in ("gh", "verify", "prepare")]
    problems += [] if verified == ["gh", "verify", "prepare"] else [f"{SHIP} prepares what it did not verify"]
    by = dict(zip(names, ship["steps"], strict=True))
    strict = {"--repo", "--signer-workflow", "--source-digest"} <= set(by.get("gh", {}).get("run", "").split())
    problems += [] if strict and by["gh"].get("if") == on[0] else [f"{SHIP}: anybody may have built it"]
    return problems if "if" not in by.get("verify", {"if": ""}) else [*problems, f"{SHIP} verifies digest and label sometimes"]


def the_base_is_looked_at(texts: Texts) -> list[str]:
    """Each trigger has its own base, and the clone holds it; what changes is shown before it is tried."""
    job = load(texts, CI)["jobs"].get("compat", {"steps": [{}]})
    depth = job["steps"][0].get("with", {}).get("fetch-depth")
    wanted = ['.venv/bin/python -m pipeline diff --base "$BASE"', 'make compat BASE="$BASE"']
    right = (job.get("env"), depth, [step["run"] for step in job["steps"][2:]]) == ({"BASE": BASE}, 0, wanted)
    return [] if right else [f"{CI}: compat does not compare with the base"]


def the_oldest_and_the_shipped_python_are_tested(texts: Texts) -> list[str]:
    """What it says it runs on, and what the image holds."""
    oldest = re.search(r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text())
    shipped = re.search(r"PYTHON_IMAGE=python:([\d.]+)-", (ROOT / "Dockerfile").read_text())
    tested = load(texts, CI)["jobs"]["test"]["strategy"]["matrix"]["python"]
    return [] if oldest and shipped and tested == [oldest[1], shipped[1]] else [f"{CI} tests {tested}"]


Check = Callable[[Texts], list[str]]
CHANGES: list[tuple[Check, str, str, str]] = [  # a check, and in which file what instead of what it must find
    (what_ships_is_attested_and_verified, IMAGE, "private == false", "private == true"),
    (what_ships_is_attested_and_verified, SHIP, "vars.ATTEST || ", ""),
    (what_ships_is_attested_and_verified, IMAGE, "          sbom-path: ${{ runner.temp }}/sbom.json\n", ""),
    (what_ships_is_attested_and_verified, IMAGE, "subject-digest: ${{ steps.pushed", "subject-digest: ${{ steps.there"),
    (what_ships_is_attested_and_verified, IMAGE, "if: env.ATTEST == 'true'", "if: steps.there.outputs.digest == ''"),
    (what_ships_is_attested_and_verified, SHIP, "gh attestation verify", "gh attestation download"),
    (what_ships_is_attested_and_verified, SHIP, ' --source-digest "$COMMIT"', ""),
    (what_ships_is_attested_and_verified, SHIP, "-m pipeline verify", "-m pipeline find"),
    (what_ships_is_attested_and_verified, SHIP, "name: Verify what it is\n", "name: Verify what it is\n        if: env.ATTEST != 'true'\n"),
    (the_base_is_looked_at, CI, "github.event.merge_group.base_sha || ", ""),
    (the_base_is_looked_at, CI, "fetch-depth: 0", "fetch-depth: 2"),
    (the_base_is_looked_at, CI, 'make compat BASE="$BASE"', "make compat"),
    (the_oldest_and_the_shipped_python_are_tested, CI, '"3.11", ', ""),
    (the_oldest_and_the_shipped_python_are_tested, CI, '"3.13"]', '"3.14"]'),
]


@pytest.mark.parametrize("check", dict.fromkeys(check for check, *_ in CHANGES), ids=lambda check: check.__name__)
def test_the_workflows_keep_what_they_promise(check: Check) -> None:
    assert check(TEXTS) == []


@pytest.mark.parametrize(("check", "path", "old", "new"), CHANGES, ids=[f"{at}-{it[0].__name__}" for at, it in enumerate(CHANGES)])
def test_a_promise_that_is_broken_is_found(check: Check, path: str, old: str, new: str) -> None:
    assert old in TEXTS[path]
    assert check({**TEXTS, path: TEXTS[path].replace(old, new)}) != []
