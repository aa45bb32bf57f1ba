"""What the desktop offers: notifications, start at login, power, one instance, crash dialog."""
