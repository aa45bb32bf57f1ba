"""Opens source, destination and history, and tells whether they are those of the last pass."""
