"""A program of three lines with a window, a tray icon and a folder dialog: what the desktop rig is tested with."""

from __future__ import annotations

import sys

from PySide6.QtGui import QAction, QColor, QIcon, QPixmap
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QMainWindow, QMenu, QSystemTrayIcon


def main() -> int:
    application = QApplication(sys.argv)
    application.setQuitOnLastWindowClosed(False)
    window = QMainWindow()
    window.setWindowTitle("Sample")
    label = QLabel("nothing chosen")
    window.setCentralWidget(label)
    window.resize(400, 200)

    def choose() -> None:
        options = QFileDialog.Option.DontUseNativeDialog | QFileDialog.Option.ShowDirsOnly
        print("chosen", QFileDialog.getExistingDirectory(window, "Choose a folder", "/", options), flush=True)

    picture = QPixmap(32, 32)
    picture.fill(QColor("#d81b60"))
    icon = QSystemTrayIcon(QIcon(picture), window)
    icon.setToolTip("Sample: all is well")
    menu = QMenu(window)
    for text, slot in (
        ("&Choose…", choose),
        ("Tell", lambda: icon.showMessage("Told", "a_text")),
        ("Quit", application.quit),
    ):
        action = QAction(text, menu)
        action.triggered.connect(slot)
        menu.addAction(action)
    icon.setContextMenu(menu)
    icon.activated.connect(window.hide)
    icon.show()
    window.show()
    print("tray", QSystemTrayIcon.isSystemTrayAvailable(), flush=True)
    status = application.exec()
    icon.hide()
    return status


if __name__ == "__main__":
    sys.exit(main())
