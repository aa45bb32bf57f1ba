"""Compares both sides and makes the plan of a pass; changes nothing."""
