"""What storage can refuse."""


class StorageError(Exception):
    """Files cannot be kept or fetched; the message says why, for the log."""


class TooLargeError(Exception):
    """An upload has more bytes than it may."""
