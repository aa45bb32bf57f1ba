"""Reads the history and thins it."""
