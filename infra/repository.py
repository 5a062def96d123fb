"""What GitHub must hold for a deploy: variables, environments, rules, and how it names the jobs to AWS. It only reads."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from itertools import count
from pathlib import Path
from typing import Any

from commands import names as naming
from commands.aws import Cloud
from commands.github import Refused, call
from commands.names import PASSED_ON, TASK_DEFINITION, Names, container_of, read_definition, resolve
from commands.report import Failure
from commands.trust import ISSUER, JOBS, Unknown, fits
from pipeline import preflight
from pipeline.git import git

KNOWN = {field.name.upper() for field in fields(Names)} | {*PASSED_ON, "DATABASE_CONNECTIONS", "ATTEST"}
"""The repository variables that mean something here."""
UNSET = "https://base-url-is-not-set"


class GitHub:
    """One repository in GitHub's REST API."""

    def __init__(self, repository: str) -> None:
        self.repository = repository
        self.token = os.environ.get("GITHUB_TOKEN") or os.environ.get("GH_TOKEN") or ""
        if not self.token and shutil.which("gh"):
            self.token = subprocess.run(["gh", "auth", "token"], capture_output=True, text=True, check=False).stdout.strip()

    def __call__(self, path: str) -> Any:
        """What is there, None for a 404. Raises Unknown if GitHub may not be asked."""
        if not self.token:
            raise Unknown("no token for GitHub: run `gh auth login`, or export GITHUB_TOKEN=... with the right to read the repository")
        try:
            return call("GET", path, repository=self.repository, token=self.token)
        except Refused as refused:
            if refused.status == 404:
                return None
            no_right = f"GitHub answers {refused.status}: the token needs the right to read this"
            raise Unknown(no_right if refused.status in (401, 403) else f"GitHub cannot be asked: {refused}") from refused

    def variables(self) -> dict[str, str]:
        """The repository's variables, and the organisation's where it has none of that name."""
        known: dict[str, str] = {}
        for kind in ("organization-variables", "variables"):
            with suppress(*([Unknown] if kind != "variables" else [])):  # an owner who is a person has none
                for page in count(1):
                    found = self(f"actions/{kind}?per_page=30&page={page}")
                    if found is None and kind == "variables":
                        raise Unknown("GitHub does not show this token the variables")
                    listed = found["variables"] if found else []
                    known |= {one["name"]: one["value"] for one in listed}
                    if len(listed) < 30:
                        break
        return known


def faults(definition: Mapping[str, Any], given: Mapping[str, str]) -> tuple[Names, list[str]]:
    """The names, by those variables that are good, and what is wrong with the others."""
    good, bad = {"BASE_URL": UNSET}, []
    for name, value in {"BASE_URL": "", **given}.items():
        try:
            resolve(definition, {"BASE_URL": UNSET, name: value})
            good[name] = value
        except Failure as problem:
            bad.append(str(problem))
        if name not in KNOWN and (close := get_close_matches(name, KNOWN, 1, 0.8)):
            bad.append(f"{name} looks like {close[0]}")
    return resolve(definition, good), bad


@dataclass(kw_only=True)
class Subject(preflight.Subject):
    """What is looked at: a repository, and the account that it deploys to."""

    github: Callable[[str], Any]
    repository: str
    wrong: list[str] | Unknown
    """What is wrong with the repository variables."""
    prefixes: list[str] = field(default_factory=list)
    """How subjects of its tokens may begin: one, if GitHub says which."""

    @property
    def provider(self) -> str:
        """GitHub's OIDC provider in the account."""
        return f"arn:aws:iam::{self.names.aws_account_id}:oidc-provider/{ISSUER}"


def place(name: str, file: str) -> Subject:
    """What is to be looked at: the repository of that name (default: where the code comes from), its variables in a file or on GitHub."""
    if not (name := name or os.environ.get("GITHUB_REPOSITORY", "")):
        found = re.search(r"[:/]([^/:]+/[^/]+?)(\.git)?/?$", git("remote", "get-url", "origin").decode().strip())
        name = found[1] if found else ""
    definition, github, given, unseen = read_definition(Path(TASK_DEFINITION)), GitHub(name), {"BASE_URL": UNSET}, None
    try:
        given = naming.variables(Path(file).read_text()) if file else github.variables()
    except OSError as problem:
        raise Failure(f"{file} cannot be read: {problem.strerror}") from problem
    except Unknown as reason:
        unseen = reason
    names, wrong = faults(definition, given)
    container = container_of(definition)
    definition |= {"executionRoleArn": names.role_arn(names.execution_role), "taskRoleArn": names.role_arn(names.task_role)}
    container["name"], container["logConfiguration"]["options"]["awslogs-group"] = names.ecs_container, names.log_group
    for entry in container["secrets"]:
        key = entry["valueFrom"].split(":")[7]
        entry["valueFrom"] = f"arn:aws:secretsmanager:{names.aws_region}:{names.aws_account_id}:secret:{names.secret_name}:{key}::"
    container["environment"].append({"name": "WEB_CONCURRENCY", "value": given.get("WEB_CONCURRENCY", "1")})
    connections = given.get("DATABASE_CONNECTIONS", "")
    return Subject(Cloud(names), names, definition, connections, github=github, repository=name, wrong=unseen or wrong)


def about(on: Subject) -> str:
    """There, called so, with main as its branch."""
    if not (found := on.github("")):
        raise Failure(f"there is no {on.repository}, or this token may not see it")
    asked, on.repository = on.repository, found["full_name"]  # subjects know upper and lower case
    owner, _, name = on.repository.partition("/")
    on.prefixes = [f"repo:{on.repository}", f"repo:{owner}@{found['owner']['id']}/{name}@{found['id']}"]
    if (asked.lower(), found["default_branch"]) != (on.repository.lower(), "main"):
        raise Failure(f"{asked} is called {on.repository} now, its branch {found['default_branch']}")
    return f"{on.repository}, {found['visibility']}"


def variables(on: Subject) -> str:
    """What must be set is, and nothing has a bad value or a misspelt name."""
    if isinstance(on.wrong, Unknown):
        raise on.wrong
    if on.wrong:
        raise Failure("; ".join(on.wrong))
    return on.names.base_url


def environment(on: Subject, name: str, *wanted: str) -> str:
    """Only for these branches and tags."""
    if not (found := on.github(f"environments/{name}")):
        raise Failure("there is no such environment")
    if not (found.get("deployment_branch_policy") or {}).get("custom_branch_policies"):
        raise Failure("other branches and tags may use it")
    rules = on.github(f"environments/{name}/deployment-branch-policies?per_page=100")["branch_policies"]
    given = sorted(f"{rule.get('type', 'branch')} {rule['name']}" for rule in rules)
    if given != sorted(wanted):
        raise Failure(f"it is for {', '.join(given) or 'nothing'}, not for {', '.join(wanted)}")
    waits = [rule["type"] for rule in found.get("protection_rules", []) if rule["type"] in ("required_reviewers", "wait_timer")]
    return f"{', '.join(wanted)}{(waits and f'; each deploy waits: {waits[0]}') or ''}"


def infrastructure(on: Subject) -> str:
    """For main only, and nobody applies alone what they pushed."""
    said = environment(on, "infrastructure", "branch main")
    rules = on.github("environments/infrastructure").get("protection_rules", [])
    if not any(rule["type"] == "required_reviewers" and rule.get("prevent_self_review") for rule in rules):
        raise Failure("who pushes may apply it alone: it has no required reviewers, or they may agree with themselves")
    return said


def tags(on: Subject) -> str:
    """A tag v* stays where it is."""
    for one in on.github("rulesets?targets=tag&per_page=100") or []:
        if one["target"] == "tag" and one["enforcement"] == "active":
            found = on.github(f"rulesets/{one['id']}")
            included = [pattern.replace("~ALL", "*") for pattern in found["conditions"]["ref_name"]["include"]]
            if {"update", "deletion"} <= {rule["type"] for rule in found["rules"]} and any(fits("refs/tags/v1.2.3", it) for it in included):
                return str(one["name"])
    raise Failure("no active ruleset keeps tags v* from being moved and deleted")


def required(on: Subject) -> str:
    """The one check that stands for all, by a ruleset or by the protection of main."""
    rules = [rule for rule in on.github("rules/branches/main") or [] if rule["type"] == "required_status_checks"]
    names = [check["context"] for rule in rules for check in rule["parameters"]["required_status_checks"]]
    protection = (on.github("branches/main") or {}).get("protection", {}).get("required_status_checks", {})
    if "Required" not in (names := names + protection.get("contexts", [])):
        raise Failure(f"main may be pushed to without the check Required{(names and f', it asks for {names[0]}') or ''}")
    return ", ".join(dict.fromkeys(names))


def subject(on: Subject) -> str:
    """How GitHub names each job to AWS: repositories made or renamed since July 2026 with numbers in it."""
    found = on.github("actions/oidc/customization/sub") or {}
    if not found.get("use_default", True) and found.get("include_claim_keys", []) not in ([], ["repo", "context"]):
        raise Failure(f"it is put together of {', '.join(found['include_claim_keys'])}, which no role here expects")
    if len(on.prefixes) < 2 or not {"sub_claim_prefix", "use_immutable_subject"} & found.keys():
        raise Unknown("GitHub does not say which form it has")
    on.prefixes = [found.get("sub_claim_prefix") or on.prefixes[found["use_immutable_subject"]]]
    return on.prefixes[0] + "".join(f"\n          {job}: {on.prefixes[0]}:{context}" for job, (context, _) in JOBS.items())


WHERE = "Settings > Environments > New environment, or its Deployment branches and tags > Selected:"
CHECKS: list[tuple[str, Callable[[Any], str], str]] = [
    (
        "github/repository",
        about,
        "give the right one: --repository OWNER/NAME, git remote set-url origin; its default branch must be main",
    ),
    ("github/variables", variables, "gh variable set NAME --body VALUE --repo {repository}; a misspelt one: gh variable delete NAME"),
    ("github/production", lambda on: environment(on, "production", "branch main", "tag v*"), f"{WHERE} branch main, tag v*"),
    ("github/release", lambda on: environment(on, "release", "tag v*"), f"{WHERE} tag v*"),
    ("github/infrastructure", infrastructure, f"{WHERE} branch main; Required reviewers, and Prevent self-review"),
    ("github/tags", tags, "Settings > Rules > New tag ruleset: active, target v*, restrict updates and deletions"),
    ("github/required check", required, "Settings > Rules > New branch ruleset: active, target main, require the status check Required"),
    ("github/OIDC subject", subject, "gh api -X PUT repos/{repository}/actions/oidc/customization/sub -F use_default=true"),
]
