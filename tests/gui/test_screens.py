"""Pictures of all views, for eyes; the test makes sure that there is something to see."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from backup_gui.app import resource_folder
from backup_gui.ui.icons import Icons
from tests.helpers.screens import LOOKS, write_all

FOLDER = Path(__file__).parents[2] / "build" / "screenshots"


def test_every_view_is_drawn_light_dark_large_and_mirrored(qapp: QApplication) -> None:
    written = write_all(FOLDER, qapp)
    names = [path.stem.removesuffix("-light") for path in written if path.stem.endswith("-light")]
    assert len(names) >= 40
    assert len(written) == len(names) * len(LOOKS)
    for name in names:
        light, dark, large, mirrored = (QImage(str(FOLDER / f"{name}-{look}.png")) for look in LOOKS)
        assert light.size() == dark.size()
        corners = [image.pixelColor(2, image.height() - 3).lightness() for image in (light, dark)]
        assert corners[0] > 200
        assert corners[1] < 60
        assert large.width() * large.height() > light.width() * light.height(), f"{name} does not grow with its text"
        assert mirrored != light, f"{name} is the same from right to left"


def test_every_icon_draws_something(icons: Icons, qapp: QApplication) -> None:
    names = [path.stem for path in (resource_folder() / "icons").glob("*.svg")]
    assert len(names) >= 28
    colour = qapp.palette().windowText().color()
    for name in names:
        icon = icons.action(name, colour)
        for size_px in (16, 22, 48, 256):
            image = icon.pixmap(size_px, size_px).toImage()
            assert any(
                image.pixelColor(x, y).alpha() > 128 for x in range(image.width()) for y in range(image.height())
            ), (name, size_px)


def test_a_missing_icon_is_no_reason_to_fail(tmp_path: Path, qapp: QApplication) -> None:
    assert not Icons(tmp_path).app().isNull()
