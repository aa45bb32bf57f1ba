"""Message boxes: how the program works, what it is, why a job waits, what quitting means."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtWidgets import QCheckBox, QMessageBox, QWidget

if TYPE_CHECKING:
    from backup_gui.ui.style.icons import Icons

_ICON_PX = 64


def tell(icon: QMessageBox.Icon, title: str, text: str, parent: QWidget) -> QMessageBox:
    """Show a message.

    Args:
        icon: Its severity.
        title: One sentence.
        text: Details.
        parent: The parent window.
    """
    box = QMessageBox(icon, title, title, QMessageBox.StandardButton.Close, parent)
    box.finished.connect(box.deleteLater)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(text)
    box.open()
    return box


def tell_why_it_waits(title: str, parent: QWidget) -> QMessageBox:
    """Explain why a job waits for a folder or drive.

    Args:
        title: Names the folder or drive.
        parent: The parent window.
    """
    text = _tr(
        "Nothing is wrong with your files. As long as a folder or its drive cannot be reached, nothing is copied "
        "and nothing is deleted. The backup goes on by itself as soon as it is there again."
    )
    return tell(QMessageBox.Icon.Information, title, text, parent)


def tell_how_it_works(parent: QWidget) -> QMessageBox:
    """Explain the program in three paragraphs."""
    text = _tr(
        "Folder Backup keeps an exact copy of a folder in another one. It watches your folder, copies what is "
        "new or changed within seconds, and removes from the copy what you delete.\n\n"
        "What is replaced or deleted is kept in the history, a folder beside the backup: plain "
        "files, in the same folders, with the time in their names.\n\n"
        "Your own folder is never written to, except where you have files put back. Unusually many deletions "
        "wait for your word."
    )
    return tell(QMessageBox.Icon.Information, _tr("How it works"), text, parent)


def tell_about(version: str, icons: Icons, parent: QWidget) -> QMessageBox:
    """Show the about box.

    Args:
        version: The program's version.
        icons: The icons.
        parent: The parent window.
    """
    text = _tr("Version {version}\n\nKeeps an exact, current copy of a folder, with a history.")
    box = tell(QMessageBox.Icon.NoIcon, _tr("Folder Backup"), text.format(version=version), parent)
    colour = parent.palette().windowText().color()
    box.setIconPixmap(icons.picture("app", QSize(_ICON_PX, _ICON_PX), colour))
    # A title of its own, to distinguish it from the main window in lists of windows and for screen readers.
    box.setWindowTitle(_tr("About Folder Backup"))
    return box


def ask_to_quit(on_yes: Callable[[bool], None], parent: QWidget) -> QMessageBox:
    """Explain what quitting means, and ask for confirmation.

    Args:
        on_yes: Called on confirmation, with whether to skip this question from now on.
        parent: The parent window.
    """
    box = QMessageBox(parent)
    box.finished.connect(box.deleteLater)
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle(_tr("Quit"))
    box.setText(_tr("Quit Folder Backup?"))
    box.setInformativeText(_tr("Changes are not backed up until you open it again. Nothing is lost."))
    check = QCheckBox(_tr("&Do not say this again"))
    box.setCheckBox(check)
    button = box.addButton(_tr("&Quit"), QMessageBox.ButtonRole.AcceptRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(button)
    button.clicked.connect(lambda: on_yes(check.isChecked()))
    box.open()
    return box


def _tr(text: str) -> str:
    return QCoreApplication.translate("Messages", text)
