"""Settings and jobs survive their text form, and damaged texts never get further than a sentence."""

from __future__ import annotations

import dataclasses
import json
import os
import random
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backup_gui.config import settings as config
from backup_gui.config.folders import own_folders
from backup_gui.config.job_factory import job_faults, make_job
from backup_gui.config.settings import (
    Appearance,
    Settings,
    jobs_to_text,
    parse_jobs,
    parse_settings,
    settings_to_texts,
)
from backup_gui.engine.destination.history_place import history_of
from backup_gui.engine.fs import own_files as own
from backup_gui.model.errors import JobError
from backup_gui.model.job import MAX_HISTORY_DAYS, MAX_INTERVAL_S, MAX_NAME_LENGTH, NOWHERE, Job, Place

# Settings


def test_every_setting_has_a_title_and_a_default() -> None:
    for item in dataclasses.fields(Settings):
        assert item.metadata["title"]
        assert item.default is not dataclasses.MISSING


@given(st.builds(Settings))
def test_settings_survive_their_text_form(settings: Settings) -> None:
    texts = settings_to_texts(settings)
    assert all(isinstance(text, str) for text in texts.values())
    assert parse_settings(texts) == settings


@pytest.mark.parametrize("value", [None, "maybe", 7, [], "True ", b"\xff"])
def test_a_setting_that_makes_no_sense_becomes_its_default(value: object) -> None:
    texts = dict.fromkeys((item.name for item in dataclasses.fields(Settings)), value)
    texts["language"] = None
    assert parse_settings(texts) == Settings()


def test_values_that_kept_their_type_are_read_too() -> None:
    settings = parse_settings(
        {"start_at_login": True, "appearance": "dark", "notifications_enabled": "FALSE", "old": 1}
    )
    assert settings == Settings(start_at_login=True, appearance=Appearance.DARK, notifications_enabled=False)


# Jobs as text

if os.name == "posix":
    PATHS = st.binary(min_size=1, max_size=40).map(lambda name: "/" + os.fsdecode(name.replace(b"\0", b"_")))
else:
    PATHS = st.text(min_size=1, max_size=40).map(lambda name: "/" + name.replace("\0", "_"))


@st.composite
def sound_jobs(draw: st.DrawFn) -> Job:
    source, destination = draw(PATHS), draw(PATHS)
    return Job(
        source="/source" + source,
        destination=Place("/destination" + destination),
        id=draw(st.from_regex(r"[0-9a-f]{16}", fullmatch=True)),
        name=draw(st.text(min_size=1, max_size=MAX_NAME_LENGTH)),
        interval_s=draw(st.integers(1, MAX_INTERVAL_S)),
        exclude=tuple(draw(st.lists(st.sampled_from(["*.o", "build/", "!keep", "a\udcff"]), max_size=3))),
        removes_left_out=draw(st.booleans()),
        leaves_out_system_folders=draw(st.booleans()),
        leaves_out_cloud_only=draw(st.booleans()),
        keeps_history=draw(st.booleans()),
        history=draw(st.just(NOWHERE) | PATHS.map(lambda path: Place("/history" + path))),
        history_days=draw(st.integers(0, MAX_HISTORY_DAYS)),
        history_max_bytes=draw(st.integers(0, 2**63 - 1)),
        uses_notification=draw(st.booleans()),
        full_pass_every_s=draw(st.integers(1, MAX_INTERVAL_S)),
        saves_power=draw(st.booleans()),
        guard_count=draw(st.integers(0, 10**6)),
        guard_share=draw(st.floats(0, 1)),
        allows_mass_delete=draw(st.booleans()),
        asks_about_strangers=draw(st.booleans()),
        is_enabled=draw(st.booleans()),
    )


@given(st.lists(sound_jobs(), max_size=3, unique_by=lambda job: job.id))
def test_jobs_survive_their_text_form(some: list[Job]) -> None:
    text = jobs_to_text(some)
    assert text.isascii()
    parsed = parse_jobs(text)
    assert parsed.faults == ()
    assert parsed.jobs == tuple(some)


@pytest.mark.parametrize("history", ["", "/kept elsewhere"])
def test_places_are_stored_as_texts(history: str) -> None:
    text = jobs_to_text([Job("/docs", Place("/copy"), "a1", "docs", history=Place(history))])
    (row,) = json.loads(text)["jobs"]
    assert (row["destination"], row["history"]) == ("/copy", history)


def test_every_field_of_a_job_is_read_back() -> None:
    assert set(config.READERS) == set(Job._fields)


DAYS_FAULT = "The days that versions are kept must be from 0 to 36500; 0 keeps all."
SIZE_FAULT = "The size of the history must be a number of bytes; 0 sets no limit."


def sound_row(**changes: Any) -> dict[str, Any]:
    return {"source": "/s", "destination": "/d", "id": "a1", "name": "n"} | changes


def text_of(*rows: Any, schema: Any = config.SCHEMA) -> str:
    return json.dumps({"schema": schema, "jobs": list(rows)})


def parse_job(text: str) -> Job:
    """Read the one job that a text has."""
    parsed = parse_jobs(text)
    assert parsed.faults == ()
    (job,) = parsed.jobs
    return job


def test_no_text_holds_no_jobs() -> None:
    assert parse_jobs(" \n") == config.ParsedJobs()


def test_options_that_an_older_version_did_not_write_have_their_defaults() -> None:
    assert parse_job(text_of(sound_row())) == Job("/s", Place("/d"), "a1", "n")


def test_a_job_from_before_there_were_limits_for_the_history_has_the_usual_ones() -> None:
    earlier = {
        "source": "/s",
        "destination": "/d",
        "id": "a1",
        "name": "n",
        "interval_s": 60,
        "exclude": ["*.o"],
        "keeps_history": True,
        "history": "",
        "uses_notification": True,
        "full_pass_every_s": 3600,
        "guard_count": 50,
        "guard_share": 0.5,
        "allows_mass_delete": False,
        "asks_about_strangers": True,
        "is_enabled": True,
    }
    job = parse_job(text_of(earlier, schema=1))
    assert (job.history_days, job.history_max_bytes) == (30, 0)
    assert (job.interval_s, job.exclude, job.asks_about_strangers) == (60, ("*.o",), True)


def test_fields_of_a_newer_version_with_the_same_schema_are_passed_over() -> None:
    assert parse_job(text_of(sound_row(colour="red"))).name == "n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ("[]", "unknown form"),
        ('{"jobs": 1}', "unknown form"),
        ('{"jobs": []}', "no schema number"),
        (text_of(schema=True), "no schema number"),
        (text_of(schema=0), "no schema number"),
        (text_of(schema=config.SCHEMA + 1), "newer version"),
        (text_of(1), "something that is none"),
    ],
)
def test_a_damaged_text_is_described_in_one_sentence(text: str, sentence: str) -> None:
    parsed = parse_jobs(text)
    assert parsed.jobs == ()
    assert len(parsed.faults) == 1
    assert sentence in parsed.faults[0]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"source": ""}, "source is missing."),
        ({"source": 1}, "source: text was expected."),
        ({"source": "a\0b"}, "source: The source contains a character that no path can have."),
        ({"destination": "/s"}, "destination: The source and the destination are the same folder."),
        ({"id": "../x"}, "id: letters and digits were expected."),
        ({"interval_s": 0}, f"interval_s: The interval must be from 1 to {MAX_INTERVAL_S} seconds."),
        ({"interval_s": True}, "interval_s: a whole number was expected."),
        ({"interval_s": 1.5}, "interval_s: a whole number was expected."),
        ({"guard_share": float("nan")}, "guard_share: a number was expected."),
        ({"guard_share": 10**400}, "guard_share: a number was expected."),
        ({"guard_share": 2}, "guard_share: The share of changes that is never held must be from 0 to 1."),
        ({"history_days": -1}, f"history_days: {DAYS_FAULT}"),
        (
            {"history_days": 36_501},
            f"history_days: {DAYS_FAULT}",
        ),
        ({"history_days": 0.5}, "history_days: a whole number was expected."),
        (
            {"history_max_bytes": -1},
            f"history_max_bytes: {SIZE_FAULT}",
        ),
        (
            {"history_max_bytes": 1 << 63},
            f"history_max_bytes: {SIZE_FAULT}",
        ),
        ({"guard_count": -1}, "guard_count: The number of changes that is never held must not be negative."),
        ({"exclude": "a"}, "exclude: a list of texts was expected."),
        ({"exclude": ["!"]}, "exclude: This exclusion rule is not understood: !"),
        ({"is_enabled": "true"}, "is_enabled: true or false was expected."),
        ({"name": "x" * 101}, "name: The name must not be longer than 100 characters."),
    ],
)
def test_a_damaged_job_is_left_out_and_the_others_are_kept(changes: dict[str, Any], sentence: str) -> None:
    parsed = parse_jobs(text_of(sound_row(id="z9"), sound_row(**changes)))
    assert [job.id for job in parsed.jobs] == ["z9"]
    assert parsed.faults == (f"Backup 2: {sentence}",)


def test_two_jobs_with_the_same_key_are_told() -> None:
    parsed = parse_jobs(text_of(sound_row(), sound_row(source="/other")))
    assert len(parsed.jobs) == 1
    assert "same key" in parsed.faults[0]


@given(st.data())
def test_any_damage_to_a_text_is_survived(data: st.DataObject) -> None:
    text = jobs_to_text([Job("/s", Place("/d"), "a1", "n", exclude=("*.o",)), Job("/s\udcff", Place("/e"), "b2", "m")])
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, max(0, len(text) - 1)))
        text = text[:at] + data.draw(st.text(max_size=3)) + text[at + data.draw(st.integers(0, 30)) :]
    for job in parse_jobs(text).jobs:
        assert job_faults(job) == {}


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(config.READERS)), JSON_VALUES))
def test_any_value_in_any_field_is_survived(changes: dict[str, Any]) -> None:
    parsed = parse_jobs(text_of(sound_row(**changes)))
    assert len(parsed.jobs) + len(parsed.faults) == 1


def test_random_bytes_are_survived() -> None:
    noise = random.Random(1)
    for _ in range(300):
        assert parse_jobs("{" + noise.randbytes(60).decode("latin-1")).jobs == ()


def test_each_older_schema_has_a_migration_and_each_migration_a_test() -> None:
    assert set(config.MIGRATIONS) == set(range(1, config.SCHEMA))
    for migration in config.MIGRATIONS.values():
        assert f"test_{migration.__name__}" in globals()


def test_older_schemas_are_brought_up_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    def rename(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{"source": row["from"], "destination": row["to"], "id": "a1"} for row in rows]

    def name(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [row | {"name": "n"} for row in rows]

    monkeypatch.setattr(config, "SCHEMA", 3)
    monkeypatch.setattr(config, "MIGRATIONS", {1: rename, 2: name})
    assert parse_job(text_of({"from": "/s", "to": "/d"}, schema=1)) == Job("/s", Place("/d"), "a1", "n")


# Own folders


def test_the_program_s_folders_follow_the_environment(own_places: Path) -> None:
    assert own_folders()[:3] == (
        own_places / "data" / "backup-gui",
        own_places / "state" / "backup-gui",
        own_places / "config" / "backup-gui",
    )


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's defaults")
@pytest.mark.parametrize("value", ["", "relative/path"])
def test_without_a_usable_environment_they_lie_where_linux_has_them(
    value: str, own_places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATA", "STATE", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", value)
    found = own_folders()
    assert found.data == own_places / ".local/share/backup-gui"
    assert found.state == own_places / ".local/state/backup-gui"
    assert found.config == own_places / ".config/backup-gui"
    # The short cut and the library must never part ways.
    monkeypatch.setattr(sys, "platform", "other")
    assert own_folders() == found


# Jobs


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    source, destination = tmp_path / "docs", tmp_path / "copy"
    source.mkdir()
    destination.mkdir()
    return source, destination


def refusal(source: object, destination: object, **options: Any) -> str:
    with pytest.raises(JobError) as caught:
        make_job(Job(str(source), Place(str(destination)), **options))
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_the_same_folders_give_the_same_key_and_others_another(pair: tuple[Path, Path]) -> None:
    source, destination = map(str, pair)
    job = make_job(Job(source, Place(destination)))
    assert job.id == make_job(Job(source + "/", Place(os.path.join(destination, ".")))).id
    assert job.id != make_job(Job(destination, Place(source))).id
    assert job.id.isalnum()
    assert len(job.id) == 16


def test_paths_become_absolute_and_the_name_is_the_source_s(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, destination = pair
    monkeypatch.chdir(source.parent)
    monkeypatch.setenv("HOME" if os.name == "posix" else "USERPROFILE", str(source.parent))
    job = make_job(Job("docs", Place("~/copy")))
    assert (job.source, job.destination.path, job.name) == (str(source), str(destination), "docs")


def test_dots_after_a_link_lead_where_the_system_says(pair: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "far" / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "far" / "deep")
    assert make_job(Job(f"{tmp_path}/link/../new", Place(str(pair[1])))).source == str(tmp_path / "far" / "new")


def test_a_missing_source_is_no_fault_of_the_job(tmp_path: Path) -> None:
    assert make_job(Job(str(tmp_path / "away"), Place(str(tmp_path / "copy")))).name == "away"


def test_a_link_to_a_drive_that_is_away_is_no_fault_of_the_job(pair: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "unplugged")
    assert make_job(Job(str(pair[0]), Place(str(tmp_path / "link")))).destination.path == str(tmp_path / "link")


@pytest.mark.parametrize(("source", "destination"), [("", "/d"), ("/s", ""), (" ", "/d"), ("/s", "a\0b")])
def test_what_is_no_path_is_refused(source: str, destination: str) -> None:
    refusal(source, destination)


def test_options_out_of_range_are_refused(pair: tuple[Path, Path]) -> None:
    assert "interval" in refusal(*pair, interval_s=0)
    assert "interval" in refusal(*pair, interval_s=MAX_INTERVAL_S + 1)
    assert "exclusion rule" in refusal(*pair, exclude=("!",))
    assert "full checks" in refusal(*pair, full_pass_every_s=0)


def test_files_are_refused_as_folders(pair: tuple[Path, Path], tmp_path: Path) -> None:
    file = tmp_path / ("a\nfile" if os.name == "posix" else "a\u2028file")
    file.write_text("x")
    assert "The source is not a folder." in refusal(file, pair[1])
    assert "The destination is not a folder." in refusal(pair[0], file)
    assert "The history is not a folder." in refusal(*pair, history=Place(str(file)))


def test_the_same_folder_is_refused_however_it_is_named(pair: tuple[Path, Path], tmp_path: Path) -> None:
    source = pair[0]
    (tmp_path / "link").symlink_to(source)
    for other in (source, f"{source}/", f"{source}/.", f"{tmp_path}/copy/../docs", tmp_path / "link"):
        assert "same folder" in refusal(source, other)


def test_folders_inside_each_other_are_refused_however_they_are_named(pair: tuple[Path, Path], tmp_path: Path) -> None:
    source, destination = pair
    (source / "sub").mkdir()
    (tmp_path / "link").symlink_to(source / "sub")
    for inner in (source / "sub", source / "not" / "yet", tmp_path / "link", tmp_path / "link" / "new"):
        assert "The destination lies inside the source." in refusal(source, inner)
    (tmp_path / "up").symlink_to(tmp_path)
    assert "The source lies inside the destination." in refusal(source, tmp_path / "up")
    assert "The source lies inside the destination." in refusal(f"{destination}/../docs", tmp_path)


def test_a_neighbour_with_a_similar_name_is_not_inside(pair: tuple[Path, Path], tmp_path: Path) -> None:
    assert make_job(Job(str(pair[0]), Place(str(tmp_path / "docs2")))).name == "docs"


def test_the_history_has_a_place_of_its_own(pair: tuple[Path, Path], tmp_path: Path) -> None:
    source, destination = pair
    assert "The history lies inside the source." in refusal(source, destination, history=Place(str(source / "h")))
    assert "The history lies inside the destination." in refusal(
        source, destination, history=Place(str(destination / "h"))
    )
    assert "a folder of its own" in refusal(source, destination, history=Place(str(destination)))
    assert "The source lies inside the history." in refusal(source, destination, history=Place(str(tmp_path)))
    assert "The source lies inside the history." in refusal(f"{destination}.history/docs", destination), (
        "also where the default history is"
    )
    job = make_job(Job(str(source), Place(str(destination)), history=Place(str(source / "h")), keeps_history=False))
    assert history_of(job) is None


def test_job_faults_names_the_field_without_touching_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def touched(*_arguments: object) -> None:
        raise AssertionError("a file was looked at")

    for name in ("stat", "lstat", "listdir", "scandir"):
        monkeypatch.setattr(os, name, touched)
    faults = job_faults(Job("", Place(" "), "", "", interval_s=0, guard_share=-1, exclude=("!",)))
    assert set(faults) == {"source", "destination", "interval_s", "guard_share", "exclude"}
    assert set(job_faults(Job("/s", Place("/s/"), "", ""))) == {"destination"}
    assert job_faults(Job("/s", Place("/d"), "", "")) == {}


def test_the_programs_own_folder_is_no_source(tmp_path: Path) -> None:
    (tmp_path / "own" / "deep").mkdir(parents=True)
    own.note(tmp_path / "own")
    for source in ("own", "own/deep"):
        assert "own folder" in refusal(tmp_path / source, tmp_path / "mirror")
    assert make_job(Job(str(tmp_path), Place("/somewhere/else"))).source == str(tmp_path)
