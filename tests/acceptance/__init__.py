"""What real clients do against a running server."""
