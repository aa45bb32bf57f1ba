"""The job's database: what was seen, what was done and what the user decided."""
