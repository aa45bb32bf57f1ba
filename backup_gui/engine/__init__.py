"""Comparing, copying safely, guarding and keeping history. Knows nothing of Qt."""
