"""Tells whether the desktop shows tray icons, of either kind, and when that changes. Makes no icon itself."""
