"""The templates as plain values: read as CloudFormation reads them, with what depends on an account filled in."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[2] / "infra"
ACCOUNT, REGION = "471112588210", "ap-northeast-2"
NOTHING = object()
"""What AWS::NoValue leaves."""


class Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms: !Sub x is {"Fn::Sub": x}."""


def _short(loader: Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        value = value.split(".", 1) if name == "GetAtt" else value
    else:
        value = loader.construct_sequence(node, deep=True) if isinstance(node, yaml.SequenceNode) else None
    return {name if name in {"Ref", "Condition"} else f"Fn::{name}": value}


Loader.add_multi_constructor("!", _short)


@cache
def _parsed(text: str) -> dict[str, Any]:
    tree: dict[str, Any] = Loader(text).get_single_data()
    return tree


def read() -> dict[str, str]:
    """Each template's text, by its stack's name."""
    return {path.stem: path.read_text() for path in sorted(FOLDER.glob("*.yaml"))}


@dataclass(frozen=True)
class Template:
    """One template in an account, with these parameters and for the others their defaults; what is made is "<Name>", unless given, too."""

    text: str
    given: Mapping[str, str]
    account: str = ACCOUNT
    region: str = REGION

    @cached_property
    def tree(self) -> dict[str, Any]:
        """As it is written, to be read only."""
        return _parsed(self.text)

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """Each with its value; a list as a list."""
        found = {name: self.given.get(name, about.get("Default", f"<{name}>")) for name, about in self.tree["Parameters"].items()}
        lists = {name for name, about in self.tree["Parameters"].items() if about["Type"] == "CommaDelimitedList"}
        return {name: str(value).split(",") if name in lists else str(value) for name, value in found.items()}

    @cached_property
    def resources(self) -> dict[str, dict[str, Any]]:
        """Those that are made, with everything filled in."""
        listed: dict[str, dict[str, Any]] = self.tree["Resources"]
        return {name: self.value(about) for name, about in listed.items() if self.holds(about.get("Condition"))}

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of every resource of that type, by its name."""
        return {name: about.get("Properties", {}) for name, about in self.resources.items() if about["Type"] == f"AWS::{kind}"}

    def holds(self, condition: str | None) -> bool:
        """Whether that condition is true; none always is."""
        return condition is None or bool(self.value(self.tree["Conditions"][condition]))

    def value(self, node: Any) -> Any:
        """A part of the template with its functions done."""
        if isinstance(node, list):
            return [done for done in map(self.value, node) if done is not NOTHING]
        if not isinstance(node, dict):
            return node
        if len(node) == 1 and (name := next(iter(node))) in FUNCTIONS:
            return FUNCTIONS[name](self, node[name])
        done = {key: self.value(each) for key, each in node.items() if key != "Condition" or not isinstance(each, str)}
        return {key: each for key, each in done.items() if each is not NOTHING}

    def reference(self, name: str) -> Any:
        """What !Ref is."""
        pseudo = {"AWS::AccountId": self.account, "AWS::Region": self.region, "AWS::NoValue": NOTHING}
        return pseudo[name] if name in pseudo else self.parameters.get(name, self.given.get(name, f"<{name}>"))

    def substituted(self, text: Any) -> str:
        """What !Sub is."""
        own: dict[str, Any] = {}
        if isinstance(text, list):
            text, own = text[0], self.value(text[1])
        return re.sub(r"\$\{([\w:.]+)\}", lambda found: str(own.get(found[1]) or self.reference(found[1])), text)


def _select(template: Template, node: Any) -> Any:
    index, values = template.value(node)
    return values[int(index)]


FUNCTIONS: dict[str, Callable[[Template, Any], Any]] = {
    "Ref": Template.reference,
    "Condition": Template.holds,
    "Fn::Sub": Template.substituted,
    "Fn::GetAtt": lambda _, node: f"<{'.'.join(node)}>",
    "Fn::If": lambda template, node: template.value(node[1] if template.holds(node[0]) else node[2]),
    "Fn::Equals": lambda template, node: template.value(node[0]) == template.value(node[1]),
    "Fn::Not": lambda template, node: not template.value(node[0]),
    "Fn::And": lambda template, node: all(template.value(node)),
    "Fn::Join": lambda template, node: node[0].join(template.value(node[1])),
    "Fn::Select": _select,
    "Fn::Split": lambda template, node: template.value(node[1]).split(node[0]),
    "Fn::GetAZs": lambda template, node: [f"{template.region}{letter}" for letter in "abc"],
    "Fn::Cidr": lambda template, node: [f"<{template.value(node[0])} {at}>" for at in range(node[1])],
}
"""A condition's name as a resource's own key is no function: its value is a text there and never the only key."""
