"""Stand-ins for the actions that the workflows pin, for a rehearsal that can reach neither GitHub nor their checkouts.

`actions/<owner>+<name>/` holds a stand-in's script `main.mjs`, and `post.mjs` where something is to be done after the job.
`actions/actions.json` says which version it stands in for, with the inputs and outputs of that version: the `action.yml`
is made from it, so that the two cannot differ. What the scripts share is copied beside them, as act takes one folder each.
"""

import json
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ACTIONS = Path(__file__).parent / "actions"
USES = re.compile(r"""^[ ]*(?:-[ ]+)?uses:[ ]*["']?(?P<name>[\w-][\w.-]*/[\w.-]+)(?:/[\w./-]+)?@(?P<ref>[\w./-]+)""", re.MULTILINE)


class NoStandIn(LookupError):
    """A workflow uses an action that has no stand-in."""


def known() -> dict[str, dict[str, Any]]:
    """Each action that has a stand-in, as "owner/name": its tag, sha, inputs and outputs."""
    actions: dict[str, dict[str, Any]] = json.loads((ACTIONS / "actions.json").read_text())
    return actions


def pinned(workflows: Iterable[Path]) -> dict[str, str]:
    """Every action of other repositories that these workflow files use: "owner/name" -> what it is pinned to.

    Raises ValueError when one action is pinned to two versions.
    """
    pins: dict[str, str] = {}
    for workflow in workflows:
        for found in USES.finditer(workflow.read_text()):
            name, ref = found["name"], found["ref"]
            if pins.setdefault(name, ref) != ref:
                raise ValueError(f"{workflow.name}: {name} is pinned to {ref}, elsewhere to {pins[name]}")
    return pins


def prepare(pins: Mapping[str, str], folder: Path) -> dict[str, Path]:
    """Lay out the stand-in of each pinned action in `folder`; "owner/name@sha" -> its folder, as act's --local-repository wants it.

    Raises NoStandIn with the names of all actions that have none; then nothing is laid out.
    """
    actions = known()
    if missing := sorted(set(pins) - set(actions)):
        raise NoStandIn(f"no stand-in in {ACTIONS} for: {', '.join(missing)}")
    return {f"{name}@{sha}": _lay_out(name, actions[name], folder) for name, sha in pins.items()}


def _lay_out(name: str, action: Mapping[str, Any], folder: Path) -> Path:
    target = folder / name.replace("/", "+")
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(ACTIONS / target.name, target)
    shutil.copytree(ACTIONS / "shared", target / "shared")
    scripts = {"main": "main.mjs", "post": "post.mjs"}
    runs = {"using": action["using"]} | {key: script for key, script in scripts.items() if (target / script).exists()}
    outputs = {output: {"description": output} for output in action["outputs"]}
    definition = {"name": f"Stand-in for {name} {action['tag']}", "inputs": action["inputs"], "outputs": outputs, "runs": runs}
    (target / "action.yml").write_text(json.dumps(definition, indent=2))  # JSON is YAML
    return target
