"""Jobs, settings, the program's own folders and its log."""
