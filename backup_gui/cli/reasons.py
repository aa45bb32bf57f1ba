"""Reasons why a command failed, which only the command line prints. Touches no file."""

from __future__ import annotations

from backup_gui.model.reasons import Code, Codes


class CommandCode(Codes):
    """What is wrong with a command or its arguments."""

    APP_FOLDERS_TOGETHER = Code("--source and --destination go together.")
    APP_NOT_RUNNING = Code("Folder Backup is not running.")
    APP_STILL_RUNNING = Code("Folder Backup was asked to end, but is still running.")
    OPTIONS_OF_APP = Code("Options before the command are for the app, not for a command.")
    LOG_IN_DESTINATION = Code("The log file must not lie inside the destination.")
    LOG_UNWRITTEN = Code("The log file cannot be written: {path} ({why})")
    HISTORY_UNREAD = Code("The history cannot be read: {path} ({why})")
    NO_VERSIONS = Code("No earlier versions are kept of this.")
    NOTHING_KEPT = Code("Nothing is kept against the source.")
    RESTORED_NOTHING = Code("Stopped before anything was restored.")
    UNKNOWN_THEN = Code("Nothing is known of how this was at {date}: {path}")
    PATH_UNKNOWN = Code("Neither the backup nor its history has this: {path}")
    NOT_RESTORED = Code("It cannot be restored: {why} ({path})")
    NOT_DONE = Code("It could not be done: {why}")
    NOT_DONE_AT = Code("It could not be done: {why} ({path})")
    RESTORED_INTO_NO_FOLDER = Code("What is to be restored into is not a folder. ({path})")
    RESTORED_INTO_BACKUP = Code("Nothing can be restored into the backup itself. ({path})")
    SUPERUSER_ONLY = Code("Only the superuser can restore programs that run as their owner (--keep-set-id).")
    COMMAND_DESTINATION_NO_FOLDER = Code("The destination is not a folder. ({path})")
    NOTHING_THERE = Code("Neither the destination nor its history is there. ({path})")
    DESTINATION_UNREAD = Code("The destination cannot be read ({why}): {path}")
    NO_BACKUP = Code("This is no backup, as far as is known here. ({path})")
    BACKUP_UNREAD = Code("The backup cannot be read ({why}): {path}")
    PATH_OUTSIDE = Code("The path is not in the destination. ({path})")
    NO_SUCH_PASS = Code("There is no pass {number}.")
    DATA_UNREAD = Code("The program's own data cannot be read ({detail}): {path}")
    NOTHING_KNOWN = Code("Nothing is known of a backup of these two folders.")
