"""Finds and installs the program's translations, such as ``backup_gui_de.qm`` in the resource folder."""

from __future__ import annotations

import logging
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, Qt, QTranslator

log = logging.getLogger(__name__)

_PREFIX = "backup_gui_"
_SUFFIX = ".qm"
# The language of the source code; it needs no translation.
_OWN = "en"


def found_languages(folder: Path) -> tuple[str, ...]:
    """The codes of the languages of which a folder has a translation, in order; the folder need not exist."""
    names = (path.name for path in folder.glob(f"{_PREFIX}*{_SUFFIX}"))
    return tuple(sorted(name[len(_PREFIX) : -len(_SUFFIX)] for name in names))


def language_name(code: str) -> str:
    """The name of a language in that language."""
    name = QLocale(code).nativeLanguageName()
    return f"{name[0].upper()}{name[1:]}" if name else code


def speak(application: QCoreApplication, folder: Path, code: str) -> Qt.LayoutDirection:
    """Translate the program from now on, and return the layout direction of the language in use.

    The application owns the translators. Without a code, the language is that of the system; what has no translation in
    the folder stays English.
    """
    locale = QLocale(code) if code else QLocale.system()
    short = QLocale.FormatType.ShortFormat
    if code:
        QLocale.setDefault(locale)
    elif locale.dateFormat(short) == QLocale.c().dateFormat(short):
        # Without a language, Qt writes 1 11 2026, and 1000000.
        QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedKingdom))
    # If the system prefers English, and another language next, Qt would load the other one, as English has no file.
    if locale.uiLanguages()[0].partition("-")[0] == _OWN:
        return Qt.LayoutDirection.LeftToRight
    direction = Qt.LayoutDirection.LeftToRight
    qt_folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    # Load Qt's own translation only together with ours: a window in two languages is worse than one in English.
    for name, where in ((_PREFIX, str(folder)), ("qtbase_", qt_folder)):
        translator = QTranslator(application)
        if not translator.load(locale, name, "", where, _SUFFIX):
            log.debug("There is no translation %s for %s", name, locale.name())
            break
        application.installTranslator(translator)
        direction = locale.textDirection()
    return direction
