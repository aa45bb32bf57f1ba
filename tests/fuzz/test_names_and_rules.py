"""Names and rules that come from outside: any of them is taken or refused in words, and means what it says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from backup_gui.engine.fs.volumes.mounts import can_watch, mount_of, network_mount_below, read_mounts
from backup_gui.engine.history.listing import list_versions
from backup_gui.engine.rules.exclusions import ExclusionRules
from backup_gui.engine.rules.version_names import read_version_name, version_path
from backup_gui.model.errors import JobError
from backup_gui.model.path_text import escape, one_line, unescape
from backup_gui.model.paths import is_temporary
from tests.helpers.systems import IS_POSIX

# Any name that a file of this system can have: of bytes, or of the halves of characters that Windows stores.
NAMES = (
    (
        st.binary(min_size=1, max_size=255)
        .map(lambda raw: raw.replace(b"/", b"-").replace(b"\0", b"-"))
        .filter(lambda raw: raw not in {b".", b".."})
        .map(os.fsdecode)
    )
    if IS_POSIX
    else (
        st.text(st.characters(exclude_characters='\0/\\:*?"<>|'), min_size=1, max_size=255)
        .filter(lambda name: name not in {".", ".."})
        .map(lambda name: name.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass"))
    )
)
# What looks like a version's name often enough to find the borders of what is one.
NEARLY_VERSIONS = st.lists(
    st.sampled_from(
        (
            "a",
            "~",
            "20261122-210605Z",
            "20261322-210605Z",
            "00000000-000000Z",
            "99991231-235959Z",
            "-1",
            "-0",
            ".odt",
            ".",
        )
    ),
    min_size=1,
    max_size=8,
).map("".join)
TIMES = st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=0)
)


@pytest.mark.hazard(20, 30)
@given(NAMES, TIMES, st.integers(0, 10**6))
def test_any_name_makes_a_versions_name_that_reads_back(name: str, left_at: datetime, count: int) -> None:
    stored = version_path(name, left_at, count)
    assert len(os.fsencode(stored)) <= 255
    assert "/" not in stored
    read = read_version_name(stored)
    assert read is not None
    found, read_at, read_count = read
    assert (read_at, read_count) == (left_at, count)
    if len(os.fsencode(name)) < 200:
        assert found == name


@given(st.one_of(NAMES, NEARLY_VERSIONS))
def test_a_name_is_read_as_a_version_only_if_it_is_one(name: str) -> None:
    read = read_version_name(name)
    if read is None:
        return
    original, left_at, count = read
    # It is what the version of some file is called: nothing of a stranger's is taken for one of ours by half.
    assert version_path(original, left_at, count) == name or not original


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere not every name can be made")
@settings(max_examples=50)
@given(st.lists(st.one_of(NAMES, NEARLY_VERSIONS), max_size=10, unique=True))
def test_strangers_in_the_history_do_no_harm_to_a_list_of_versions(names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for number, name in enumerate(names):
            assume(len(os.fsencode(name)) <= 255 and name not in {".", ".."})
            if number % 2:
                Path(folder, name).mkdir()
            else:
                Path(folder, name).write_bytes(b"")
        listed = {version.stored for version in list_versions(folder)}
        assert listed <= {name for name in names if read_version_name(name)}


@given(NAMES)
def test_only_names_of_our_own_form_are_temporaries(name: str) -> None:
    assert not is_temporary(name) or (name.startswith(".~bg-") and len(name) == 21)


@pytest.mark.hazard(30)
@given(st.lists(NAMES, min_size=1, max_size=4).map("/".join))
def test_any_path_is_escaped_on_one_line_and_reads_back(path: str) -> None:
    escaped = escape(path)
    escaped.encode("utf-8")
    assert len(escaped.splitlines()) == 1
    assert unescape(escaped) == path
    assert len(one_line(path).splitlines()) == 1


@given(st.text())
def test_any_text_is_read_back_or_refused(text: str) -> None:
    try:
        path = unescape(text)
    except ValueError:
        return
    assert unescape(escape(path)) == path


RULES = st.one_of(
    st.text(max_size=20),
    st.lists(
        st.sampled_from(
            ("*", "**", "?", "/", "!", "#", "\\", "[", "]", "[!a]", "[a-c]", "a", "b", ".", " ", "{", "-", "^")
        ),
        min_size=1,
        max_size=8,
    ).map("".join),
)
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)


@given(st.lists(RULES, min_size=1, max_size=4), PATHS, st.booleans())
def test_any_rule_is_taken_or_refused_in_words(rules: list[str], path: str, is_folder: bool) -> None:  # noqa: FBT001
    try:
        rule = ExclusionRules(rules)
    except JobError as error:
        sentence = str(error)
    else:
        assert rule.excludes(path, is_folder) in {True, False}
        return
    assert len(sentence.splitlines()) == 1


# What both sides are asked: rules of the ordinary sort, and names of which git can make a tree.
ORDINARY_RULES = st.lists(
    st.tuples(
        st.sampled_from(("", "", "!", "/", "!/")),
        st.lists(st.sampled_from(("a", "b", "*", "?", "**", "a*", "*.o", "[ab]", "[!a]")), min_size=1, max_size=3),
        st.sampled_from(("", "", "/")),
    ).map(lambda parts: parts[0] + "/".join(parts[1]) + parts[2]),
    min_size=1,
    max_size=5,
)
TREE = [
    *("a", "b", "c", "a.o", "d/a", "d/b", "d/c", "d/a.o", "d/e/a", "d/e/b", "d/e/a.o", "ab/a", "ab/b", "ab/ab"),
    *("ab/d/a", "ab/d/b", "f/a/b", "f/b/a", "f/b/a.o"),
]


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@settings(max_examples=40 if settings().max_examples < 1_000 else 500)
@given(ORDINARY_RULES)
def test_git_and_the_filter_say_the_same_and_nothing_is_left_out_that_git_takes(rules: list[str]) -> None:
    # A folder's rule with two stars says something of the folder itself only here: see the filter.
    assume(not any("**" in rule for rule in rules))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        subprocess.run(["git", "init", "-q", folder], check=True)
        (root / ".git/info/exclude").write_text("\n".join(rules) + "\n")
        for path in TREE:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text("")
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--others", "--exclude-standard"], cwd=root, check=True, capture_output=True
        )
    kept = set(listed.stdout.decode().split("\0")) - {""}
    rule = ExclusionRules(rules)
    taken = {path for path in TREE if not rule.excludes(path, False)}
    if any(pattern.startswith("!") for pattern in rules):
        # A rule that takes back a folder takes back here what other rules leave out inside it too, as "a" and then
        # "!/*" does with "f/a": more is backed up than git would take, never less.
        assert taken >= kept
    else:
        assert taken == kept


MOUNT_FIELDS = st.lists(
    st.one_of(
        st.sampled_from(
            (b"36", b"98:0", b"/", b"/mnt\\040x", b"\\777", b"\\0", b"ext4", b"fuse.sshfs", b"\\", b"\xff")
        ),
        st.binary(max_size=6),
    ),
    min_size=4,
    max_size=8,
).map(b" ".join)
MOUNT_LINES = st.tuples(MOUNT_FIELDS, MOUNT_FIELDS).map(b" - ".join)


@pytest.mark.posix("a table of mounts")
@given(st.lists(st.one_of(st.binary(max_size=80), MOUNT_LINES), max_size=8).map(b"\n".join))
@pytest.mark.hazard(8)
def test_any_table_of_mounts_is_read(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder, "mountinfo")
        table.write_bytes(content)
        for mount in read_mounts(table):
            assert all(isinstance(field, str) for field in mount)
        mount_of("/mnt/x", table)
        can_watch("/mnt/x", table)
        network_mount_below("/", table)
