"""The icon of the macOS application, which is made when it is packaged."""

from __future__ import annotations

import importlib.util

import pytest
from PySide6.QtGui import QImage

from tests.helpers.project import PROJECT


@pytest.mark.usefixtures("qapp")
def test_the_icon_has_a_picture_of_each_size_with_the_drawing_in_it() -> None:
    spec = importlib.util.spec_from_file_location("app_icon", PROJECT / "packaging/app_icon.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    content: bytes = module.make_icon(PROJECT / "resources/icons/app.svg")
    assert content[:4] == b"icns"
    assert int.from_bytes(content[4:8], "big") == len(content)
    sizes = {}
    position = 8
    while position < len(content):
        kind, length = content[position : position + 4], int.from_bytes(content[position + 4 : position + 8], "big")
        picture = QImage.fromData(content[position + 8 : position + length])
        assert picture.pixelColor(picture.width() // 2, picture.height() // 2).alpha() > 0
        sizes[kind] = picture.width(), picture.height()
        position += length
    assert sizes == {
        kind: (size, size)
        for kind, size in zip(
            (b"icp4", b"icp5", b"icp6", b"ic07", b"ic08", b"ic09", b"ic10"),
            (16, 32, 64, 128, 256, 512, 1024),
            strict=True,
        )
    }
