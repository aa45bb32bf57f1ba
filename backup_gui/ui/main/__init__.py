"""The window: board, overview, problems, log, tray."""
