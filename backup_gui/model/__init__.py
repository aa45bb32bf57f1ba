"""Plain values that the layers hand to each other: no file, no clock, no import of other folders."""
