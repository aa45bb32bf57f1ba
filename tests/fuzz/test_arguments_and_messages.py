"""The command line, and what a second start says to the first: anything is understood or refused, nothing is raised."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PySide6.QtNetwork import QLocalSocket
from pytestqt.qtbot import QtBot

from backup_gui.cli.arguments import build_parser, interval, moment
from backup_gui.cli.main import main
from backup_gui.config.job_factory import job_faults
from backup_gui.config.settings import Settings, parse_jobs, parse_settings
from backup_gui.desktop.single_instance import Instance, Wish, _parsed
from backup_gui.model.job import MAX_INTERVAL_S, Place
from tests.helpers.systems import IS_POSIX

UNUSABLE = 2
OPTIONS = (
    *("run", "verify", "versions", "restore", "--once", "--dry-run", "--interval", "--exclude", "--history", "--at"),
    *(
        "--no-history",
        "--allow-mass-delete",
        "--poll",
        "--json",
        "--log-file",
        "--verbose",
        "--to",
        "--hidden",
        "--quit",
        "--",
    ),
    *("--source", "--destination", "--version", "-h", "-", "", "0", "5", "604801", "-1", "1e3", "2026-11-22", "\udcff"),
)
WORDS = st.one_of(st.sampled_from(OPTIONS), st.text(max_size=10), st.integers().map(str))


@given(st.text(max_size=40))
@example("9999-12-31T23:59:59-23:59")
@example("0001-01-01T00:00:00+23:59")
@example("2026-W01-1")
@example("٢٠٢٦-١١-٢٢")
def test_any_time_is_understood_or_refused(text: str) -> None:
    with contextlib.suppress(argparse.ArgumentTypeError):
        assert moment(text).tzinfo is UTC


# Windows has no table of time zones.
ZONES = st.timezones() if IS_POSIX else st.integers(-1439, 1439).map(lambda m: timezone(timedelta(minutes=m)))


@given(st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=ZONES))  # noqa: DTZ001
def test_a_time_with_a_zone_is_the_moment_that_it_says(at: datetime) -> None:
    assert moment(at.isoformat()) == datetime.fromisoformat(at.isoformat())


@given(
    st.one_of(st.text(max_size=30), st.integers().map(str), st.integers(10**4_290, 10**4_310).map(lambda n: f"{n:x}"))
)
def test_any_interval_is_within_its_limits_or_refused(text: str) -> None:
    with contextlib.suppress(argparse.ArgumentTypeError):
        assert 1 <= interval(text) <= MAX_INTERVAL_S


@given(st.lists(WORDS, max_size=8))
def test_any_arguments_are_parsed_or_refused_with_status_2(words: list[str]) -> None:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as told:
        try:
            options = build_parser().parse_args(words)
        except SystemExit as exit_:
            status = exit_.code
        else:
            status = 0
            assert options.command in {None, "run", "verify", "versions", "restore"}
    assert status == 0 or (status == UNUSABLE and "backup-gui" in told.getvalue())


@given(words=st.lists(WORDS.filter(lambda word: word not in {"run", "restore", "--log-file"}), max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_program_ends_with_a_status_whatever_it_is_given(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Paths among the words are taken as lying in an empty folder; nothing is ever written by these commands.
    monkeypatch.chdir(tmp_path)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        status = main(["versions", "nowhere", *words], lambda **_options: 0, lambda: None)
    assert status in {0, 1, UNUSABLE, 3}
    assert list(tmp_path.iterdir()) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
WISHES = st.dictionaries(
    st.sampled_from(("shows_window", "source", "destination", "interval_s", "quits", "other")), JSON
)
MESSAGES = st.one_of(
    st.binary(max_size=60),
    JSON.map(lambda value: json.dumps(value).encode()),
    WISHES.map(lambda wish: json.dumps(wish).encode()),
    st.integers(1, 40_000).map(lambda depth: b"[" * depth),
    st.integers(4_290, 4_400).map(lambda digits: b'{"interval_s": ' + b"9" * digits + b"}"),
)


@given(MESSAGES)
@example(b'{"interval_s": Infinity}')
@example(b'{"source": "\\ud800"}')
def test_any_message_is_a_wish_or_none(message: bytes) -> None:
    wish = _parsed(message)
    assert wish is None or (type(wish.source), type(wish.interval_s)) == (str, int)


@pytest.fixture
def instance(tmp_path: Path, qtbot: QtBot) -> Iterator[Instance]:
    first = Instance(tmp_path / "state")
    assert first.take()
    yield first
    first.release()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.lists(MESSAGES.filter(lambda message: len(message) < 70_000), max_size=3))
def test_whatever_is_sent_to_it_the_first_instance_still_hears_the_next_wish(
    instance: Instance, qtbot: QtBot, messages: list[bytes]
) -> None:
    for message in messages:
        socket = QLocalSocket()
        socket.connectToServer(instance._server.fullServerName())
        assert socket.waitForConnected(1_000)
        socket.write(message + b"\n")
        socket.flush()
        socket.disconnectFromServer()
    wish = Wish(source="/a folder", destination=Place("/another"), interval_s=7)
    heard: list[object] = []
    instance.wished.connect(heard.append)
    sender = QLocalSocket()
    sender.connectToServer(instance._server.fullServerName())
    assert sender.waitForConnected(1_000)
    fields = {"source": wish.source, "destination": str(wish.destination), "interval_s": 7}
    sender.write(json.dumps(fields).encode() + b"\n")
    sender.flush()
    qtbot.waitUntil(lambda: wish in heard, timeout=5_000)
    sender.disconnectFromServer()
    instance.wished.disconnect(heard.append)


@given(st.dictionaries(st.sampled_from(sorted(Settings.__dataclass_fields__)), JSON))
def test_any_settings_are_read_with_defaults_for_what_makes_no_sense(texts: dict[str, object]) -> None:
    parsed = parse_settings(texts)
    for name, default in ((name, getattr(Settings(), name)) for name in Settings.__dataclass_fields__):
        assert type(getattr(parsed, name)) is type(default)


@given(st.one_of(st.text(), JSON.map(json.dumps), st.integers(1, 40_000).map(lambda depth: '{"jobs": ' + "[" * depth)))
@example('{"schema": 1, "jobs": [{"interval_s": ' + "9" * 5_000 + "}]}")
@example('{"schema": ' + "9" * 5_000 + ', "jobs": []}')
def test_any_text_of_jobs_is_read_as_whole_jobs_and_faults(text: str) -> None:
    parsed = parse_jobs(text)
    assert all(job_faults(job) == {} for job in parsed.jobs)
    assert all(len(fault.splitlines()) == 1 for fault in parsed.faults)
