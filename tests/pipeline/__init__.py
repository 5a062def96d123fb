"""Tests of the deploy pipeline, one file for each of its modules."""
