"""Qt threads for jobs and for work in the background."""
