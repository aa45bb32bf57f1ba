"""Reasons why a command failed, which only the command line prints. Touches no file."""

from __future__ import annotations

from backup_gui.model.reasons import Code, Codes


class CommandCode(Codes):
    """What is wrong with a command or its arguments."""

    APP_FOLDERS_TOGETHER = Code("app-folders-together", "--source and --destination go together.")
    OPTIONS_OF_APP = Code("options-of-app", "Options before the command are for the app, not for a command.")
    LOG_IN_DESTINATION = Code("log-in-destination", "The log file must not lie inside the destination.")
    LOG_UNWRITTEN = Code("log-unwritten", "The log file cannot be written: {path} ({why})")
    HISTORY_UNREAD = Code("history-unread", "The history cannot be read: {path} ({why})")
    NO_VERSIONS = Code("no-versions", "No earlier versions are kept of this.")
    NOTHING_KEPT = Code("nothing-kept", "Nothing is kept against the source.")
    RESTORED_NOTHING = Code("restored-nothing", "Stopped before anything was restored.")
    UNKNOWN_THEN = Code("unknown-then", "Nothing is known of how this was at {date}: {path}")
    PATH_UNKNOWN = Code("path-unknown", "Neither the backup nor its history has this: {path}")
    NOT_RESTORED = Code("not-restored", "It cannot be restored: {why} ({path})")
    NOT_DONE = Code("not-done", "It could not be done: {why}")
    NOT_DONE_AT = Code("not-done-at", "It could not be done: {why} ({path})")
    RESTORED_INTO_NO_FOLDER = Code("restored-into-no-folder", "What is to be restored into is not a folder. ({path})")
    RESTORED_INTO_BACKUP = Code("restored-into-backup", "Nothing can be restored into the backup itself. ({path})")
    SUPERUSER_ONLY = Code(
        "superuser-only",
        "Only the superuser can restore programs that run as their owner (--keep-set-id).",
    )
    DESTINATION_NO_FOLDER = Code("command-destination-no-folder", "The destination is not a folder. ({path})")
    NOTHING_THERE = Code("nothing-there", "Neither the destination nor its history is there. ({path})")
    DESTINATION_UNREAD = Code("destination-unread", "The destination cannot be read ({why}): {path}")
    NO_BACKUP = Code("no-backup", "This is no backup, as far as is known here. ({path})")
    BACKUP_UNREAD = Code("backup-unread", "The backup cannot be read ({why}): {path}")
    PATH_OUTSIDE = Code("path-outside", "The path is not in the destination. ({path})")
    NO_SUCH_PASS = Code("no-such-pass", "There is no pass {number}.")
    DATA_UNREAD = Code("data-unread", "The program's own data cannot be read ({detail}): {path}")
    NOTHING_KNOWN = Code("nothing-known", "Nothing is known of a backup of these two folders.")
