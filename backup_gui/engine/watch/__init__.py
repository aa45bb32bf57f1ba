"""Change notification: which paths are to be looked at."""
