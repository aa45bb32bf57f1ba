"""Connects the window with the controller and the services."""
