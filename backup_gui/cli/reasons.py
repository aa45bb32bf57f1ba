"""Reasons why a command failed, which only the command line prints. Touches no file."""

from __future__ import annotations

from backup_gui.model.reasons import Code, Codes


class CommandCode(Codes):
    """What is wrong with a command or its arguments."""

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
