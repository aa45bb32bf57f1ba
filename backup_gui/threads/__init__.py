"""Qt threads for jobs, and tasks in the background."""
