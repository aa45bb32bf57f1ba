"""Reasons why a command failed, which only the command line prints. Touches no file."""

from __future__ import annotations

from backup_gui.model.reasons import Code


class CommandCode(Code):
    """What is wrong with a command or its arguments."""

    RESTORED_INTO_NO_FOLDER = ("restored-into-no-folder", "What is to be restored into is not a folder. ({path})")
    RESTORED_INTO_BACKUP = ("restored-into-backup", "Nothing can be restored into the backup itself. ({path})")
    SUPERUSER_ONLY = (
        "superuser-only",
        "Only the superuser can restore programs that run as their owner (--keep-set-id).",
    )
    DESTINATION_NO_FOLDER = ("command-destination-no-folder", "The destination is not a folder. ({path})")
    NOTHING_THERE = ("nothing-there", "Neither the destination nor its history is there. ({path})")
    DESTINATION_UNREAD = ("destination-unread", "The destination cannot be read ({why}): {path}")
    NO_BACKUP = ("no-backup", "This is no backup, as far as is known here. ({path})")
    BACKUP_UNREAD = ("backup-unread", "The backup cannot be read ({why}): {path}")
    PATH_OUTSIDE = ("path-outside", "The path is not in the destination. ({path})")
    NO_SUCH_PASS = ("no-such-pass", "There is no pass {number}.")
    DATA_UNREAD = ("data-unread", "The program's own data cannot be read ({detail}): {path}")
    NOTHING_KNOWN = ("nothing-known", "Nothing is known of a backup of these two folders.")
