"""Jobs and settings in their file."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray

from backup_gui.config.folders import own_folders
from backup_gui.config.settings import SCHEMA, Appearance, Settings
from backup_gui.config.store import FILE_NAME, SettingsError, Store
from backup_gui.model.job import Job, Place

JOB = Job(
    "/home/anna/Dokumente, alt = “neu”;\n\udcff[x]%20",
    Place("/media/backup"),
    id="a1",
    name='Ünïcode \\ "quoted"',
    interval_s=60,
    exclude=("*.tmp", "# no comment", "a,b"),
    keeps_history=False,
    asks_about_strangers=True,
    is_enabled=False,
)


def copies(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{FILE_NAME}.damaged-*"))


def test_an_absent_file_means_no_jobs_and_the_defaults(tmp_path: Path) -> None:
    store = Store(tmp_path / "new")
    assert store.jobs == ()
    assert store.settings() == Settings()
    assert store.faults == ()


def test_jobs_come_back_as_they_were(tmp_path: Path) -> None:
    other = Job("/a", Place("/b"), id="b2", name="B")
    assert Store(tmp_path).save_jobs((JOB, other))
    again = Store(tmp_path)
    assert again.jobs == (JOB, other)
    assert again.faults == ()


def test_settings_come_back_as_they_were(tmp_path: Path) -> None:
    settings = Settings(
        start_at_login=True, start_hidden=False, notifications_enabled=False, appearance=Appearance.DARK
    )
    Store(tmp_path).save_settings(settings)
    assert Store(tmp_path).settings() == settings


def test_a_file_that_is_no_settings_file_is_kept_aside(tmp_path: Path) -> None:
    content = b"\x00\xffthis is no settings file\x01"
    (tmp_path / FILE_NAME).write_bytes(content)
    store = Store(tmp_path)
    assert store.jobs == ()
    assert store.settings() == Settings()
    (copy,) = copies(tmp_path)
    assert copy.read_bytes() == content
    assert str(copy) in store.faults[0]


def test_damaged_jobs_are_kept_aside_and_the_whole_ones_used(tmp_path: Path) -> None:
    Store(tmp_path).save_jobs((JOB, Job("/a", Place("/b"), id="b2", name="B")))
    path = tmp_path / FILE_NAME
    before = path.read_text().replace('\\"/b\\"', "17")
    path.write_text(before)
    store = Store(tmp_path)
    assert store.jobs == (JOB,)
    assert len(store.faults) == 2
    (copy,) = copies(tmp_path)
    assert copy.read_text() == before


def test_jobs_that_are_cut_short_are_kept_aside(tmp_path: Path) -> None:
    Store(tmp_path).save_jobs((JOB,))
    path = tmp_path / FILE_NAME
    path.write_text(path.read_text().replace("schema", "sch"))
    store = Store(tmp_path)
    assert store.jobs == ()
    assert store.faults
    assert len(copies(tmp_path)) == 1


@pytest.mark.parametrize("form", ["same", "other"])
def test_settings_of_a_newer_version_are_called_newer_and_left_as_they_are(tmp_path: Path, form: str) -> None:
    Store(tmp_path).save_jobs((JOB,))
    path = tmp_path / FILE_NAME
    text = path.read_text().replace(f'\\"schema\\": {SCHEMA}', f'\\"schema\\": {SCHEMA + 1}')
    # Qt reads a file again only if its time or its size is another one.
    path.write_text((text if form == "same" else text.replace('\\"jobs\\"', '\\"backups\\"')) + "\n")
    before = path.read_bytes()
    with pytest.raises(SettingsError, match="newer version"):
        Store(tmp_path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {FILE_NAME: before}


def test_settings_that_cannot_be_kept_aside_are_not_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"\x00\xff")

    def refuse(_source: Path, _copy: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copy2", refuse)
    with pytest.raises(SettingsError, match="No space left on device"):
        Store(tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes() == b"\x00\xff"


def with_catalogs(folder: Path) -> Path:
    (folder / "data" / "jobs").mkdir(parents=True)
    (folder / "data" / "jobs" / "a1.sqlite").touch()
    return folder / "data"


def test_empty_settings_beside_catalogs_are_told(tmp_path: Path) -> None:
    data = with_catalogs(tmp_path)
    (tmp_path / FILE_NAME).touch()
    (fault,) = Store(tmp_path, data).faults
    assert "hold no backups" in fault
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / FILE_NAME).touch()
    assert Store(tmp_path / "other", tmp_path / "no data").faults == ()


def test_settings_that_lost_their_jobs_are_told_once(tmp_path: Path) -> None:
    data = with_catalogs(tmp_path)
    Store(tmp_path).save_settings(Settings())
    assert len(Store(tmp_path, data).faults) == 1
    assert Store(tmp_path, data).faults == ()


def test_no_settings_and_jobs_that_were_removed_are_no_loss(tmp_path: Path) -> None:
    data = with_catalogs(tmp_path)
    store = Store(tmp_path / "new", data)
    assert store.faults == ()
    store.save_jobs(())
    assert Store(tmp_path / "new", data).faults == ()


@pytest.mark.posix("modes")
def test_the_settings_are_private(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        folder = tmp_path / "config" / "backup-gui"
        Store(folder).save_jobs((JOB,))
        Store(folder).save_settings(Settings())
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / FILE_NAME).stat().st_mode) == 0o600


def test_a_new_start_after_damage_works(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"\x00\xff")
    Store(tmp_path).save_jobs((JOB,))
    assert Store(tmp_path).jobs == (JOB,)


def test_geometry_comes_back(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert store.geometry().isEmpty()
    store.save_geometry(QByteArray(b"\x00\x01,;="))
    assert Store(tmp_path).geometry() == QByteArray(b"\x00\x01,;=")


def test_what_was_told_is_remembered(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert not store.was_told("closed")
    store.note_told("closed")
    store.note_told("first/a1")
    again = Store(tmp_path)
    assert again.was_told("closed")
    assert again.told("first") == {"a1"}


def test_the_file_is_in_the_users_configuration_folder(own_places: Path) -> None:
    store = Store(own_folders().config)
    assert store._path.is_relative_to(own_places / "config")


def test_a_file_says_which_schema_it_has_and_one_without_is_of_the_first(tmp_path: Path) -> None:
    Store(tmp_path).save_settings(Settings(overdue_days=7))
    path = tmp_path / FILE_NAME
    assert f"schema={SCHEMA}\n" in path.read_text()
    path.write_text(path.read_text().replace(f"schema={SCHEMA}\n", ""))
    store = Store(tmp_path)
    assert (store.settings().overdue_days, store.faults) == (7, ())


@pytest.mark.parametrize("jobs", ["", 'jobs="[}"\n'], ids=["no jobs", "jobs in another form"])
def test_a_file_of_a_later_schema_is_left_as_it_is_whatever_it_holds(tmp_path: Path, jobs: str) -> None:
    path = tmp_path / FILE_NAME
    path.write_text(f"[General]\nschema={SCHEMA + 1}\n{jobs}\n[settings]\noverdue_days=soon\n")
    before = path.read_bytes()
    with pytest.raises(SettingsError, match="newer version"):
        Store(tmp_path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {FILE_NAME: before}
