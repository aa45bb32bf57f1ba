"""Services of the desktop: notifications, start at login, power, one instance, crash reports."""
