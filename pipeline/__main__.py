"""python -m pipeline VERB: the commands that the workflows call. Each ends with 0, or with 1 and one line that names what is wrong."""

import argparse
import json
import os
import re
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

from pipeline import boot, diff, evidence, git, guard, image, migrate, preflight, prepare, receipt, rollback, schema, smoke, verdict, watch
from pipeline.aws import client
from pipeline.docker import inspect
from pipeline.names import TASK_DEFINITION, Names, read_definition, resolve, variables_from
from pipeline.report import Failure, fail, output, phase, phases, say, summary
from pipeline.rollout import Target

Found = dict[str, Any]
"""What a verb notes for the receipt."""


def names() -> Names:
    """The names of everything in the cloud, from task-definition.json and the variable VARIABLES."""
    return resolve(read_definition(Path(TASK_DEFINITION)), variables_from(os.environ.get("VARIABLES", "")))


def names_verb(_: argparse.Namespace, found: Found) -> None:
    """Print what everything is called in the cloud: task-definition.json, overridden by the repository variables in VARIABLES (JSON)."""
    output(names().outputs())


def schema_verb(_: argparse.Namespace, found: Found) -> None:
    """Print the newest migration and the oldest that running code must know: the labels of an image."""
    labels = schema.load(Path("migrations/versions"))
    output({"head": labels.head, "floor": labels.floor})


def boot_verb(options: argparse.Namespace, found: Found) -> None:
    """Boot an image of the local engine as Fargate will: limits, read-only root, environment, port, health check, stop time-out."""
    measured = boot.boot(options.image, read_definition(Path(TASK_DEFINITION)), options.commit)
    say(f"boot: {measured}")
    summary(f"Image `{options.commit[:12]}`: {measured}.")


def find_verb(options: argparse.Namespace, found: Found) -> None:
    """Print the digest of a tag in the registry; nothing, if the tag is not there."""
    named = names()
    stored = image.find(client("ecr", named.aws_region), named.ecr_repository, options.tag)
    output({"digest": stored.digest if stored else ""})


def pushed_verb(options: argparse.Namespace, found: Found) -> None:
    """Prove that what the registry holds under a tag is one image, and the very one that was booted here; print its digest."""
    named = names()
    stored = image.require(client("ecr", named.aws_region), named.ecr_repository, options.tag)
    if options.booted:
        image.prove(stored, inspect(options.booted)["Id"])
    say(f"pushed: {named.ecr_repository}:{options.tag} is {stored.digest}, {stored.megabytes:.1f} MB")
    output({"digest": stored.digest})
    summary(f"Pushed `{named.ecr_repository}:{options.tag}`, `{stored.digest}`, {stored.megabytes:.1f} MB compressed.")


def prepare_verb(options: argparse.Namespace, found: Found) -> None:
    """Look up everything that goes into the task definition, and prove the image's digest, before anything changes."""
    named, definition = names(), read_definition(Path(TASK_DEFINITION))
    ecs = client("ecs", named.aws_region)
    service = prepare.describe_service(ecs, named)
    before = prepare.running(ecs, service)
    found |= {"from_image": before.image if before.commit else "", "from_commit": before.commit, "digest": options.digest}
    prepare.prove_digest(client("ecr", named.aws_region), named, options.tag, options.digest)
    output(
        {
            "secrets": prepare.secrets(definition, prepare.secret_arn(client("secretsmanager", named.aws_region), named)),
            "environment": prepare.environment(named, variables_from(os.environ.get("VARIABLES", ""))),
            "log-options": f"awslogs-group={named.log_group}\nawslogs-region={named.aws_region}",
            "desired-count": prepare.desired_count(service, before),
            "labels": f"{prepare.COMMIT_LABEL}={options.commit}",
        }
    )
    say(f"prepare: {found['from_image'] or 'nothing'} -> {named.ecr_repository}:{options.tag} ({options.digest})")


def migrate_verb(options: argparse.Namespace, found: Found) -> None:
    """Run the new image's migrations as a one-off task in the service's network, with its log; the task's exit code decides."""
    named = names()
    ecs = client("ecs", named.aws_region)
    service = prepare.describe_service(ecs, named)
    rendered = read_definition(Path(options.task_definition))
    found["task"] = migrate.run(ecs, client("logs", named.aws_region), named, rendered, service, started_by=f"deploy-{options.run}")
    say("migrate: the schema is up to date")


def _target(options: argparse.Namespace, named: Names) -> Target:
    return Target(options.cluster or named.ecs_cluster, options.service or named.ecs_service, options.task_definition, named.ecs_container)


def watch_verb(options: argparse.Namespace, found: Found) -> None:
    """Follow this deployment to its end: events, stopped tasks, alarms; a cancelled run rolls it back."""
    named = names()
    ecs = client("ecs", named.aws_region)
    found["watched"] = watch.watch(ecs, _target(options, named), options.digest, seconds=60 * options.timeout, dry=options.dry_run)
    say(f"watch: {found['watched']}")


def verdict_verb(options: argparse.Namespace, found: Found) -> None:
    """Name why a deploy failed: the cause, what shows it, one fix, the way back; it ends with 1, too."""
    failures = tuple((noted["verb"], noted["failure"]) for noted in phases() if "failure" in noted and noted["verb"] != "verdict")
    steps = [step.partition("=") for step in options.steps.split()]
    known = verdict.Evidence(options.outcome, next((name for name, _, how in steps if how == "failure"), ""), failures)
    if all(verb != "names" for verb, _ in failures):  # without the names there is no cloud to ask
        named, definition = names(), read_definition(Path(TASK_DEFINITION))
        clients = partial(client, region=named.aws_region)
        known = evidence.collect(clients, _target(options, named), definition, known, group=named.log_group, run=options.run)
    given, back = verdict.verdict(known), verdict.rollback(known.deployment)
    for line in (*given.evidence, f"fix: {given.fix}", f"roll back: {back}"):
        say(f"verdict: {line}")
    summary(verdict.render(given, back))
    raise Failure(f"{given.name}: {given.cause} {given.fix}")


def smoke_verb(options: argparse.Namespace, found: Found) -> None:
    """Ask the deployed LMS by its public address: /version twenty times, /ready, one real API call."""
    url = options.url or names().base_url
    found["answered"] = smoke.smoke(url.rstrip("/"), options.commit)
    say(f"smoke: {found['answered']} requests answered by {options.commit[:12]} at {url}")


def receipt_verb(options: argparse.Namespace, found: Found) -> None:
    """Write the step summary of a deploy: what, from, to, how long; on failure what failed."""
    text = receipt.render(phases(), options.outcome, options.tag, options.commit, time.time())
    say(text)
    summary(text)


def guard_verb(options: argparse.Namespace, found: Found) -> None:
    """Stop unless what runs is an ancestor of the commit, and no hold is set; list the migrations between the two."""
    named = names()
    ecs = client("ecs", named.aws_region)
    service = prepare.describe_service(ecs, named)
    runs = guard.commit_of(prepare.running(ecs, service))
    decision = guard.decide(options.kind, options.commit, runs, guard.hold(ecs, service))
    found |= {"verdict": decision.verdict, "migrations": decision.migrations}
    output({"verdict": decision.verdict, "migrations": "\n".join(decision.migrations)})
    if decision.verdict in guard.STOP:
        raise Failure(f"{decision.verdict}: {decision.reason}")
    say(f"guard: {decision.reason}; migrations: {', '.join(decision.migrations) or 'none'}")
    summary(f"Migrations: {', '.join(f'`{migration}`' for migration in decision.migrations) or 'none'}.")


def diff_verb(options: argparse.Namespace, found: Found) -> None:
    """Show what a rendered task definition changes of the running one; with --base what this commit changes of that one, SQL included."""
    if options.base:
        before, after = json.loads(git.git("show", f"{options.base}:{TASK_DEFINITION}")), read_definition(Path(TASK_DEFINITION))
        migrations = git.added(git.migrations(options.base), git.migrations("HEAD"))
    else:
        named = names()
        ecs = client("ecs", named.aws_region)
        before, after = diff.running(ecs, prepare.describe_service(ecs, named)), read_definition(Path(options.task_definition))
        migrations = []
    shown = {"Task definition": ("diff", diff.text(diff.compare(before, after)))}
    if migrations:
        shown[f"Migrations: {', '.join(guard.shown(migrations))}"] = ("sql", diff.sql(migrations))
    for title, (language, body) in shown.items():
        say(f"{title}\n{body}")
        summary(diff.markdown(title, language, body))


def preflight_verb(options: argparse.Namespace, found: Found) -> None:
    """Look whether all that a rendered task definition names is there and fits, before anything changes."""
    named, variables = names(), variables_from(os.environ.get("VARIABLES", ""))
    rendered = read_definition(Path(options.task_definition))
    on = preflight.Subject(lambda service: client(service, named.aws_region), named, rendered, variables.get("DATABASE_CONNECTIONS", ""))
    findings = preflight.run(on)
    say(preflight.tree(findings))
    summary(diff.markdown("Preflight", "", preflight.tree(findings)))
    preflight.settle(findings)


def rollback_verb(options: argparse.Namespace, found: Found) -> None:
    """Find the deployment to go back to, set the hold and stop what is under way; `--clear-hold` only lets pushes through again."""
    named = names()
    ecs = client("ecs", named.aws_region)
    service = prepare.describe_service(ecs, named)
    if options.clear_hold:
        guard.clear_hold(ecs, service)
        say("rollback: no hold any more")
        return
    planned = rollback.plan(ecs, client("ecr", named.aws_region), named, service, options.to)
    say(str(planned))
    summary(diff.markdown("Rollback", "", str(planned)))
    if not options.dry_run:
        rollback.begin(ecs, service, planned, options.reason)
    output({"tag": planned.tag, "digest": planned.digest, "commit": planned.commit})


VERBS = {
    "names": names_verb,
    "schema": schema_verb,
    "boot": boot_verb,
    "find": find_verb,
    "pushed": pushed_verb,
    "prepare": prepare_verb,
    "migrate": migrate_verb,
    "watch": watch_verb,
    "smoke": smoke_verb,
    "verdict": verdict_verb,
    "receipt": receipt_verb,
    "guard": guard_verb,
    "diff": diff_verb,
    "preflight": preflight_verb,
    "rollback": rollback_verb,
}
DEPLOYED: dict[str, dict[str, Any]] = {
    "--cluster": {"default": "", "help": "ECS_CLUSTER unless given"},
    "--service": {"default": "", "help": "ECS_SERVICE unless given"},
}
OPTIONS: dict[str, dict[str, dict[str, Any]]] = {
    "boot": {"image": {"help": "name or id of a local image"}, "--commit": {"required": True, "help": "the commit it must say it is"}},
    "find": {"--tag": {"required": True}},
    "pushed": {"--tag": {"required": True}, "--booted": {"default": "", "help": "the local image that was booted"}},
    "prepare": {"--tag": {"required": True}, "--digest": {"required": True}, "--commit": {"required": True}},
    "migrate": {
        "--task-definition": {"required": True, "help": "the rendered file"},
        "--run": {"default": "by-hand", "help": "id of the workflow run"},
    },
    "watch": DEPLOYED
    | {
        "--task-definition": {"required": True, "help": "ARN of what was deployed"},
        "--digest": {"required": True, "help": "of the image that was built"},
        "--timeout": {"type": float, "default": 20, "help": "minutes (20)"},
        "--dry-run": {"action": "store_true", "help": "look once, change nothing"},
    },
    "verdict": DEPLOYED
    | {
        "--task-definition": {"default": "", "help": "ARN of what was deployed, if it came to that"},
        "--outcome": {"default": "failure", "choices": ["failure", "cancelled"]},
        "--steps": {"default": "", "help": "how official actions ended: role=success deploy=failure"},
        "--run": {"default": "by-hand", "help": "id of the workflow run"},
    },
    "smoke": {"--commit": {"required": True}, "--url": {"default": "", "help": "BASE_URL unless given"}},
    "receipt": {
        "--outcome": {"required": True, "choices": ["success", "failure", "cancelled"]},
        "--tag": {"required": True},
        "--commit": {"required": True},
    },
    "guard": {"--commit": {"required": True}, "--kind": {"default": "push", "choices": guard.KINDS}},
    "diff": {
        "--task-definition": {"default": TASK_DEFINITION, "help": "the rendered file"},
        "--base": {"default": "", "help": "a commit to compare this one with"},
    },
    "preflight": {"--task-definition": {"required": True, "help": "the rendered file"}},
    "rollback": {
        "--to": {"default": "", "help": "vX.Y.Z or sha-COMMIT; else the last good deployment"},
        "--reason": {"default": "rolled back by hand", "help": "why pushes are held"},
        "--dry-run": {"action": "store_true", "help": "only say what it would do"},
        "--clear-hold": {"action": "store_true"},
    },
}


def parser() -> argparse.ArgumentParser:
    """The command line: a verb, and its options."""
    main = argparse.ArgumentParser(prog="python -m pipeline", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = main.add_subparsers(dest="verb", required=True, metavar="VERB [OPTION]")
    for name, verb in VERBS.items():
        sub = verbs.add_parser(name, help=re.split(r"[:;,.] ", verb.__doc__ or "")[0], description=verb.__doc__)
        for option, details in OPTIONS.get(name, {}).items():
            sub.add_argument(option, **details)
    return main


def main(arguments: list[str]) -> int:
    """Run a verb; returns its exit code."""
    options = parser().parse_args(arguments)
    try:
        with phase(options.verb) as found:
            VERBS[options.verb](options, found)
    except Failure as problem:
        fail(problem)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
