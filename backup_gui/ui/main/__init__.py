"""The main window with its pages, and the tray icon."""
