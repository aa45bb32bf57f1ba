"""The only code that writes to a source, or to a folder that somebody restores to."""
