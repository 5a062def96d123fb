"""What everything is called in the cloud: task-definition.json says most of it, the rest stands here, repository variables override all.

A fork deploys to its own account by setting variables alone.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from commands.report import Failure, output
from commands.verbs import Found, Options, option, takes

TASK_DEFINITION = "task-definition.json"
PASSED_ON = (
    *("ALLOWED_HOSTS", "CORS_ORIGINS", "JOBS", "LOG_LEVEL", "WEB_CONCURRENCY"),
    *("OIDC_ADMIN_GROUP", "OIDC_AUDIENCE", "OIDC_ISSUER", "OIDC_JWKS_URL", "OIDC_PROVISION", "OIDC_ROLES_CLAIM"),
)
"""Settings of the app that a repository variable of the same name reaches the task by."""
FORMS = {
    "base_url": (r"https?://[\w.-]+(:\d+)?", "scheme://host[:port]"),
    "aws_account_id": (r"\d{12}", "12 digits"),
    "aws_region": (r"[a-z]{2}(-[a-z]+)+-\d", "like ap-northeast-2"),
    "storage_url": (r"s3://\S+", "s3://bucket/prefix"),
}
"""What these names must look like, and how that is said."""


@dataclass(frozen=True)
class Names:
    """Every name that the workflows use. A field's name, in capitals, is the repository variable that overrides it."""

    aws_account_id: str
    aws_region: str
    ecr_repository: str
    ecs_cluster: str
    ecs_service: str
    ecs_container: str
    build_role: str
    deploy_role: str
    release_role: str
    read_role: str
    infra_role: str
    execution_role: str
    task_role: str
    log_group: str
    secret_name: str
    base_url: str
    storage_url: str

    def role_arn(self, name: str) -> str:
        """The ARN of a role of this account."""
        return f"arn:aws:iam::{self.aws_account_id}:role/{name}"

    def outputs(self) -> dict[str, str]:
        """The step's outputs: the names, and the ARNs of the roles, for steps that take whole ARNs."""
        names: dict[str, str] = asdict(self)
        return names | {f"{name}_arn": self.role_arn(value) for name, value in names.items() if name.endswith("_role")}


ROLES = [field.name.removesuffix("_role") for field in fields(Names) if field.name.endswith("_role")]


def container_of(definition: Mapping[str, Any]) -> dict[str, Any]:
    """The one container of a task definition. Raises Failure if there is not exactly one."""
    containers = definition.get("containerDefinitions")
    if not isinstance(containers, list) or len(containers) != 1:
        raise Failure(f"{TASK_DEFINITION} must have exactly one container definition")
    container: dict[str, Any] = containers[0]
    return container


def read_definition(path: Path) -> dict[str, Any]:
    """The task definition in that file. Raises Failure if it cannot be read, naming the line that is at fault."""
    try:
        definition = json.loads(path.read_text())
    except OSError as problem:
        raise Failure(f"{path} cannot be read: {problem.strerror}") from problem
    except ValueError as problem:
        line = getattr(problem, "lineno", 1)
        raise Failure(f"{path} is not valid JSON: {problem}", file=str(path), line=line) from problem
    if not isinstance(definition, dict):
        raise Failure(f"{path} must hold a JSON object", file=str(path))
    return definition


def resolve(definition: Mapping[str, Any], variables: Mapping[str, str]) -> Names:
    """The names that `definition` gives, overridden by the repository variables. Raises Failure, naming the variable, if one is bad."""
    try:
        defaults = _defaults(definition)
    except (KeyError, IndexError, TypeError, AttributeError) as problem:
        raise Failure(
            f"{TASK_DEFINITION} lacks what the names are taken from: {type(problem).__name__} {problem}", file=TASK_DEFINITION
        ) from problem
    account = variables.get("AWS_ACCOUNT_ID", "").strip() or defaults["aws_account_id"]
    defaults["storage_url"] = defaults["storage_url"].replace(defaults["aws_account_id"], account)  # a bucket's name is taken world-wide
    names = Names(**{name: (variables.get(name.upper()) or default).strip() for name, default in defaults.items()})
    if names.base_url.endswith(".invalid"):
        raise Failure("the repository variable BASE_URL is not set: it is the address that people use, https://lms.example.org")
    for name, (form, said) in FORMS.items():
        if not re.fullmatch(form, getattr(names, name)):
            raise Failure(f"{name.upper()} must be {said}, not {getattr(names, name)!r}")
    for name, value in asdict(names).items():
        if not value or re.search(r"\s", value):
            raise Failure(f"{name.upper()} must not be empty or hold spaces: {value!r}")
    return names


def _defaults(definition: Mapping[str, Any]) -> dict[str, str]:
    container = container_of(definition)
    environment = {entry["name"]: entry["value"] for entry in container["environment"]}
    image = re.fullmatch(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/([^:@]+)[:@].+", container["image"])
    secret = re.match(r"arn:[^:]+:secretsmanager:[^:]+:[^:]+:secret:([^:]+):", container["secrets"][0]["valueFrom"])
    if not image or not secret:
        raise Failure(
            f"{TASK_DEFINITION}: the image must be ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME:TAG, secrets must come from Secrets Manager"
        )
    return {
        "aws_account_id": image[1],
        "aws_region": image[2],
        "ecr_repository": image[3],
        "ecs_cluster": "lms-ecs",
        "ecs_service": "lms-ecs-service",
        "ecs_container": container["name"],
        "build_role": "lms-ecs-build",
        "deploy_role": "lms-ecs-deploy",
        "release_role": "lms-ecs-release",
        "read_role": "lms-ecs-read",
        "infra_role": "lms-ecs-infra",
        "execution_role": definition["executionRoleArn"].partition(":role/")[2],
        "task_role": definition["taskRoleArn"].partition(":role/")[2],
        "log_group": container["logConfiguration"]["options"]["awslogs-group"],
        "secret_name": secret[1],
        "base_url": environment["BASE_URL"],
        "storage_url": environment["STORAGE_URL"],
    }


def variables(given: str | None = None) -> dict[str, str]:
    """The repository variables: `given`, else VARIABLES, is `toJSON(vars)` of a workflow. Raises Failure if it is not."""
    text = os.environ.get("VARIABLES", "") if given is None else given
    try:
        return {str(name).upper(): str(value) for name, value in (json.loads(text.strip() or "{}") or {}).items()}
    except (ValueError, AttributeError) as problem:
        raise Failure("VARIABLES must be the JSON of the repository variables: VARIABLES: ${{ toJSON(vars) }}") from problem


def here() -> Names:
    """The names of everything in the cloud, from task-definition.json and the repository variables."""
    return resolve(read_definition(Path(TASK_DEFINITION)), variables())


@takes(option("--role", default="", choices=ROLES, help="whose ARN to give as role_arn as well"))
def main(options: Options, found: Found) -> None:
    """Print what everything is called in the cloud: task-definition.json, overridden by the repository variables in VARIABLES (JSON)."""
    names = here().outputs()
    output(names | {"role_arn": names.get(f"{options.role}_role_arn", "")})
