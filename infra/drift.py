"""drift: is what runs what main says it is? What is wrong stands in one issue, which is closed when all is well again."""

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from commands import github
from commands.aws import Cloud, named
from commands.names import TASK_DEFINITION, Names, container_of, read_definition, variables
from commands.report import Failure, say, summary
from commands.verbs import Found, Options, option, takes
from pipeline import diff, git, guard, prepare, registry, rollout

LABEL, TITLE = "drift", "What runs is not as it should be"
"""Of the one issue. Only who may triage can set a label, so nobody else's issue is taken for it."""
GRAVE = ("CRITICAL", "HIGH")
SHOWN = 5
EACH_DEPLOY = (".image", ".dockerLabels.commit")
"""Ends of the paths that each deploy sets anew."""

Wrong = tuple[str, str]
"""What is wrong in a line, and lines that show it."""


def rendered(definition: Mapping[str, Any], names: Names, secret: str, given: Mapping[str, str]) -> dict[str, Any]:
    """The task definition as the official action renders it from what `prepare` hands it, but for image and commit."""
    roles = {"executionRoleArn": names.role_arn(names.execution_role), "taskRoleArn": names.role_arn(names.task_role)}
    done: dict[str, Any] = deepcopy(dict(definition)) | roles
    container = container_of(done)
    container["logConfiguration"]["options"] |= {"awslogs-group": names.log_group, "awslogs-region": names.aws_region}
    texts = {("environment", "value"): prepare.environment(names, given), ("secrets", "valueFrom"): prepare.secrets(definition, secret)}
    for (key, field), text in texts.items():
        values = {entry["name"]: entry[field] for entry in container[key]} | dict(line.split("=", 1) for line in text.splitlines())
        container[key] = [{"name": name, field: value} for name, value in values.items()]
    return done


def changed(runs: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[Wrong]:
    """What the running task definition has otherwise than main."""
    found = [change for change in diff.compare(runs, wanted) if not change[0].endswith(EACH_DEPLOY)]
    return [(f"The task definition that runs is not main's, in {len(found)} places (- runs, + main)", diff.text(found))] if found else []


def behind(runs: str) -> list[Wrong]:
    """How far main is ahead of the commit that runs."""
    if not git.precedes(runs, git.git("rev-parse", "HEAD").decode().strip()):
        return [(f"What runs, {runs[:12]}, is no commit of main", "")]
    ahead = git.git("log", "--format=%h %s", f"{runs}..HEAD").decode(errors="replace").splitlines()
    more = [f"... and {len(ahead) - SHOWN} before"] if len(ahead) > SHOWN else []
    return [(f"main is ahead of what runs, {runs[:12]}, by {len(ahead)}", "\n".join(ahead[:SHOWN] + more))] if ahead else []


def scanned(answer: Mapping[str, Any]) -> list[Wrong]:
    """What a scan of ECR found, if it is grave or there is none."""
    status, found = answer["imageScanStatus"].get("status", "unknown"), answer.get("imageScanFindings", {})
    if status not in ("COMPLETE", "ACTIVE", "PENDING", "IN_PROGRESS"):
        return [(f"The image that runs is not scanned: {status}", answer["imageScanStatus"].get("description", ""))]
    counts = found.get("findingSeverityCounts", {})
    if not any(counts.get(severity) for severity in GRAVE):
        return []
    each = [*found.get("findings", []), *found.get("enhancedFindings", [])]
    grave = sorted(
        (GRAVE.index(one["severity"]), one.get("name") or one.get("title", ""), one.get("uri", ""))
        for one in each
        if one.get("severity") in GRAVE
    )
    lines = [" ".join([GRAVE[grade], name, where]).strip() for grade, name, where in grave[:SHOWN]]
    sums = ", ".join(f"{number} {severity}" for severity, number in sorted(counts.items()))
    return [(f"The scan of the image that runs found {sums}", "\n".join(lines))]


def scan(ecr: Any, repository: str, digest: str) -> list[Wrong]:
    """What ECR's own scan says of that image."""
    try:
        with named("read the scan of the image that runs"):
            return scanned(ecr.describe_image_scan_findings(repositoryName=repository, imageId={"imageDigest": digest}, maxResults=1000))
    except Failure as problem:
        if "ScanNotFoundException" in str(problem):
            return [("The image that runs was never scanned: let the registry scan what is pushed", "")]
        raise


def look(cloud: Cloud) -> list[Wrong]:
    """Everything that is wrong."""
    ecs, ecr, names = cloud("ecs"), cloud("ecr"), cloud.names
    service = prepare.describe_service(ecs, names)
    runs, held = prepare.running(ecs, service), guard.hold(ecs, service)
    wrong = [(f"Pushes are held: {held}", "")] if held else []
    if not guard.commit_of(runs):
        return [*wrong, ("Nothing of ours runs", "")]
    secret = prepare.secret_arn(cloud("secretsmanager"), names)
    wrong += behind(guard.commit_of(runs))
    wrong += changed(prepare.current(ecs, service), rendered(read_definition(Path(TASK_DEFINITION)), names, secret, variables()))
    tag = runs.image.partition(":")[2]
    if (stored := registry.find(ecr, names.ecr_repository, tag)) is None:
        return [*wrong, (f"The registry does not hold {tag}, which runs: no task can start any more", "")]
    target = rollout.Target.of(names, service["taskDefinition"])
    run = {rollout.container(task, target).get("imageDigest", "unknown") for task in rollout.tasks(ecs, target, "RUNNING")}
    if run != {stored.digest}:
        wrong += [(f"{tag} is {stored.digest} in the registry, but {', '.join(sorted(run)) or 'nothing'} runs", "")]
    return wrong + scan(ecr, names.ecr_repository, stored.digest)


def text(wrong: list[Wrong]) -> str:
    """The issue's body. What others wrote stands in indented lines: no Markdown is read there."""
    lines: list[str] = []
    for what, shown in wrong:
        lines += [f"- {what}", *([""] if shown else []), *(f"      {line}" for line in shown.splitlines())]
    return "\n".join([*lines, "", "The workflow Watch edits this and closes it when all is well; docs/operating.md says what to do."])


def keep(wrong: list[Wrong]) -> str:
    """Bring the issue up to date; returns what was done."""
    listed = github.call("GET", f"issues?labels={LABEL}&state=all&sort=created&direction=desc&per_page=100")
    issue = next((one for one in listed if "pull_request" not in one), {"state": "closed", "title": TITLE})
    wanted = {"title": TITLE, "body": text(wrong) if wrong else issue.get("body") or "", "state": "open" if wrong else "closed"}
    if all((issue.get(name) or "").strip() == value.strip() for name, value in wanted.items()):
        return "the issue stays as it is"
    way = ("PATCH", f"issues/{issue['number']}", wanted) if "number" in issue else ("POST", "issues", wanted | {"labels": [LABEL]})
    return f"{wanted['state']}: {github.call(*way)['html_url']}"


@takes(option("--dry-run", action="store_true", help="only print"))
def main(options: Options, found: Found) -> None:
    """Compare what runs with what main says, and keep the one issue of what is wrong up to date; it ends well all the same."""
    wrong = look(Cloud())
    found["wrong"] = [what for what, _ in wrong]
    for what, shown in wrong:
        say("\n        ".join([f"drift: {what}", *shown.splitlines()]))
    summary(text(wrong) if wrong else "What runs is what main says.")
    say(f"drift: {len(wrong)} wrong; {'no issue was touched' if options.dry_run else keep(wrong)}")
