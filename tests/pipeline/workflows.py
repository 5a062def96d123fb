"""The workflows as plain values: their texts, jobs, steps, and what a step hands on."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.pipeline.verbs import OUTPUTS

ROOT = Path(__file__).parents[2]
FOLDER = ".github/workflows"
ACTION = ".github/actions/image/action.yml"
ACCOUNT = ".github/actions/account/action.yml"
PUSH = "tests/rehearsal/push.yml"
CI, DEPLOY, IMAGE, INFRA, RELEASE, ROLLBACK, SHIP, WATCH = (
    f"{FOLDER}/{name}.yml" for name in ("ci", "deploy", "image", "infra", "release", "rollback", "ship", "watch")
)
TAKES_A_ROLE = ("aws-actions/configure-aws-credentials", "./.github/actions/account")
"""By itself, or with all that is to be done before."""

Texts = Mapping[str, str]
"""Each file's text, by its path in the repository."""
Tree = dict[str, Any]


@dataclass(frozen=True)
class Action:
    """What an action of somebody else's takes and gives."""

    tag: str
    sha: str
    inputs: Mapping[str, Any]
    outputs: frozenset[str]

    @property
    def required(self) -> set[str]:
        """The inputs that it does not run without."""
        return {name for name, details in self.inputs.items() if details.get("required")}


def _actions() -> dict[str, Action]:
    known = json.loads((ROOT / "tests/rehearsal/actions/actions.json").read_text())
    found = {name: Action(it["tag"], it["sha"], it["inputs"], frozenset(it["outputs"])) for name, it in known.items()}
    python = Action("v7.0.0", "5fda3b95a4ea91299a34e894583c3862153e4b97", {"python-version": {}}, frozenset())
    return found | {"actions/setup-python": python}  # no deploy needs it, so nothing stands in for it


ACTIONS = _actions()
"""By name: the only ones that may be used, each at the one commit that was read."""


def read() -> dict[str, str]:
    """The texts of all of them."""
    paths = [*sorted((ROOT / FOLDER).glob("*.yml")), *sorted((ROOT / ".github/actions").glob("*/*")), ROOT / PUSH]
    return {str(path.relative_to(ROOT)): path.read_text() for path in paths}


@cache
def _parsed(text: str) -> Tree:
    tree: dict[Any, Any] = yaml.safe_load(text)
    return {"on" if key is True else key: value for key, value in tree.items()}


def load(texts: Texts, path: str) -> Tree:
    """One of them as a tree, to be read only; its triggers are under `on`, which YAML takes for a truth."""
    return _parsed(texts[path])


@dataclass(frozen=True)
class Job:
    """A job of a workflow, or the steps of an action."""

    path: str
    name: str
    tree: Tree
    workflow: Tree

    @property
    def where(self) -> str:
        """How a problem names it."""
        return f"{self.path}: {self.name}"

    @property
    def steps(self) -> list[Tree]:
        """Its steps, in order; none if it calls a workflow."""
        found: list[Tree] = self.tree.get("steps", [])
        return found

    @property
    def calls(self) -> str:
        """The path of the workflow that it calls, or nothing."""
        return str(self.tree.get("uses", "")).removeprefix("./")

    @property
    def permissions(self) -> dict[str, str]:
        """What it is granted."""
        found: dict[str, str] = self.tree.get("permissions", {})
        return found

    def environment(self, step: Tree) -> dict[str, str]:
        """The variables that a step finds, but for the runner's own."""
        return {**self.workflow.get("env", {}), **self.tree.get("env", {}), **step.get("env", {})}


def is_action(path: str) -> bool:
    """Whether it is an action: steps that run in the job of whoever uses it."""
    return path.endswith("/action.yml")


def jobs(texts: Texts) -> list[Job]:
    """Every job of every workflow, and each action as one more."""
    found = []
    for path in texts:
        tree = load(texts, path)
        parts = {"action": tree["runs"]} if is_action(path) else tree["jobs"]
        found += [Job(path, name, part, tree) for name, part in parts.items()]
    return found


def steps(texts: Texts) -> Iterator[tuple[Job, Tree]]:
    """Every step with its job."""
    for job in jobs(texts):
        for step in job.steps:
            yield job, step


def action_of(step: Tree) -> str:
    """The name of the action that a step uses, without its commit; empty if it runs a shell."""
    return str(step.get("uses", "")).partition("@")[0]


def file_of(action: str) -> str:
    """The path of an action of ours; another's name as it is."""
    return f"{action.removeprefix('./')}/action.yml" if action.startswith("./") else action


def commands(step: Tree) -> list[str]:
    """The lines of a step's shell, continued ones joined."""
    text: str = step.get("run", "")
    return re.sub(r"\\\n\s*", "", text).strip().splitlines()


def verb_of(step: Tree) -> str:
    """The verb of pipeline or infra that a step runs, or nothing."""
    found = re.search(r"-m (?:pipeline|infra) ([a-z]+)", step.get("run", ""))
    return found[1] if found else ""


def outputs_of(texts: Texts, step: Tree) -> set[str]:
    """What a step hands on to later ones."""
    if name := action_of(step):
        return set((ACTIONS.get(name) or signature(texts, file_of(name))).outputs)
    return OUTPUTS.get(verb_of(step), set())


@dataclass(frozen=True)
class Signature:
    """What a called workflow or a local action takes and gives."""

    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def required(self) -> set[str]:
        """The inputs that it does not run without."""
        return {name for name, details in self.inputs.items() if details.get("required")}


def signature(texts: Texts, path: str) -> Signature:
    """Of that file; what is started by hand takes inputs, too."""
    tree = load(texts, path)
    part = tree if is_action(path) else (tree["on"].get("workflow_call") or tree["on"].get("workflow_dispatch") or {})
    return Signature(part.get("inputs", {}), part.get("outputs", {}))
