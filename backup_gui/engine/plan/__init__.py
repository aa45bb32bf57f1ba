"""Compares both sides and creates the plan of a pass; changes nothing."""
