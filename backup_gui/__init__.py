"""Folder Backup: keeps an exact, current copy of a folder, with a history of what was replaced or deleted."""

__version__ = "0.1.0"
