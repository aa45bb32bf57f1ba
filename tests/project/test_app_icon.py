"""The icons of the applications for macOS and Windows, which are made when they are packaged."""

from __future__ import annotations

import importlib
import struct
from types import ModuleType

import pytest
from PySide6.QtGui import QImage

from backup_gui.model.status import JobState
from backup_gui.ui.style.theme import state_colour
from tests.helpers.project import PROJECT

DRAWING = PROJECT / "resources/icons/app.svg"
pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def app_icon(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(PROJECT / "packaging"))
    return importlib.import_module("app_icon")


def test_the_icon_of_the_app_is_that_of_no_state() -> None:
    drawing = DRAWING.read_text("utf-8")
    assert not [state for state in JobState if state_colour(state).name() in drawing]


def drawn_size(picture: bytes) -> int:
    """The width and height of a picture with something in its middle."""
    image = QImage.fromData(picture)
    assert image.width() == image.height()
    assert image.pixelColor(image.width() // 2, image.height() // 2).alpha() > 0
    return image.width()


def test_the_icon_for_macos_has_a_picture_of_each_size_with_the_drawing_in_it(app_icon: ModuleType) -> None:
    content: bytes = app_icon.make_mac_icon(DRAWING)
    assert content[:4] == b"icns"
    assert int.from_bytes(content[4:8], "big") == len(content)
    sizes = {}
    position = 8
    while position < len(content):
        kind, length = content[position : position + 4], int.from_bytes(content[position + 4 : position + 8], "big")
        sizes[kind] = drawn_size(content[position + 8 : position + length])
        position += length
    assert sizes == dict(
        zip(
            (b"icp4", b"icp5", b"icp6", b"ic07", b"ic08", b"ic09", b"ic10"),
            (16, 32, 64, 128, 256, 512, 1024),
            strict=True,
        )
    )


def test_the_icon_for_windows_has_a_picture_of_each_size_with_the_drawing_in_it(app_icon: ModuleType) -> None:
    content: bytes = app_icon.make_windows_icon(DRAWING)
    *kind, count = struct.unpack_from("<HHH", content)
    assert kind == [0, 1]
    sizes = []
    end = 6 + 16 * count
    for index in range(count):
        width, height, *_, length, start = struct.unpack_from("<BBBBHHII", content, 6 + 16 * index)
        assert start == end
        end += length
        sizes.append(drawn_size(content[start:end]))
        assert (width, height) == (sizes[-1] % 256, sizes[-1] % 256)
    assert end == len(content)
    assert {16, 32, 48, 256} <= set(sizes)
