"""Nothing opens larger than the screen, and the window can be made small, in English and German."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QTranslator
from PySide6.QtWidgets import QApplication, QMainWindow

from backup_gui.app import resource_folder
from backup_gui.ui.style.icons import Icons
from tests.qt.ui.test_words import shown

# The least size of the window, and what a small screen has for a dialog within its frame and beside a panel.
WINDOW, DIALOG = (760, 400), (944, 490)

# Prints what is larger than the screen. The pictures of some views are larger on purpose, so they open anew.
SCRIPT = """
from PySide6.QtWidgets import QApplication, QMainWindow
from backup_gui.app import resource_folder
from backup_gui.ui.main.window import MainWindow
from backup_gui.ui.style.icons import Icons
from tests.helpers.screens import fixed_now, no_tray
from tests.qt.ui.test_words import shown
app = QApplication([])
icons = Icons(resource_folder() / "icons")
room = app.primaryScreen().availableSize()
count = 0
def look(name, window):
    if window.width() > room.width() or window.height() + 30 > room.height():
        print(name, window.width(), window.height())
main = MainWindow(icons, fixed_now, "0.1.0", has_tray=no_tray)
main.show()
look("main", main)
for name, window in shown(icons):
    if not isinstance(window, QMainWindow):
        look(name, window)
        count += 1
print("shown", count)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("width", "height", "ratio"), [(1024, 600, 1), (1366, 768, 1), (960, 540, 2)], ids=["1024x600", "1366x768", "200 %"]
)
def test_nothing_opens_larger_than_the_screen(tmp_path: Path, width: int, height: int, ratio: int) -> None:
    screen = {"name": "small", "x": 0, "y": 0, "width": width * ratio, "height": height * ratio, "dpr": 1}
    (tmp_path / "screens.json").write_text(json.dumps({"screens": [screen | {"logicalDpi": 96, "logicalBaseDpi": 96}]}))
    environment = os.environ | {
        "QT_QPA_PLATFORM": f"offscreen:configfile={tmp_path}/screens.json",
        "QT_SCALE_FACTOR": str(ratio),
    }
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=100)
    *larger, last = done.stdout.splitlines() or [done.stderr]
    assert not larger, done.stdout
    assert last.startswith("shown"), done.stderr
    assert int(last.split()[1]) > 10


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "de"])
def test_the_window_can_be_made_small_and_no_dialog_needs_more(qapp: QApplication, icons: Icons, language: str) -> None:
    translator = QTranslator()
    if language != "en":
        assert translator.load(str(resource_folder() / "translations" / f"backup_gui_{language}.qm"))
        qapp.installTranslator(translator)
    wrong = []
    try:
        for scene, window in shown(icons):
            least = window.minimumSizeHint().expandedTo(window.minimumSize())
            width, height = WINDOW if isinstance(window, QMainWindow) else DIALOG
            if least.width() > width or least.height() > height:
                wrong.append(f"{scene}: {least.width()} x {least.height()}")
    finally:
        qapp.removeTranslator(translator)
    assert not wrong, "\n".join(wrong)
