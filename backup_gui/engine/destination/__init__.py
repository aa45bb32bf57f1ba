"""The only code that writes to a destination and to its history."""
