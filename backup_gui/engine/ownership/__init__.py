"""Whose a backup and what lies in it are: own, another job's or a stranger's."""
