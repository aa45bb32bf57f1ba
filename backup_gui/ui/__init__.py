"""Widgets: values in, signals out. Nothing here touches a file system."""
