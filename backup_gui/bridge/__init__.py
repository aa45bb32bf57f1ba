"""The one layer that joins Qt and the engine: threads, signals and stored settings."""
