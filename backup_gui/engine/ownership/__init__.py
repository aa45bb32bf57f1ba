"""Determines whose a backup and its contents are: this job's, another backup's, or a stranger's."""
