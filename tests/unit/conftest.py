"""The rig and its folder, and the log as it was before each test."""

from __future__ import annotations

from tests.helpers.rig import logging_as_it_was, place, rig

__all__ = ["logging_as_it_was", "place", "rig"]
