"""Opens source, destination and history, and checks whether they are those of the last pass."""
