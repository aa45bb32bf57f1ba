"""What files look like, and what a backup's folders are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.history.snapshot import backup_at
from backup_gui.engine.restore.put_back import RestoreOptions
from backup_gui.model.entries import Entry, EntryKind
from backup_gui.model.job import Place
from backup_gui.model.plans import Phase, Progress
from backup_gui.model.reasons import Reason, ReasonCode
from backup_gui.model.restores import Item, Policy
from backup_gui.presenters import file_preview
from backup_gui.presenters.file_preview import LONGEST_TEXT_BYTES, FilePreview, look_at
from backup_gui.services.browse import Backup, restore_items
from tests.helpers.trees import contents, read_tree


def never() -> bool:
    return False


def look(path: Path) -> FilePreview:
    kind = EntryKind.LINK if path.is_symlink() else EntryKind.FILE
    return look_at(Item(path.name, kind, 0, 0, str(path.parent), path.name), never)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", ""),
        (b"plain\nwords", "plain\nwords"),
        ("Grüße".encode(), "Grüße"),
        ("Grüße".encode("utf-8-sig"), "Grüße"),
        ("Grüße".encode("utf-16"), "Grüße"),
        ("Grüße".encode("cp1252"), "Grüße"),
        (b"\x00\x01\x02", None),
        (bytes(range(1, 32)) + b"\xff", None),
    ],
)
def test_text_is_read_in_the_encodings_in_use(file: Path, content: bytes, text: str | None) -> None:
    file.write_bytes(content)
    assert look(file) == FilePreview(text=text)


def test_a_long_text_is_cut_but_not_within_a_character(file: Path) -> None:
    file.write_text("x" + "ü" * LONGEST_TEXT_BYTES, encoding="utf-8")
    found = look(file)
    assert found.is_cut
    assert found.text == "x" + "ü" * (LONGEST_TEXT_BYTES // 2 - 1)


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp"])
def test_a_picture_is_scaled_down(file: Path, suffix: str, qtbot: QtBot) -> None:
    image = QImage(4_000, 1_000, QImage.Format.Format_RGB32)
    image.fill(QColor("red"))
    file = file.with_suffix(f".{suffix}")
    assert image.save(str(file))
    picture = look(file).picture
    assert picture is not None
    assert (picture.width(), picture.height()) == (800, 200)
    assert picture.pixelColor(400, 100).red() > 250


def test_a_small_picture_stays_as_it_is(file: Path) -> None:
    file = file.with_suffix(".png")
    assert QImage(3, 2, QImage.Format.Format_RGB32).save(str(file))
    picture = look(file).picture
    assert picture is not None
    assert (picture.width(), picture.height()) == (3, 2)


def test_a_damaged_or_very_large_picture_is_not_shown(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = file.with_suffix(".png")
    assert QImage(300, 200, QImage.Format.Format_RGB32).save(str(file))
    whole = file.read_bytes()
    file.write_bytes(whole[:60])
    assert look(file).picture is None
    file.write_bytes(whole)
    monkeypatch.setattr(file_preview, "LARGEST_PICTURE_BYTES", 100)
    assert look(file) == FilePreview()
    assert look_at(Item("x", EntryKind.FILE, 0, 0, str(file.parent), file.name), lambda: True) == FilePreview()


def test_a_link_is_not_followed_and_a_pipe_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "link").symlink_to("secret")
    assert look(tmp_path / "link") == FilePreview(text="secret")
    with pytest.raises(OSError, match="link"):
        look_at(Item("link", EntryKind.FILE, 0, 0, str(tmp_path), "link"), never)
    os.mkfifo(tmp_path / "pipe")
    assert look(tmp_path / "pipe") == FilePreview()


def test_saving_elsewhere_makes_the_folder_and_keeps_both(tmp_path: Path) -> None:
    mirror = tmp_path / "mirror"
    for name in ("a/x", "b/x"):
        (mirror / name).parent.mkdir(parents=True)
        (mirror / name).write_text(name)
    backup = Backup(*backup_at(str(mirror)))
    assert backup == Backup(Place(str(mirror)), None)
    with backup.open(never) as past:
        items = tuple(past.folder(name, None, shows_gone=False)[0] for name in "ab")
    to = tmp_path / "new" / "place"
    steps: list[Progress] = []
    options = RestoreOptions(Policy.KEEP_BOTH, mark="restored", makes_folder=True)
    result = restore_items(backup, items, None, str(to), options, on_progress=steps.append)
    assert result.restored == ("x", "x (restored)")
    assert contents(to) == {"x": b"a/x", "x (restored)": b"b/x"}
    assert (steps[0].phase, steps[0].files_total) == (Phase.RETURNING, 0)
    assert steps[-1].files_done == 2


@pytest.mark.parametrize("is_source", [True, False])
def test_what_cannot_be_looked_at_is_named_and_the_rest_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_source: bool
) -> None:
    mirror, to = tmp_path / "mirror", tmp_path / "to"
    to.mkdir()
    for name in ("docs/open", "docs/closed/inside", "docs/unseen", "docs/z"):
        (mirror / name).parent.mkdir(parents=True, exist_ok=True)
        (mirror / name).write_text(name)
    backup = Backup(*backup_at(str(mirror)))
    with backup.open(never) as past:
        items = past.folder("", None, shows_gone=False)
    real = Tree.list

    def refuse(self: Tree, path: str, refused: dict[str, OSError]) -> dict[str, Entry]:
        if path == "docs/closed":
            raise PermissionError(13, "Permission denied")
        entries = real(self, path, refused)
        if entries.pop("unseen", None) is not None:
            refused["unseen"] = OSError(5, "Input/output error")
        return entries

    monkeypatch.setattr(Tree, "list", refuse)
    options = RestoreOptions(
        Policy.KEEP_BOTH, mark="restored", backup=str(mirror) if is_source else None, makes_folder=not is_source
    )
    result = restore_items(backup, items, None, str(to), options, on_progress=lambda _progress: None)
    assert result.failed == (
        ("docs/closed", Reason(ReasonCode.RETURN_UNREAD)),
        ("docs/unseen", Reason(ReasonCode.RETURN_READ_ERROR)),
    )
    assert (result.asked, result.restored) == (4, ("docs/open", "docs/z"))
    assert sorted(read_tree(to)) == ["docs", "docs/open", "docs/z"]
