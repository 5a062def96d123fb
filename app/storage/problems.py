"""What storage can refuse."""


class StorageError(Exception):
    """Files cannot be kept or fetched; the message says why, for the log."""
