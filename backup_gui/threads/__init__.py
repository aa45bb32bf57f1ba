"""Threads for jobs, and tasks in the background."""
