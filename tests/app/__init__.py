"""Tests of the LMS."""
