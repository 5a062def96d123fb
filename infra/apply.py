"""apply: make the account what the templates say, or adopt what it holds. Shows each change in words and asks."""

import os
import subprocess
from pathlib import Path
from shlex import quote

from commands.aws import Cloud, named
from commands.names import TASK_DEFINITION, read_definition, resolve, variables
from commands.report import Failure, output, say, summary
from commands.verbs import Found, Options, option, takes
from infra import account, stacks, words
from infra.stacks import ADMINISTRATORS, STACKS, Parameters, camel, check_connections, default, repository_of, stack_name, template

UNKNOWN = {"BASE_URL": "https://not-known-yet.example"}
"""The address is known when there is a load balancer; no stack needs it."""
GITHUB = {"OwnerId": "GITHUB_REPOSITORY_OWNER_ID", "RepositoryId": "GITHUB_REPOSITORY_ID"}


def repository() -> Parameters:
    """The GitHub repository that the roles trust: a workflow's own, else the remote `origin`; its numbers inside a workflow only."""
    inside = os.environ.get("GITHUB_REPOSITORY")
    asked = ["git", "remote", "get-url", "origin"]
    remote = f"github.com/{inside}" if inside else subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    return repository_of(remote) | {name: os.environ[variable] for name, variable in GITHUB.items() if os.environ.get(variable)}


def agreed(question: str) -> bool:
    """Whether the person at the terminal says yes."""
    try:
        return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:
        return False


class Account(Cloud):
    """The account with the names that the repository gives everything in it."""

    def __init__(self) -> None:
        self.given = variables()
        super().__init__(resolve(read_definition(Path(TASK_DEFINITION)), UNKNOWN | self.given))
        with named("ask AWS who you are"):
            mine = self("sts").get_caller_identity()["Account"]
        if mine != self.names.aws_account_id:
            raise Failure(
                f"""you are signed in to {mine}, not {self.names.aws_account_id}: VARIABLES='{{"AWS_ACCOUNT_ID": "{mine}"}}' make infra"""
            )


def told(stack: str, lines: list[str]) -> None:
    """Say what a stack would change, in the log and on the run's page."""
    say("\n".join([f"{stack}:", *(f"  {line}" for line in lines)]))
    summary("\n".join([f"### {stack_name(stack)}", *(f"- {line}" for line in lines)]))


def change(cloud: Account, stack: str, there: Parameters, *, yes: bool, dry: bool) -> bool:
    """Bring one stack up to date; whether there was anything to do. Raises Failure if it cannot be done, or if nobody agrees."""
    cloudformation, own = cloud("cloudformation"), stacks.named(cloud.names)
    if dry and not account.lives(account.stack_of(cloudformation, stack)):
        told(stack, ["makes all of it: what exactly is known when the stacks before it are there"])
        return True
    runs = account.running(cloud, cloud.names)
    given = own | repository() | camel(cloud.given) | account.handed_on(cloudformation, stack) | {words.RECORDED: runs}
    change_set, changes = account.propose(cloudformation, stack, template(stack, own), given, there)
    why = "nothing changes"
    if changes and not words.only_records(changes):
        lines = [words.described(one) for one in changes]
        told(stack, lines)
        why = words.refused(changes)
        if not why and dry:
            cloudformation.delete_change_set(**change_set)
            return True
        if not why and not (yes or agreed(f"Apply this to {stack_name(stack)}?")):
            why = "not applied"
        if not why and account.running(cloud, cloud.names) != runs:
            why = "something was shipped meanwhile; run this again"
        if not why:
            account.apply(cloudformation, stack, change_set)
            return True
    if change_set:
        cloudformation.delete_change_set(**change_set)
    if why != "nothing changes":
        raise Failure(f"{stack}: {why}")
    say(f"{stack}: {why}")
    return False


def limits(cloud: Account) -> Parameters:
    """How many tasks, server processes in each and connections there may be: as set now, else as the stacks are, else as they would be."""
    formation, known = cloud("cloudformation"), {"WebConcurrency": "1"}
    for stack, name in (("service", "MaxTasks"), ("data", "DatabaseConnections")):
        known[name] = account.values(account.stack_of(formation, stack)).get(name) or default(stack, name)
    return known | {name: value for name, value in camel(cloud.given).items() if name in known and value}


def to_set(cloud: Account, handed: Parameters) -> list[str]:
    """What differs from task-definition.json, and what this was run with, as lines to paste; in a workflow only what GitHub has not."""
    names, ours, committed = cloud.names, repository(), resolve(read_definition(Path(TASK_DEFINITION)), UNKNOWN)
    mine = {name: getattr(names, name) for name in ("aws_account_id", "aws_region", "storage_url")}
    values = {name.upper(): value for name, value in mine.items() if value != getattr(committed, name)}
    values |= {"OWNER_ID": ours.get("OwnerId", ""), "REPOSITORY_ID": ours.get("RepositoryId", "")}
    values |= {"DATABASE_CONNECTIONS": handed.get("MaxConnections", ""), "BASE_URL": handed.get("Address", "")} | cloud.given
    has = cloud.given if "GITHUB_ACTIONS" in os.environ else {}
    where = f" --repo {ours['Owner']}/{ours['Repository']}" if ours.get("Owner") else ""
    lines = [f"  gh variable set {name} --body {quote(value)}{where}" for name, value in values.items() if value and name not in has]
    numbers = {"OWNER_ID": ".owner.id", "REPOSITORY_ID": ".id"}
    about = f"repos/{ours['Owner']}/{ours['Repository']}" if where else "repos/OWNER/REPO"
    return lines + [
        f'  gh variable set {name} --body "$(gh api {about} --jq {path})"{where}' for name, path in numbers.items() if not values[name]
    ]


@takes(
    option("--yes", action="store_true", help="without asking"),
    option("--dry-run", action="store_true", help="only show what would change; later steps read whether anything would"),
    option("--ci", action="store_true", help=f"all but {' and '.join(ADMINISTRATORS)}, which an administrator applies"),
)
def main(options: Options, found: Found) -> None:
    """Make the account what the templates say, stack after stack: each change in words, then a question."""
    cloud = Account()
    check_connections(limits(cloud))
    there = account.found(cloud, cloud.names)
    wanted = [stack for stack in STACKS if not (options.ci and stack in ADMINISTRATORS)]
    changed = [stack for stack in wanted if change(cloud, stack, there, yes=options.yes, dry=options.dry_run)]
    if options.dry_run:
        output({"changes": "true" if changed else "false"})
        return
    made = [account.stack_of(cloud("cloudformation"), stack) for stack in STACKS]
    lines = to_set(cloud, {name: value for stack in made for name, value in account.outputs(stack).items()})
    say("\n".join(["Repository variables to set, where they are not (BASE_URL: your own name for it, if it has one):", *lines]))
