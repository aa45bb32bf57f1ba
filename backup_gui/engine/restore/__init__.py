"""Restores files into the source, or into a folder that the user names; no other code writes there."""
