"""Settings of a job and of the app."""
