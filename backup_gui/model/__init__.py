"""Plain values that the layers pass to each other. They touch no file, read no clock and import no other folder."""
