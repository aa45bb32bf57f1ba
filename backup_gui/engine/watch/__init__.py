"""Change notification: which paths have to be compared."""
