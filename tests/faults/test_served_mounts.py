"""File systems that a program serves, as destination and as source: merged ones, clouds, those of other computers."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from backup_gui.engine.fs import xattrs as attributes
from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.fs.volumes.identity import identify
from backup_gui.model.plans import Counts, PassStatus, ProblemCode
from tests.faults.scene import Scene
from tests.helpers.trees import contents
from tests.helpers.waiting import wait_until

pytestmark = pytest.mark.skipif(not os.path.exists("/dev/fuse") or os.geteuid() != 0, reason="mounts a file system")


@contextlib.contextmanager
def served(point: Path, *command: str) -> Iterator[Path]:
    """Mount a file system by a program that stays in the foreground; undone with the context."""
    point.mkdir(exist_ok=True)
    program = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: os.path.ismount(point), f"the mount of {command[0]}")
        yield point
    finally:
        subprocess.run(["umount", "--lazy", str(point)], check=False)
        try:
            program.wait(10)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()


@contextlib.contextmanager
def merged(base: Path) -> Iterator[Path]:
    for name in ("one", "two"):
        (base / name).mkdir(exist_ok=True)
    with served(base / "merged", "mergerfs", "-f", f"{base}/one:{base}/two", str(base / "merged")) as point:
        yield point


@contextlib.contextmanager
def cloud(base: Path, *options: str) -> Iterator[Path]:
    (base / "store").mkdir(exist_ok=True)
    command = ["rclone", "mount", "--config", os.devnull, "--cache-dir", str(base / "cache"), *options]
    with served(base / "cloud", *command, f":local:{base}/store", str(base / "cloud")) as point:
        yield point


def files_below(root: Path) -> dict[str, bytes]:
    """Read all files, without their attributes, which such a file system does not tell."""
    return {file.relative_to(root).as_posix(): file.read_bytes() for file in root.rglob("*") if file.is_file()}


@pytest.mark.hazard(66)
def test_names_of_one_file_are_copies_where_each_name_has_a_number_of_its_own(tmp_path: Path) -> None:
    with merged(tmp_path) as point:
        scene = Scene(tmp_path, point)
        scene.write("a", b"shared")
        os.link(scene.source / "a", scene.source / "b")
        report = scene.make_pass()
        assert (report.status, report.problems) == (PassStatus.COMPLETE, ())
        assert scene.in_mirror() == {"a": b"shared", "b": b"shared"}
        assert scene.temporaries() == []
        assert scene.make_pass().counts == Counts()


@pytest.mark.hazard(65)
def test_a_source_that_is_mounted_anew_is_the_same_and_nothing_is_copied_or_moved(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    with merged(tmp_path) as point:
        scene = Scene(point, tmp_path / "plain")
        for number in range(20):
            scene.write(f"docs/{number}", b"%d" % number)
        scene.make_pass()
        before = identify(str(scene.source))
    with merged(tmp_path) as point:
        # Other names are asked for first, so that the numbers come out otherwise.
        with Tree(str(scene.source)) as tree:
            for number in reversed(range(20)):
                tree.stat(f"docs/{number}")
        assert identify(str(scene.source)) == before
        (scene.source / "docs/0").unlink()
        report = scene.make_pass()
        assert (report.held, report.problems) == (None, ())
        assert (report.counts.created, report.counts.replaced, report.counts.moved) == (0, 0, 0)
        assert contents(scene.mirror) == contents(scene.source)


@pytest.mark.hazard(65)
def test_a_file_that_has_the_former_number_of_another_is_not_taken_for_it(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    with merged(tmp_path) as point:
        scene = Scene(point, tmp_path / "plain")
        scene.write("old", b"AAAA")
        os.utime(scene.source / "old", (1_600_000_000, 1_600_000_000))
        scene.make_pass()
        scene.write("new", b"BBBB")
        os.utime(scene.source / "new", (1_600_000_000, 1_600_000_000))
        entry = os.stat(scene.source / "new")
        known = scene.catalog.fingerprint("old")
        assert known is not None
        # As after a remount: the number, the size and all the times are those that another file had.
        scene.catalog._connection.execute("UPDATE files SET inode = ?, ctime_ns = ?", (entry.st_ino, entry.st_ctime_ns))
        (scene.source / "old").unlink()
        scene.make_pass()
        assert contents(scene.mirror) == {"new": b"BBBB"}


@pytest.mark.hazard(66)
@pytest.mark.parametrize("mode", ["off", "writes"])
def test_a_mounted_cloud_is_never_said_to_be_complete_and_new_folders_get_their_names_at_once(
    tmp_path: Path, mode: str
) -> None:
    (tmp_path / "plain").mkdir()
    with cloud(tmp_path, "--vfs-cache-mode", mode) as point:
        scene = Scene(tmp_path / "plain", point)
        for number in range(10):
            scene.write(f"a/{number}", b"%d" % number)
            scene.write(f"a/b/{number}", b"old %d" % number)
        report = scene.make_pass()
        found = [(problem.path, problem.code) for problem in report.problems]
        assert (report.status, found) == (PassStatus.PROBLEMS, [("", ProblemCode.STORED_LATER)])
        assert files_below(scene.mirror) == contents(scene.source)
        scene.write("a/b/1", b"new content")
        (scene.source / "a/b/2").unlink()
        again = scene.make_pass()
        assert [problem.code for problem in again.problems] == [ProblemCode.STORED_LATER]
        wait_until(lambda: files_below(tmp_path / "store/mirror") == contents(scene.source), "the upload", 30)


@pytest.mark.hazard(66)
def test_attributes_that_a_source_cannot_tell_are_said_once_and_no_problem(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    attributes._DUMB_DEVICES.clear()
    (tmp_path / "plain").mkdir()
    (tmp_path / "store/source").mkdir(parents=True)
    for number in range(5):
        (tmp_path / f"store/source/{number}").write_bytes(b"content")
    with cloud(tmp_path, "--vfs-cache-mode", "writes") as point:
        scene = Scene(tmp_path, tmp_path / "plain")
        scene.job = scene.job._replace(source=str(point / "source"))
        report = scene.make_pass()
        assert (report.status, report.problems) == (PassStatus.COMPLETE, ())
        assert scene.make_pass().counts == Counts()
    assert sum("does not tell attributes" in record.getMessage() for record in caplog.records) == 1


@contextlib.contextmanager
def over_ssh(base: Path, port: int) -> Iterator[Path]:
    """Mount a folder over a server of our own on the loopback."""
    (base / "store").mkdir()
    for name in ("key", "host"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(base / name)], check=True)
    os.makedirs("/run/sshd", exist_ok=True)
    lines = (
        *(f"Port {port}", "ListenAddress 127.0.0.1", f"HostKey {base}/host", f"AuthorizedKeysFile {base}/key.pub"),
        *("StrictModes no", "UsePAM no", "PermitRootLogin yes", "PidFile none", "Subsystem sftp internal-sftp"),
    )
    (base / "config").write_text("\n".join(lines) + "\n")
    server = subprocess.Popen(["/usr/sbin/sshd", "-D", "-f", str(base / "config")], stderr=subprocess.DEVNULL)
    options = f"IdentityFile={base}/key,StrictHostKeyChecking=no,UserKnownHostsFile=/dev/null"
    try:
        wait_until(lambda: f":{port:04X} " in Path("/proc/net/tcp").read_text(), "the server")
        command = ("sshfs", "-f", "-p", str(port), "-o", options, f"root@127.0.0.1:{base}/store")
        with served(base / "remote", *command, str(base / "remote")) as point:
            yield point
    finally:
        server.terminate()
        server.wait()


@pytest.mark.hazard(66)
def test_links_and_names_of_one_file_come_over_ssh_in_one_pass_and_leave_no_temporaries(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    with over_ssh(tmp_path, 5541) as point:
        scene = Scene(tmp_path / "plain", point)
        scene.write("a", b"shared")
        os.link(scene.source / "a", scene.source / "b")
        (scene.source / "link").symlink_to("a")
        os.utime(scene.source / "a", (1_600_000_000, 1_600_000_000))
        report = scene.make_pass()
        assert (report.status, report.problems) == (PassStatus.COMPLETE, ())
        assert sorted(os.listdir(tmp_path / "store/mirror")) == ["a", "b", "link"]
        assert os.readlink(scene.mirror / "link") == "a"
        # The time of the link did not become that of the file.
        assert (tmp_path / "store/mirror/a").stat().st_mtime == 1_600_000_000
        assert scene.make_pass().counts == Counts()


@pytest.mark.hazard(65)
def test_a_folder_can_be_listed_again_where_a_program_lists_it_once_for_each_opening(tmp_path: Path) -> None:
    with over_ssh(tmp_path, 5542) as point:
        (point / "file").write_bytes(b"1")
        with Tree(str(point)) as tree:
            assert set(tree.list("")) == {"file"}
            # A descriptor that was listed once goes on listing what was there then, or nothing.
            (point / "later").write_bytes(b"2")
            for _ in range(2):
                assert set(tree.list("")) == {"file", "later"}
                assert not tree.is_empty()
