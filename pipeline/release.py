"""pin: a version is the image that its commit's deploy made, under one more name; nothing is ever built again."""

import time
from collections.abc import Mapping
from typing import Any

from commands import github
from commands.aws import Cloud, named
from commands.report import Failure, output, say, summary
from commands.verbs import Found, Options, option, takes
from pipeline import git, guard, prepare, registry, rollback
from pipeline.prepare import Running
from pipeline.registry import Stored

MAIN = "refs/remotes/origin/main"
EVERY, LIVE, APPEARS = 15.0, 20 * 60.0, 2 * 60.0
"""Seconds: between two looks; for a deploy run to end; for one to be listed at all, when branch and tag were pushed at once."""


def wait_for(commit: str, run: Mapping[str, Any] | None, there: bool, waited: float) -> str:
    """What the image of `commit` must still be waited for; empty if nothing. Raises Failure if it will never be, or not in time."""
    short = commit[:12]
    if run and run["status"] != "completed":
        if waited < LIVE:
            return f"the deploy run of {short} is {run['status']}"
        raise Failure(f"timed out: the deploy run of {short} is still {run['status']}: {run['html_url']}; run this again when it is over")
    how = f"the deploy run of {short} ended in {run['conclusion']}: {run['html_url']}" if run else f"{short} has no deploy run"
    if run and run["conclusion"] != "success":
        raise Failure(f"{'deploy failed' if there else 'image will never exist'}: {how}")
    if there:
        return ""
    if run or waited >= APPEARS:
        raise Failure(f"image will never exist: {how}, and the registry holds no image of it")
    return how


def find(ecr: Any, repository: str, commit: str) -> Stored:
    """The image of `commit`, once its deploy is over. Raises Failure if there will be none."""
    began, said = time.monotonic(), ""
    while True:
        runs = github.call("GET", f"actions/workflows/deploy.yml/runs?head_sha={commit}&branch=main&event=push&per_page=1")["workflow_runs"]
        stored = registry.find(ecr, repository, f"sha-{commit}")
        waits = wait_for(commit, next(iter(runs), None), stored is not None, time.monotonic() - began)
        if stored and not waits:
            return stored
        if waits != said:
            say(f"pin: waiting, because {waits}")
        said = waits
        time.sleep(EVERY)


def put(ecr: Any, repository: str, tag: str, stored: Stored) -> bool:
    """Put the same manifest under `tag`; whether that was new. Raises Failure if the tag is another image's: a version never moves."""
    before = registry.find(ecr, repository, tag)
    if before is None:
        with named(f"put {repository}:{tag}"):
            ecr.put_image(
                repositoryName=repository,
                imageTag=tag,
                imageManifest=stored.manifest,
                imageManifestMediaType=stored.media_type,
                imageDigest=stored.digest,
            )
    found = before or registry.require(ecr, repository, tag)
    if found.digest != stored.digest:
        raise Failure(f"tag is taken: {repository}:{tag} is {found.digest}, not {stored.digest}; a version never moves: take the next one")
    return before is None


def pinned_only(runs: Running, image: str, commit: str) -> str:
    """Why a version is not shipped; empty if it is."""
    now = guard.commit_of(runs)
    if runs.image == image:
        return "it runs already, under this name"
    return f"it is older than what runs, {runs.image} ({now[:12]})" if now != commit and git.precedes(commit, now) else ""


@takes(option("--tag", help="vX.Y.Z, a tag of git"), option("--dry-run", action="store_true", help="put nothing"))
def main(options: Options, found: Found) -> None:
    """Put the image of a tag's commit under the tag's name too, once its deploy is over; say whether the version is to be shipped."""
    cloud = Cloud()
    repository, commit = cloud.names.ecr_repository, rollback.commit_of_tag(options.tag)
    if not git.precedes(commit, git.git("rev-parse", "--verify", MAIN).decode().strip()):
        raise Failure(f"tag not on main: {options.tag} is {commit[:12]}, which main does not hold")
    stored = find(cloud("ecr"), repository, commit)
    new = not options.dry_run and put(cloud("ecr"), repository, options.tag, stored)
    runs = prepare.running(cloud("ecs"), prepare.describe_service(cloud("ecs"), cloud.names))
    why = pinned_only(runs, f"{repository}:{options.tag}", commit)
    found |= {"digest": stored.digest, "new": new, "not_shipped": why}
    text = f"{options.tag} is {stored.digest}, the image of {commit[:12]}{'' if new else ', as before'}; " + (
        f"pinned only: {why}" if why else "it ships"
    )
    say(f"pin: {text}")
    summary(f"{text}.")
    output({"tag": options.tag, "digest": stored.digest, "commit": commit, "ship": str(not why).lower()})
