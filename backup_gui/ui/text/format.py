"""Formats numbers, sizes, times and paths in the user's language and locale.

Pure functions: the current time is always an argument. Times are in seconds since 1970.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale, Qt
from PySide6.QtGui import QGuiApplication

from backup_gui.model.path_text import one_line

_tr = partial(QCoreApplication.translate, "Wording")

_MINUTE_S = 60
_HOUR_S = 3_600
_DAY_S = 86_400
# Clocks go back by an hour, in a few places by another time, but never by more than this.
_FARTHEST_BACK_S = 3 * _HOUR_S
# Two hundred thousand years from 1970, either way.
_SHOWN_S = 200_000 * 365 * _DAY_S
_LARGEST_BYTES = (1 << 63) - 1
_MOST_NAME = 40
# The clock: returns the time, seconds since 1970.
Now = Callable[[], float]
# Unicode characters around a part of a text that has a direction of its own, that of its first letter.
_FIRST_STRONG_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"


def tip_text(text: str) -> str:
    """Escape a text for a tooltip, so that Qt never reads it as markup.

    Qt takes a tooltip for HTML if it contains something like a tag. File names are not trusted: HTML in one could load
    a picture, or hang the window by loading from a pipe.
    """
    return f'<span style="white-space:pre-wrap">{html.escape(text)}</span>' if "<" in text else text


def counted(many: str, one: str, count: int) -> str:
    """A counted phrase in the right plural form.

    Args:
        many: The English plural with ``%Ln`` for the number; the key of the translations, which have all plural forms
            of their language.
        one: The English singular, used while no translation is loaded.
        count: The number.
    """
    text = QCoreApplication.translate("Counted", many, "", count)
    number = number_text(count)
    if count == 1 and text.replace("%Ln", number) == many.replace("%Ln", number):
        return one.replace("%Ln", number)
    return text.replace("%Ln", number)


def isolated(text: str) -> str:
    """Keep a value with a unit or a separator in one piece where words are read from right to left.

    There "180.0 MB" would become "MB 180.0": digits have no direction, and Latin letters have their own.
    """
    if not text or QGuiApplication.layoutDirection() != Qt.LayoutDirection.RightToLeft:
        return text
    return f"{_FIRST_STRONG_ISOLATE}{text}{_POP_ISOLATE}"


def number_text(value: int) -> str:
    """A whole number with the locale's grouping, also beyond 32 bits."""
    return QLocale().toString(value)


def files_text(count: int) -> str:
    """Such as "1,204 files"."""
    return counted("%Ln files", "%Ln file", count)


def folders_text(count: int) -> str:
    """Such as "8,210 folders"."""
    return counted("%Ln folders", "%Ln folder", count)


def size_text(size_bytes: float) -> str:
    """Such as "1.2 GB", in powers of 1,000 as drives are sold."""
    return isolated(
        QLocale().formattedDataSize(min(round(size_bytes), _LARGEST_BYTES), 1, QLocale.DataSizeFormat.DataSizeSIFormat)
    )


def speed_text(bytes_per_s: float) -> str:
    """Such as "35.1 MB/s"."""
    return isolated(_tr("{size}/s").format(size=size_text(bytes_per_s)))


def duration_text(duration_s: float) -> str:
    """A duration in its largest fitting unit, such as "40 s", "4 min", "2 h 10 min" or "3 days"."""
    return isolated(_duration(duration_s))


def _duration(duration_s: float) -> str:
    if duration_s < 1:
        return _tr("under 1 s")
    if duration_s < _MINUTE_S:
        return _tr("{seconds} s").format(seconds=number_text(round(duration_s)))
    if duration_s < _HOUR_S:
        return _tr("{minutes} min").format(minutes=number_text(round(duration_s / _MINUTE_S)))
    if duration_s >= 2 * _DAY_S:
        return counted("%Ln days", "%Ln day", int(duration_s // _DAY_S))
    minutes = round(duration_s / _MINUTE_S)
    return _tr("{hours} h {minutes} min").format(hours=number_text(minutes // 60), minutes=number_text(minutes % 60))


def interval_text(interval_s: int) -> str:
    """An interval such as "5 seconds", "10 minutes" or "1 hour"."""
    if interval_s % _DAY_S == 0:
        return counted("%Ln days", "%Ln day", interval_s // _DAY_S)
    if interval_s % _HOUR_S == 0:
        return counted("%Ln hours", "%Ln hour", interval_s // _HOUR_S)
    if interval_s % _MINUTE_S == 0:
        minutes = interval_s // _MINUTE_S
        return counted("%Ln minutes", "%Ln minute", minutes)
    return counted("%Ln seconds", "%Ln second", interval_s)


def ago_text(at: float, now: float) -> str:
    """How long ago something was, such as "2 minutes ago"."""
    age_s = now - at
    if age_s < 10:
        return _tr("just now")
    if age_s < _MINUTE_S:
        return _tr("less than a minute ago")
    if age_s < _HOUR_S:
        return counted(
            "%Ln minutes ago",
            "%Ln minute ago",
            int(age_s // _MINUTE_S),
        )
    if age_s < _DAY_S:
        return counted(
            "%Ln hours ago",
            "%Ln hour ago",
            int(age_s // _HOUR_S),
        )
    return counted(
        "%Ln days ago",
        "%Ln day ago",
        # Count calendar days, to agree with the date beside it; a day may be an hour shorter or longer.
        max(1, local_time(at).date().daysTo(local_time(now).date())),
    )


def clock_text(at: float, now: float) -> str:
    """A time of day, with the date if it is not today's."""
    moment = local_time(at)
    is_today = moment.date() == local_time(now).date()
    shown = moment.time() if is_today else moment
    return _told_apart(at, QLocale().toString(shown, QLocale.FormatType.ShortFormat))


def exact_text(at: float) -> str:
    """Date and time to the second."""
    moment = local_time(at)
    date = QLocale().toString(moment.date(), QLocale.FormatType.LongFormat)
    return _told_apart(at, f"{date}, {moment.time().toString('HH:mm:ss')}")


def short_text(at: float) -> str:
    """Date and time to the minute, in the locale's short format."""
    return _told_apart(at, QLocale().toString(local_time(at), QLocale.FormatType.ShortFormat))


def _told_apart(at: float, text: str) -> str:
    """Say which one is meant of two times that look the same, as in the hour that comes twice when summer time ends."""
    offset_s = _utc_offset_s(at)
    later_s, earlier_s = (_utc_offset_s(at + sign * _FARTHEST_BACK_S) for sign in (1, -1))
    if later_s < offset_s and _utc_offset_s(at + offset_s - later_s) == later_s:
        text = _tr("{time} (before the clock change)").format(time=text)
    elif earlier_s > offset_s and _utc_offset_s(at + offset_s - earlier_s) == earlier_s:
        text = _tr("{time} (after the clock change)").format(time=text)
    return isolated(text)


def _utc_offset_s(at: float) -> int:
    return local_time(at).offsetFromUtc()


def path_text(path: str) -> str:
    """A path on one line that Qt can draw, with control characters and invalid bytes escaped."""
    return one_line(path)


def path_in_words(path: str) -> str:
    """A path within a sentence, isolated so that it does not change the sentence's direction."""
    return isolated(path_text(path))


def job_in_words(name: str) -> str:
    """The name of a backup within a sentence: at most 40 characters, since a long word would widen the window."""
    line = one_line(name)
    if len(line) > _MOST_NAME:
        line = f"{line[: _MOST_NAME // 2 - 1]}…{line[-_MOST_NAME // 2 :]}"
    return isolated(line)


def name_in_words(path: str) -> str:
    """The last part of a path, within a sentence."""
    return path_in_words(path.rpartition("/")[2])


def local_time(at: float) -> QDateTime:
    """A time in seconds since 1970 as Qt's. File systems may have any, but Qt shows no date beyond a limit."""
    return QDateTime.fromMSecsSinceEpoch(round(min(max(at, -_SHOWN_S), _SHOWN_S) * 1_000))
