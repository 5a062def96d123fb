"""Clients of Canvas that people have, unmodified, at their everyday work: `make clients`."""
