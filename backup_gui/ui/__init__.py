"""Widgets, which show values and emit signals. They never touch a file system."""
