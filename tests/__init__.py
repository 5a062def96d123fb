"""Tests: they mirror the code, name for name."""
