"""Theme, icons, style sheet."""
