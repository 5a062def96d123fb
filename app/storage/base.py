"""The protocol, and which storage an address names."""

from typing import Protocol
from urllib.parse import urlsplit

from app.storage.local import LocalStorage
from app.storage.problems import StorageError
from app.storage.s3 import S3Storage


class Storage(Protocol):
    """A place for files."""

    def check(self) -> None:
        """Prove that files can be kept here. Raises StorageError, saying why not."""


def open_storage(url: str) -> Storage:
    """The storage that `url` names: `s3://bucket/prefix`, or `file:folder`. Nothing is contacted yet."""
    parts = urlsplit(url)
    if parts.scheme == "s3":
        return S3Storage(parts.netloc, parts.path.strip("/"))
    return LocalStorage(parts.path)


__all__ = ["Storage", "StorageError", "open_storage"]
