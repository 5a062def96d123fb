"""The stand-in for GitHub's command line: it verifies what was attested, makes releases, and knows nothing else."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.github import REPOSITORY, GitHub, serve
from tests.rehearsal import gh

DIGEST = "a" * 64
IMAGE = f"oci://registry/lms-ecs@sha256:{DIGEST}"
BUILT = {"buildDefinition": {"externalParameters": {"repository": "nationslab/lms", "ref": "refs/heads/main", "commit": "abc"}}}


def asked(image: str = IMAGE, repo: str = "nationslab/lms", commit: str = "abc") -> list[str]:
    return ["attestation", "verify", image, "--repo", repo, "--signer-workflow", f"{repo}/w.yml", "--source-digest", commit]


@pytest.fixture
def attested(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the stand-in of attest has written provenance and a list of packages."""
    monkeypatch.setenv("REHEARSAL_GITHUB", str(tmp_path))
    monkeypatch.setenv("GH_TOKEN", "")
    (tmp_path / "attestations").mkdir()
    subject = [{"name": "registry/lms-ecs", "digest": {"sha256": DIGEST}}]
    for name, kind, predicate in (("a", "https://cyclonedx.org/bom", {}), ("b", gh.PROVENANCE, BUILT)):
        statement = {"subject": subject, "predicateType": kind, "predicate": predicate}
        (tmp_path / "attestations" / f"{name}.json").write_text(json.dumps(statement))
    return tmp_path / "attestations"


def test_what_was_attested_is_verified(attested: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gh.main(asked()) == 0
    assert capsys.readouterr().out == "Stand-in for gh: aaaaaaaaaaaa is attested (not signed) for nationslab/lms at abc\n"


@pytest.mark.parametrize(
    "arguments",
    [
        asked(image=f"oci://registry/lms-ecs@sha256:{'b' * 64}"),
        asked(image=f"oci://other@sha256:{DIGEST}"),
        asked(repo="a/b"),
        asked(commit="d"),
    ],
    ids=["digest", "name", "repository", "commit"],
)
def test_what_was_not_attested_is_refused(arguments: list[str], attested: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gh.main(arguments) == 1
    assert "found nothing that fits" in capsys.readouterr().err


def test_a_list_of_packages_says_not_who_built_it(attested: Path) -> None:
    (attested / "b.json").unlink()
    assert gh.main(asked()) == 1


def test_what_it_does_not_know_it_refuses(attested: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert gh.main(["repo", "delete"]) == gh.main([]) == 4
    with pytest.raises(SystemExit):
        gh.main([*asked(), "--bundle", "x"])
    monkeypatch.delenv("GH_TOKEN")
    assert gh.main(asked()) == 4


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    """A GitHub to which the tag v1.0.0 was pushed."""
    with serve(token="t0ken") as github:
        github.tags = {"v1.0.0"}
        for name, value in {"GITHUB_API_URL": github.url, "GITHUB_REPOSITORY": REPOSITORY, "GH_TOKEN": github.token}.items():
            monkeypatch.setenv(name, value)
        yield github


def test_a_release_is_made_once_and_then_seen(hub: GitHub, capsys: pytest.CaptureFixture[str]) -> None:
    create = ["release", "create", "v1.0.0", "--verify-tag", "--generate-notes"]
    assert [gh.main(["release", "view", "v1.0.0"]), gh.main(create), gh.main(["release", "view", "v1.0.0"]), gh.main(create)] == [
        1,
        0,
        0,
        1,
    ]
    assert capsys.readouterr().out == f"https://github.com/{REPOSITORY}/releases/tag/v1.0.0\n" * 2
    assert [(one["tag_name"], one["generate_release_notes"]) for one in hub.releases] == [("v1.0.0", True)]


def test_a_tag_that_was_not_pushed_gets_no_release_and_who_may_not_makes_none(hub: GitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    assert gh.main(["release", "create", "v9.9.9", "--verify-tag"]) == 1
    monkeypatch.setenv("GH_TOKEN", "other")
    assert gh.main(["release", "create", "v1.0.0"]) == 1
    assert hub.releases == []
