"""The protocol, and which storage an address names."""

from typing import Protocol
from urllib.parse import urlsplit

from app.storage.local import LocalStorage
from app.storage.problems import StorageError, TooLargeError
from app.storage.s3 import Form, S3Storage


class Storage(Protocol):
    """A place for files. A key is a path of letters, digits and slashes; whoever calls makes it, never a client."""

    def check(self) -> None:
        """Prove that files can be kept here. Raises StorageError, saying why not, as all of these do."""

    def upload_form(self, key: str, content_type: str, most: int, seconds: int, then: str) -> Form | None:
        """How a client posts up to `most` bytes there itself, and is sent on to `then`; None: the app takes them."""

    def link(self, key: str, content_type: str, disposition: str, seconds: int) -> str | None:
        """Where a client reads it itself, with those headers; None: the app gives it out."""

    def size(self, key: str) -> int | None:
        """How many bytes are there; None where nothing is."""

    def copy(self, source: str, target: str) -> None:
        """Make `target` the same as `source`."""

    def put(self, key: str, content: bytes) -> None:
        """Keep what is small enough to be held in memory."""

    def delete(self, key: str) -> None:
        """Remove it, if it is there."""


def open_storage(url: str) -> Storage:
    """The storage that `url` names: `s3://bucket/prefix`, or `file:folder`. Nothing is contacted yet."""
    parts = urlsplit(url)
    if parts.scheme == "s3":
        return S3Storage(parts.netloc, parts.path.strip("/"))
    return LocalStorage(parts.path)


__all__ = ["Form", "Storage", "StorageError", "TooLargeError", "open_storage"]
