"""As much of the AWS CLI as a pasted line needs: python -m tests.rehearsal.aws.cli SERVICE CALL --option value ...

JSON or one plain value an option; file:// is read, --query is JMESPath, --cli-input-json is the whole request. What boto3 takes for
wrong is refused.
"""

import json
import sys
from pathlib import Path
from typing import Any

import boto3
import jmespath  # type: ignore[import-untyped]
from botocore import xform_name
from botocore.model import Shape

SERVICES = {"s3api": "s3"}
OWN = ("query", "output", "cli-input-json")
"""Options of the CLI itself."""


def value(text: str, shape: Shape) -> Any:
    """An option's value as its type."""
    if text.startswith("file://"):
        text = Path(text.removeprefix("file://")).read_text()
    if shape.type_name in ("structure", "map"):
        return json.loads(text)
    if shape.type_name == "list":
        return json.loads(text) if text.startswith("[") else pairs(text)
    return json.loads(text) if shape.type_name in ("integer", "boolean") else text


def pairs(text: str) -> list[Any]:
    """The short form of a list of one: a=b,c=d, or a plain text."""
    return [dict(pair.split("=") for pair in text.split(","))] if "=" in text else [text]


def main(arguments: list[str]) -> int:
    """Make the call and print what it answers."""
    service, call, *rest = arguments
    client = boto3.client(SERVICES.get(service, service))
    operation = next(name for name in client.meta.service_model.operation_names if xform_name(name, "-") == call)
    members = client.meta.service_model.operation_model(operation).input_shape.members
    names = {xform_name(name, "-"): name for name in members}
    options, request = dict(zip([one.removeprefix("--") for one in rest[::2]], rest[1::2], strict=True)), {}
    for name, text in options.items():
        if name not in OWN:
            request[names[name]] = value(text, members[names[name]])
    answer = getattr(client, xform_name(operation))(**request, **json.loads(options.get("cli-input-json", "{}")))
    answer.pop("ResponseMetadata", None)
    found = jmespath.search(options["query"], answer) if "query" in options else answer
    sys.stdout.write(f"{found if options.get('output') == 'text' else json.dumps(found, default=str)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
