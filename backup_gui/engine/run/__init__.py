"""One pass, and the loop of a job that runs."""
