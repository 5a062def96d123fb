"""Where bytes are kept: a Storage protocol, a local folder and S3; imports nothing of app."""

from app.storage.base import Form, Storage, StorageError, TooLargeError, open_storage
from app.storage.local import LocalStorage

__all__ = ["Form", "LocalStorage", "Storage", "StorageError", "TooLargeError", "open_storage"]
