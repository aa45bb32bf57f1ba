"""Sentences of the engine and of the checks of folders in the user's language.

They come as English text, made for the log and the command line too, some with a path or a number in them. Here is
the one table of their patterns, by which the window finds the translation; a test looks for sentences that it lacks.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from backup_gui.model.problems import ADVICE, REASONS
from backup_gui.ui.text.format import number_text, path_in_words, path_text, size_text

if TYPE_CHECKING:
    from backup_gui.model.plans import Problem

CONTEXT = "Sentences"

# What is in braces is kept as it is, but for "detail", which is a sentence of this table itself.
_PATTERNS = (
    # Roots that are away or of no use
    "A folder is not there any more: {path}",
    "Another drive is where the destination was: {path}",
    "Another drive is where the source was: {path}",
    "Another instance of the program is already backing up to {path}.",
    "Another program instance is writing to {path}.",
    "Neither the backup nor its history has it",
    "No drive is mounted where the destination lies: {path}",
    "No drive is there at the moment. The backup begins as soon as it is connected.",
    "The backup is not there at the moment.",
    "The backup drive is full: the destination cannot be made: {path}",
    "The destination cannot be opened ({detail}): {path}",
    "The destination cannot be written to: {why}.",
    "The destination cannot be written to ({detail}): {path}",
    "The destination is not a folder: {path}",
    "The destination is not where it was any more: {path}",
    "The destination lies inside the source: {path}",
    "The drive is read-only",
    "Too many files are open, in this program or in the whole system.",
    "The drive of the destination is not there any more: {path}",
    "The drive of the destination is not there: {path}",
    "The history cannot be made, since this folder cannot be written to ({detail}): {path}",
    "The history cannot be opened ({detail}): {path}",
    "The history cannot be written to ({detail}): {path}",
    "Other users may write in the history: {path}",
    "Something else took the history's place: {path}",
    "The history belongs to another user: {path}",
    "The history is a link, which leads somewhere else: {path}",
    "The history is gone: {path}",
    "The history is not a folder: {path}",
    "The history and the destination lie inside each other: {path}",
    "The history and the source lie inside each other: {path}",
    (
        "The history must lie on the drive of the destination. If no folder is chosen for it, it gets a place there by"
        " itself: {path}"
    ),
    "The source folder cannot be opened ({why}): {path}",
    "The source folder cannot be read: {why}",
    "The source folder cannot be written to: {why}",
    "The source folder is not there any more: {path}",
    "The source folder is not there: {path}",
    "The destination folder is not there: {path}",
    "The drive of the source is not there: {path}",
    "The source is no longer where it was.",
    "The source is not a folder any more: {path}",
    "The source is not a folder: {path}",
    "The source lies inside the destination: {path}",
    "The source lies inside the program's own folder: {path}",
    "The destination and the program's own files lie inside each other: {path}",
    "The history and the program's own files lie inside each other: {path}",
    "The source, or a part of it, is mounted in the destination: {path}",
    # Other backups; "detail" says whose
    "Nothing there is touched without your word.",
    "A later version of this program has made the backup that is there, {detail}: {path}",
    "The destination has another backup in it, {detail}: {path}",
    "The destination holds another backup, {detail}: {path}",
    "The destination is a part of the source of another backup, {detail}: {path}",
    "The destination is or has in it the source of another backup, {detail}: {path}",
    "The destination is the history of another backup, {detail}: {path}",
    "The destination lies in another backup, {detail}: {path}",
    "The history belongs to another backup, {detail}: {path}",
    "The history folder holds another backup, {detail}: {path}",
    "The history has another backup in it, {detail}: {path}",
    "The history is or has in it the source of another backup, {detail}: {path}",
    "The history lies in another backup, {detail}: {path}",
    "The source is the backup of the destination, {detail}: {path}",
    "What is backed up would come back into its own source, {detail}: {path}",
    "of an unknown folder",
    "of which the marker cannot be read",
    "of {path} on {computer}",
    "of {path} on {computer}, begun {date}",
    # The program's own data
    "An unexpected error ended the pass: {why}",
    "An unexpected error has ended this backup. The log has the details.",
    "The damaged settings are kept as {path}.",
    "Another program holds it",
    "It cannot be opened",
    "It is damaged",
    "Its disk is full",
    "Its disk reported an error",
    "No permission",
    "The program's own data cannot be opened ({detail}): {path}",
    "The program's own data cannot be written ({detail}): {path}",
    "The program's own folder cannot be used ({detail}): {path}",
    "There is not enough memory",
    "What is remembered of this backup was written by a newer version of this program: {path}",
    "The settings could not be read, so the app begins anew. The damaged file is kept as {path}.",
    "The settings cannot be read, and not be kept aside ({detail}): {path}",
    (
        "The settings hold no backups, but this program has made some here. Add them again with the same folders: what"
        " is in them already is not copied anew."
    ),
    "The settings were written by a newer version of this program: {path}",
    "Folder Backup is running already, but it does not answer. End that one, or log out and in again.",
    (
        "There is no home folder for the program's own data. Set HOME, or XDG_DATA_HOME, XDG_STATE_HOME and"
        " XDG_CONFIG_HOME, to absolute paths."
    ),
    # How the source is watched
    "Changes cannot be watched: {why}",
    "Change notification is switched off",
    "Network folders do not tell of changes made elsewhere",
    "Network folders do not tell of changes made elsewhere: {path}",
    "Some folders cannot be watched",
    "The source folder is not there",
    "The source folder may not be read",
    "The system's limit for programs that watch folders is reached",
    "The system's limit for watched folders is reached",
    # Room
    "There are too many files on the backup drive: {count} more do not fit",
    "There are too many files on the backup drive: {count} more does not fit",
    "it cannot hold more files, however small",
    "your quota on it is used up",
    "your quota on it is used up, and {size} more is needed",
    "{size} more is needed",
    "{detail}; old versions that do not give way unasked take {size} of it",
    # Names
    "Windows keeps this name for a device",
    "it contains '{character}'",
    "it contains a control character",
    "it contains bytes that are not text",
    "it ends with a space or a full stop",
    # What is typed
    "There is no home folder. ({path})",
    "An exclusion rule is empty.",
    "An exclusion rule must be a single line.",
    "The days that versions are kept must be from 0 to {number}; 0 keeps all.",
    "The destination consists of spaces only.",
    "The destination contains a character that no path can have.",
    "The destination is missing.",
    "The destination is not a folder.",
    "The destination lies inside the history.",
    "The destination lies inside the source.",
    "The history consists of spaces only.",
    "The history contains a character that no path can have.",
    "The history is not a folder.",
    "The history lies inside the destination.",
    "The history lies inside the source.",
    "The history needs a folder of its own.",
    "The interval must be from 1 to {number} seconds.",
    "The name must not be longer than {number} characters.",
    "The number of changes that is never held must not be negative.",
    "The share of changes that is never held must be from 0 to 1.",
    "The size of the history must be a number of bytes; 0 sets no limit.",
    "The source and the destination are the same folder.",
    "The source consists of spaces only.",
    "The source contains a character that no path can have.",
    "The source is missing.",
    "The source is not a folder.",
    "The source lies inside the destination.",
    "The source lies inside the history.",
    "The source lies inside the program's own folder.",
    "The destination and the program's own files lie inside each other.",
    "The history and the program's own files lie inside each other.",
    "The time between full checks must be from 1 to {number} seconds.",
    "This exclusion rule is not understood: {rule}",
    # Folders and drives that are looked at before they are used
    "Another backup, “{name}”, uses this place.",
    "There is a backup of this folder to that place already.",
    "There is no permission to read this folder.",
    "There is no permission to write here.",
    "There is no home folder. ({path})",
    "There is no such folder at the moment.",
    "This folder belongs to the system. Choose another one.",
    "This folder cannot be read: {why}.",
    (
        "This folder is not empty. What is in it is shown to you before anything leaves it. A new folder may suit"
        " better: {path}"
    ),
    "This folder is not empty. What is in it is shown to you before anything leaves it.",
    "This is not a folder.",
    "This is on the same drive as your files. If the drive fails, both are lost.",
    "Replaced and deleted files are kept on this drive, in {path}",
    "This is your home folder or lies around it. Choose a folder that holds nothing but the backup.",
    # Bringing back
    "A file or a link is where its folder should be",
    "It has changed in the backup since it was chosen",
    "It is not where the backup moved it to any more",
    "Nothing waits for your word any more",
    "Not all that this check did is known by name; restore the rest from the history by its time",
    "Something is there already and was left alone",
    "No permission to read this in the backup",
    "No permission to write there",
    "The drive that is restored to is full",
    "The file is too large for the drive that is restored to",
    "The drive that is restored to is read-only",
    "The backup drive reported an error while this was being read",
    "The drive that is restored to reported an error",
    "The name is not possible on the drive that is restored to",
    "The name is too long for the drive that is restored to",
    "Links are not possible on the drive that is restored to",
    "What is there is protected against changes",
    "Stopped before the end",
    "The history does not have what was here before",
    "What this check did is not known any more; restore from the history by its time",
)
PATTERNS: tuple[str, ...] = tuple(
    dict.fromkeys(
        (
            *_PATTERNS,
            *REASONS.values(),
            *(f"{reason}: {{detail}}" for reason in REASONS.values()),
        )
    )
)
_DETAILED = ": {detail}"
_NUMBERS = frozenset({"count", "number"})
_UNITS = ("B", "KB", "MB", "GB", "TB")
_SIZE = re.compile(rf"(?P<figure>[\d,]+(?:\.\d+)?) (?P<unit>{'|'.join(_UNITS)})")


def said(sentence: str) -> str:
    """Say a sentence of the engine in the user's language.

    Args:
        sentence: The English sentence; several may follow each other on lines of their own, as may a full stop that
            the table has not.

    Returns:
        The translation with the same paths and figures; the sentence itself if it is not in the table, which happens
        to words of the system.
    """
    if not sentence:
        return ""
    lines = sentence.split("\n")
    # A path may have more than one line, too.
    if len(lines) > 1 and all(map(is_known, lines)):
        return "\n".join(map(said, lines))
    for pattern, form in _forms():
        found = form.fullmatch(sentence)
        if found is not None:
            return _translated(pattern, found.groupdict())
    if sentence.endswith("."):
        shorter = said(sentence[:-1])
        if shorter != sentence[:-1]:
            return f"{shorter}."
    return path_text(sentence)


def is_known(sentence: str) -> bool:
    """Tell whether the table has a sentence, with or without a full stop."""
    return any(form.fullmatch(text) for _, form in _forms() for text in (sentence, sentence.removesuffix(".")))


def _translated(pattern: str, values: dict[str, str]) -> str:
    if "detail" in values:
        values["detail"] = said(values["detail"])
    if pattern.endswith(_DETAILED) and pattern not in _PATTERNS:
        reason = QCoreApplication.translate(CONTEXT, pattern.removesuffix(_DETAILED))
        return f"{reason}: {values['detail']}"
    text = QCoreApplication.translate(CONTEXT, pattern)
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", _value_said(name, value))
    return text


def _value_said(name: str, value: str) -> str:
    """Write a figure of the engine in the way of the user's locale; a path is kept in one piece."""
    if name in _NUMBERS and value.replace(",", "").isdecimal():
        return number_text(int(value.replace(",", "")))
    size = _SIZE.fullmatch(value) if name == "size" else None
    if size is not None:
        return size_text(float(size["figure"].replace(",", "")) * 1_000 ** _UNITS.index(size["unit"]))
    return value if name == "detail" else path_in_words(value)


@cache
def _forms() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Each pattern with its form, the ones with the most words of their own first."""
    ordered = sorted(PATTERNS, key=lambda pattern: -len(re.sub(r"\{\w+\}", "", pattern)))
    return tuple((pattern, re.compile(_form(pattern), re.DOTALL)) for pattern in ordered)


def _form(pattern: str) -> str:
    return re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(pattern))


def reason_text(problem: Problem) -> str:
    """Why, in the user's language, with the detail that the engine added."""
    return said(problem.reason if problem.reason.startswith(REASONS[problem.code]) else REASONS[problem.code])


def advice_text(problem: Problem) -> str:
    """What to do about it, in the user's language."""
    return QCoreApplication.translate("Problems", ADVICE[problem.code])
