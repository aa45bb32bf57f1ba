"""Volumes and mounts: what a path lies on, and how far it can be trusted."""
