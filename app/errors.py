"""What can go wrong, without HTTP: services raise these, app/http/errors.py answers them."""

from collections.abc import Mapping, Sequence


class LmsError(Exception):
    """A refusal that the caller is told about; `message` is for people."""

    message = "The request could not be carried out."

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.message)
        self.message = message or self.message


class NotFound(LmsError):
    """It is not there, or it was deleted."""

    message = "The specified resource does not exist."


class Unauthenticated(LmsError):
    """Nobody is signed in."""

    message = "user authorization required"


class InvalidToken(LmsError):
    """The access token is unknown, expired or revoked."""

    message = "Invalid access token."


class Forbidden(LmsError):
    """Signed in, but not allowed."""

    message = "user not authorized to perform that action"


class Conflict(LmsError):
    """The thing's present state does not allow it."""


class Unavailable(LmsError):
    """Something this server needs cannot be reached just now."""


class TooManyRequests(LmsError):
    """The token has used up its share for the moment."""

    message = "Rate Limit Exceeded"


class Invalid(LmsError):
    """Bad input. `fields` maps a parameter's name to what is wrong with it."""

    message = "The request is not valid."

    def __init__(self, message: str | None = None, fields: Mapping[str, Sequence[str]] | None = None) -> None:
        super().__init__(message)
        self.fields = dict(fields or {})

    @classmethod
    def field(cls, name: str, message: str) -> "Invalid":
        """One parameter is wrong."""
        return cls(message, {name: [message]})


class InvalidGrade(LmsError):
    """A grade that the assignment does not take."""
