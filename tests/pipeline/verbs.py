"""What the verbs of the pipeline hand on to later steps; workflows may use nothing else."""

from dataclasses import fields

from commands.names import ROLES, Names

OUTPUTS: dict[str, set[str]] = {
    "names": {field.name for field in fields(Names)} | {f"{role}_role_arn" for role in ROLES} | {"role_arn"},
    "schema": {"head", "floor"},
    "find": {"digest"},
    "pushed": {"digest"},
    "prepare": {"secrets", "environment", "log-options", "labels", "desired-count", "running"},
    "guard": {"verdict", "migrations"},
    "pin": {"tag", "digest", "commit", "ship"},
    "apply": {"changes"},
    "rollback": {"tag", "digest", "commit"},
}
"""By verb; a test of each verb holds it against what it writes."""
