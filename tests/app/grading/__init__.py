"""Tests of app/grading."""
