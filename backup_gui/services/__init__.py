"""Slow look-ups for the window and the command line, without Qt."""
