"""Holds back what looks like a mistake, until the user has decided."""
