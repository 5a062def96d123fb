"""What the verbs of the pipeline hand on to later steps; workflows may use nothing else."""

from dataclasses import fields

from pipeline.names import Names

OUTPUTS: dict[str, set[str]] = {
    "names": {field.name for field in fields(Names)} | {"build_role_arn", "deploy_role_arn", "execution_role_arn", "task_role_arn"},
    "schema": {"head", "floor"},
    "find": {"digest"},
    "pushed": {"digest"},
    "prepare": {"secrets", "environment", "log-options", "labels", "desired-count", "running"},
    "guard": {"verdict", "migrations"},
    "rollback": {"tag", "digest", "commit"},
}
"""By verb; a test of each verb holds it against what it writes."""
