"""Where bytes are kept: a Storage protocol, a local folder and S3; imports nothing of app."""

from app.storage.base import Storage, StorageError, open_storage

__all__ = ["Storage", "StorageError", "open_storage"]
