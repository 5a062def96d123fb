"""The refusals of the API."""


class ApiError(Exception):
    """One refused call: becomes ``{"__type": code, "message": message}`` with an HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def client_error(message: str) -> ApiError:
    """What the caller asked for is wrong in itself."""
    return ApiError("ClientException", message)


def invalid(message: str) -> ApiError:
    """A parameter does not fit the others, or what exists."""
    return ApiError("InvalidParameterException", message)
