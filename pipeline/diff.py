"""diff: what changes in the task definition and in the schema, sorted, only what differs; what may be secret is never shown."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from commands.aws import Cloud
from commands.names import TASK_DEFINITION, read_definition
from commands.report import markdown, say, summary
from commands.verbs import Found, Options, option, takes
from pipeline import git, guard, prepare, schema

BY_AWS = re.compile(
    r"(taskDefinitionArn|revision|status|requiresAttributes|compatibilities|(de)?registeredAt|registeredBy)[. ].*"
    r"|containerDefinitions\.[^.]+\.(cpu 0|enableFaultInjection False)"
)
"""Path and value of what only AWS says."""
SECRET = re.compile(r"SECRET|PASSW|TOKEN|KEY|CREDENTIAL|DATABASE_URL")

Change = tuple[str, Any, Any]
"""A path in the task definition, what stood there, and what stands there now; None is nothing."""


def flat(value: Any, path: str = "") -> dict[str, Any]:
    """Every leaf of a tree by its path, nothing that is empty; lists of named things by name, for their order does not matter."""
    if isinstance(value, list) and value and all(isinstance(entry, dict) for entry in value):
        value = dict(_entry(entry, at) for at, entry in enumerate(value))
    if not isinstance(value, dict):
        return {} if value in (None, []) else {path: value}
    found: dict[str, Any] = {}
    for name, below in value.items():
        found |= flat(below, f"{path}.{name}" if path else name)
    return found


def _entry(entry: Mapping[str, Any], at: int) -> tuple[str, Any]:
    """Name of an entry of a list, and what else it says."""
    key = next((key for key in ("name", "sourceVolume", "containerPort") if key in entry), "")
    rest = {name: value for name, value in entry.items() if name != key and value not in (None, [], {})}
    if rest.get("hostPort") == entry.get("containerPort"):
        rest.pop("hostPort", None)  # AWS says it, people do not
    return str(entry.get(key, at)), rest.get("value", rest.get("valueFrom", rest or "there"))


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What differs between two task definitions, by path, leaving out what only AWS says."""
    old, new = ({path: value for path, value in flat(it).items() if not BY_AWS.fullmatch(f"{path} {value}")} for it in (before, after))
    return [(path, old.get(path), new.get(path)) for path in sorted(old | new) if old.get(path) != new.get(path)]


def _shown(path: str, value: Any) -> str:
    if ".environment." in path and SECRET.search(path.rpartition(".")[2].upper()):
        return "(hidden)"
    return re.sub(r"(\w+://)[^/@\s\"]+@", r"\1(hidden)@", json.dumps(value, ensure_ascii=False))


def text(changes: list[Change]) -> str:
    """A line for what goes, a line for what comes."""
    sides = [(sign, path, value) for path, old, new in changes for sign, value in (("-", old), ("+", new)) if value is not None]
    return "\n".join(f"{sign} {path}: {_shown(path, value)}" for sign, path, value in sides) or "nothing differs"


def sql(migrations: list[schema.Migration]) -> str:
    """The SQL of these migrations of the folder at hand, as PostgreSQL would get it: no database is asked."""
    between = f"{migrations[0].down_revision or 'base'}:{migrations[-1].revision}"
    environment = {"LMS_ENV": "development", "DATABASE_URL": "postgresql://nobody@nowhere.invalid/none"}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade", between, "--sql"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    why = (done.stderr.strip() or done.stdout.strip()).rpartition("\n")[2]
    return f"-- {between} cannot be shown: {why}" if done.returncode else done.stdout.strip()


@takes(
    option("--task-definition", default=TASK_DEFINITION, help="the rendered file"),
    option("--base", default=None, help="a commit to compare this one with"),
)
def main(options: Options, found: Found) -> None:
    """Show what a rendered task definition changes of the running one; with --base what this commit changes of that one, SQL included."""
    if options.base is not None and not git.known(options.base):
        line = f"Nothing to compare with: this clone does not hold {options.base or 'any base'}, as after a first or a forced push."
        say(line)
        return summary(line)
    if options.base:
        before, after = json.loads(git.git("show", f"{options.base}:{TASK_DEFINITION}")), read_definition(Path(TASK_DEFINITION))
        migrations = git.added(git.migrations(options.base), git.migrations("HEAD"))
    else:
        cloud = Cloud()
        before = prepare.current(cloud("ecs"), prepare.describe_service(cloud("ecs"), cloud.names))
        after = read_definition(Path(options.task_definition))
        migrations = []
    found["task_definition"] = text(compare(before, after))
    shown = {"Task definition": ("diff", found["task_definition"])}
    if migrations:
        shown[f"Migrations: {', '.join(guard.shown(migrations))}"] = ("sql", sql(migrations))
    for title, (language, body) in shown.items():
        say(f"{title}\n{body}")
        if options.base:  # a deploy's page is the receipt
            summary(markdown(title, language, body))
    return None
