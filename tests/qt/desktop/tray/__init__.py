"""Whether the desktop shows tray icons."""
