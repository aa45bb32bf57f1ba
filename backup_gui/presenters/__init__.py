"""Connect the window with controller and services."""
