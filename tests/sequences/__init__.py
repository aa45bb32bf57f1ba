"""All short sequences of operations on a small tree, and what rsync makes of the same source."""
