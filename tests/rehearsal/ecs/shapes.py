"""The shapes of requests, checked by the model that every AWS SDK is made from."""

from functools import cache
from typing import Any

import botocore.loaders
import botocore.model
import botocore.validate

from tests.rehearsal.ecs.errors import ApiError


@cache
def _service() -> Any:
    return botocore.model.ServiceModel(botocore.loaders.Loader().load_service_model("ecs", "service-2"))


def without_nulls(value: Any) -> Any:
    """The same value without members that are null: SDKs may send them for "not given"."""
    if isinstance(value, dict):
        return {key: without_nulls(member) for key, member in value.items() if member is not None}
    if isinstance(value, list):
        return [without_nulls(member) for member in value]
    return value


def check(action: str, body: dict[str, Any]) -> None:
    """Refuse a body with a field that is missing, unknown or of the wrong type.

    Raises ApiError: with every fault, as botocore words them.
    """
    shape = _service().operation_model(action).input_shape
    report = botocore.validate.ParamValidator().validate(body, shape)
    if report.has_errors():
        code = "ClientException" if action == "RegisterTaskDefinition" else "InvalidParameterException"
        raise ApiError(code, report.generate_report())
