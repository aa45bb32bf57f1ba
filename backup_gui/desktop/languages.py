"""The languages that the program speaks: translation files beside the icons, as ``backup_gui_de.qm``."""

from __future__ import annotations

import logging
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, Qt, QTranslator

log = logging.getLogger(__name__)

_PREFIX = "backup_gui_"
_SUFFIX = ".qm"
# What the words in the program are written in; it needs no translation.
_OWN = "en"


def found_languages(folder: Path) -> tuple[str, ...]:
    """The language codes for which there is a translation, in alphabetical order.

    Args:
        folder: Where the translations are; it need not exist.
    """
    names = (path.name for path in folder.glob(f"{_PREFIX}*{_SUFFIX}"))
    return tuple(sorted(name[len(_PREFIX) : -len(_SUFFIX)] for name in names))


def language_name(code: str) -> str:
    """A language as its own speakers call it."""
    name = QLocale(code).nativeLanguageName()
    return f"{name[0].upper()}{name[1:]}" if name else code


def speak(application: QCoreApplication, folder: Path, code: str) -> Qt.LayoutDirection:
    """Translate the program from now on; what is not translated stays English.

    Args:
        application: The application, which owns the translators.
        folder: Where the translations are.
        code: The language; empty for the system's.

    Returns:
        The direction in which windows are to be laid out: that of the language that is spoken.
    """
    locale = QLocale(code) if code else QLocale.system()
    if code:
        QLocale.setDefault(locale)
    # Asked for English first and another language next, Qt would take the other one, as English has no file.
    if locale.uiLanguages()[0].partition("-")[0] == _OWN:
        return Qt.LayoutDirection.LeftToRight
    direction = Qt.LayoutDirection.LeftToRight
    qt_folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    # Qt's own words only together with ours: a window in two languages is worse than one in English.
    for name, where in ((_PREFIX, str(folder)), ("qtbase_", qt_folder)):
        translator = QTranslator(application)
        if not translator.load(locale, name, "", where, _SUFFIX):
            log.debug("There is no translation %s for %s", name, locale.name())
            break
        application.installTranslator(translator)
        direction = locale.textDirection()
    return direction
