"""Which role called what in real plays, as recorded_calls.json has it, held against what the templates allow.

python -m tests.rehearsal.recorded: add what plays have called since and what the rehearsal that is up has.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from commands.names import TASK_DEFINITION, Names, read_definition, resolve
from commands.report import say
from tests.rehearsal.aws import calls as noted
from tests.rehearsal.aws.calls import FREE, PREFIXES
from tests.rehearsal.aws.server import CALLS
from tests.rehearsal.aws.trust import allows
from tests.rehearsal.places import BUILD, ROOT, STATE
from tests.rehearsal.policies import INFRA, ROLES, Policy, Role, name_of

FILE = Path(__file__).with_name("recorded_calls.json")
FOUND = BUILD / "calls.json"
"""What the file lacked when plays were checked; it stays when they are taken down."""
NAMES: Names = resolve(read_definition(ROOT / TASK_DEFINITION), {"BASE_URL": "https://lms.test"})
REFUSED = ("arn:aws:s3:::no-such-bucket",)
"""Of the row wrong-bucket."""
CONTEXT = {
    "ecs:cluster": f"arn:aws:ecs:{NAMES.aws_region}:{NAMES.aws_account_id}:cluster/{NAMES.ecs_cluster}",
    "iam:passedtoservice": "ecs-tasks.amazonaws.com",
    "aws:tagkeys": "deploy-hold",
    "aws:requestedregion": NAMES.aws_region,
}
"""Taken as true of every call: what a condition asks for is not recorded."""

Called = dict[str, dict[str, list[str]]]
"""By role and action: what it was done to."""
Book = dict[str, dict[str, dict[str, Any]]]
"""By role: `recorded`, and `unrecorded` with a reason for each action."""


def key(role: Role) -> str:
    """What a role is called here."""
    return role[1].lower()


def read() -> Book:
    """The file."""
    book: Book = json.loads(FILE.read_text())
    return book


def text(book: Book) -> str:
    """The file's text: everything in order."""
    return json.dumps(book, indent=2, sort_keys=True) + "\n"


def played() -> Called:
    """What the rehearsal that is up has called; by the name of a role that no template makes, if there was one."""
    file, keys = STATE / CALLS, {name_of(role, NAMES): key(role) for role in [*ROLES, INFRA]}
    found: Called = json.loads(file.read_text()) if file.exists() else {}
    return {keys.get(role, role): meant(calls) for role, calls in found.items()}


def meant(calls: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Those calls without what only a scenario asks for, and must be refused."""
    kept = {action: [each for each in resources if each not in REFUSED] for action, resources in calls.items()}
    return {action: resources for action, resources in kept.items() if resources or not calls[action]}


def new(called: Called, book: Book) -> list[str]:
    """What was called and is not in the file."""
    return [
        f"{role}: {action} on {resource}"
        for role, calls in sorted(called.items())
        for action, resources in sorted(calls.items())
        for resource in sorted(resources)
        if resource not in book.get(role, {}).get("recorded", {}).get(action, [])
    ]


def added(called: Called, book: Book) -> Book:
    """The file with what was called; a reason that nothing calls an action goes."""
    done: Book = json.loads(json.dumps(book))
    for role, calls in called.items():
        entry = done.setdefault(role, {"recorded": {}, "unrecorded": {}})
        for action, resources in calls.items():
            entry["recorded"][action] = sorted({*entry["recorded"].get(action, []), *resources})
            entry["unrecorded"].pop(action, None)
    return done


@contextmanager
def heard() -> Iterator[Called]:
    """What this process calls meanwhile by boto3, as the infra role's. CloudFormation's own calls are not among it."""
    from botocore.client import BaseClient

    called: Called = {key(INFRA): {}}
    call = BaseClient._make_api_call

    def noting(client: Any, operation: str, given: dict[str, Any]) -> Any:
        service, place = client.meta.service_model.signing_name, f"{client.meta.region_name}:{NAMES.aws_account_id}"
        action = f"{PREFIXES.get(service, service)}:{operation}"
        known = called[key(INFRA)].setdefault(action, []) if action not in FREE else []
        known += [each for each in noted.resources(action, given, place) if each not in known]
        return call(client, operation, given)

    BaseClient._make_api_call = noting
    try:
        yield called
    finally:
        BaseClient._make_api_call = call


def check(called: Called | None = None) -> None:
    """After plays: fails with what the file lacks, and keeps it."""
    called = played() if called is None else called
    assert called, "a play calls something"
    if lacks := new(called, read()):
        BUILD.mkdir(parents=True, exist_ok=True)
        FOUND.write_text(json.dumps(joined(called, kept())))
        raise AssertionError("\n".join([f"{FILE.name} lacks what was called; python -m tests.rehearsal.recorded adds it:", *lacks]))


def kept() -> Called:
    """What earlier checks found."""
    found: Called = json.loads(FOUND.read_text()) if FOUND.exists() else {}
    return found


def joined(one: Called, other: Called) -> Called:
    """Both."""
    book = added(other, added(one, {}))
    return {role: entry["recorded"] for role, entry in book.items()}


def listed(value: str | list[str]) -> list[str]:
    """A policy's one action, or its actions."""
    return [value] if isinstance(value, str) else value


def outside(called: Mapping[str, list[str]], name: str, policy: Policy) -> list[str]:
    """What was called though the policy does not allow it."""
    return [
        f"{name} calls {action} on {resource}, which its policy does not allow"
        for action, resources in called.items()
        for resource in resources
        if not allows([policy], action=action, resource=resource, context=CONTEXT)
    ]


def wrong(book: Book, policy_of: Callable[[Role], Policy]) -> list[str]:
    """Where the file and the policies differ; empty if nowhere."""
    expected = {*map(key, [*ROLES, INFRA])}
    found = [] if {*book} == expected else [f"the file has the roles {', '.join(sorted(book))}"]
    for role in [*ROLES, INFRA]:
        name, policy, entry = key(role), policy_of(role), book.get(key(role), {"recorded": {}, "unrecorded": {}})
        allowed = {action for one in policy["Statement"] if one["Effect"] == "Allow" for action in listed(one["Action"])}
        found += outside(entry["recorded"], name, policy)
        if role == INFRA:  # what CloudFormation calls for it is not recorded
            continue
        reasons: Mapping[str, str] = entry["unrecorded"]
        found += [
            f"{name} may do {action}, which no play calls: without a reason" for action in sorted(allowed - {*entry["recorded"], *reasons})
        ]
        found += [f"{name}: {action} has a reason, but is recorded" for action in sorted({*reasons} & {*entry["recorded"]})]
        found += [f"{name}: {action} has a reason, but is not allowed" for action in sorted({*reasons} - allowed)]
        found += [f"{name}: the reason of {action} says nothing" for action, why in reasons.items() if len(why.split()) < 5]
    return found


def main() -> int:
    """Add to the file what was called; returns the exit code."""
    called = joined(kept(), played())
    lacks = new(called, read())
    FILE.write_text(text(added(called, read())))
    FOUND.unlink(missing_ok=True)
    say("\n".join(lacks) or "nothing new was called")
    return 0


if __name__ == "__main__":
    sys.exit(main())
