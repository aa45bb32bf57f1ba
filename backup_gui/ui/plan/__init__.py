"""The tree of a plan: preview and review."""
