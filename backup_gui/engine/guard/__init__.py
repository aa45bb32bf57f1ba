"""Holds back what looks like a mistake, until somebody has answered."""
