"""A program that encrypts a user's files under a running job, all at once or one by one (hazard 9)."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backup_gui.engine.run import runner
from backup_gui.engine.run.mailbox import Mailbox
from backup_gui.model.events import Event, HeldBack, StatusChanged, Stop
from backup_gui.model.job import Job, Place
from backup_gui.model.plans import Held
from backup_gui.model.status import JobState
from tests.helpers.fake_clock import FakeClock
from tests.helpers.trees import contents

FILES = 200
ENCRYPTED = 120  # 60 %
LIMIT = FILES // 2
EVERY_S = 5


class Victim:
    """A source of documents, and the ways to spoil them."""

    def __init__(self, root: Path) -> None:
        self.source = root / "source"
        self.mirror = root / "mirror"
        self.history = root / "mirror.history"
        self.data = root / "data"
        for number in range(FILES):
            file = self.source / f"folder {number % 7}" / f"{number:03}.odt"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(self.original(number))
        self.files = sorted(self.source.rglob("*.odt"))

    @staticmethod
    def original(number: int) -> bytes:
        return f"document {number}".encode() * 10

    def rename_and_encrypt(self, index: int) -> None:
        file = self.files[index]
        file.with_name(file.name + ".locked").write_bytes(bytes(byte ^ 0x5A for byte in file.read_bytes()))
        file.unlink()

    def encrypt_in_place(self, index: int) -> None:
        file = self.files[index]
        file.write_bytes(bytes(byte ^ 0x5A for byte in file.read_bytes()))

    def encrypt_and_then_rename(self, index: int) -> None:
        self.encrypt_in_place(index)
        if index:
            before = self.files[index - 1]
            before.rename(before.with_name(before.name + ".locked"))

    def delete(self, index: int) -> None:
        self.files[index].unlink()

    def spoil(self, harm: Callable[[Victim, int], None], indexes: range) -> Callable[[], None]:
        """Return what harms some files when it is called."""

        def act() -> None:
            for index in indexes:
                harm(self, index)

        return act

    def run(self, until_s: float, clock: FakeClock) -> list[Event]:
        events: list[Event] = []
        commands = Mailbox()
        clock.at(until_s, lambda: commands.put(Stop()))
        job = Job(
            str(self.source), Place(str(self.mirror)), "j", "Documents", interval_s=EVERY_S, uses_notification=False
        )
        runner.run(job, commands, events.append, data_folder=self.data, parts=runner.PARTS._replace(clock=clock))
        return events

    def originals_in(self, root: Path) -> set[bytes]:
        wanted = {self.original(number) for number in range(FILES)}
        return wanted & set(contents(root).values())


Harm = Callable[[Victim, int], None]
HARMS = (Victim.rename_and_encrypt, Victim.encrypt_in_place, Victim.encrypt_and_then_rename, Victim.delete)


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Victim]:
    # None of this is about disks, and flushing a shared one a thousand times takes minutes.
    folder = Path(
        tempfile.mkdtemp(prefix="backup-gui-test-", dir="/dev/shm" if Path("/dev/shm").is_dir() else tmp_path)
    )
    yield Victim(folder)
    shutil.rmtree(folder)


def check(victim: Victim, events: list[Event]) -> Held:
    """Check that no more than the limit has left the mirror, nothing was lost, and the job says so."""
    kept = victim.originals_in(victim.mirror)
    assert len(kept) >= FILES - LIMIT
    assert len(kept | victim.originals_in(victim.history)) == FILES
    helds = [event.held for event in events if isinstance(event, HeldBack)]
    states = [event.status.state for event in events if isinstance(event, StatusChanged)]
    assert states[-1] is JobState.HELD
    return helds[-1]


@pytest.mark.hazard(9)
@pytest.mark.parametrize("harm", HARMS)
def test_encrypted_at_once_nothing_leaves_the_mirror(victim: Victim, harm: Harm) -> None:
    clock = FakeClock()
    clock.at(7, victim.spoil(harm, range(ENCRYPTED)))
    held = check(victim, victim.run(20, clock))
    assert len(victim.originals_in(victim.mirror)) == FILES
    assert held.counts.deleted + held.counts.replaced == ENCRYPTED


@pytest.mark.hazard(9)
@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("passes", [ENCRYPTED, 40])
def test_encrypted_over_many_passes_no_more_than_the_limit_leaves_the_mirror(
    victim: Victim, harm: Harm, passes: int
) -> None:
    clock = FakeClock()
    for turn in range(passes):
        a_turn = range(turn * ENCRYPTED // passes, (turn + 1) * ENCRYPTED // passes)
        clock.at(7 + turn * EVERY_S, victim.spoil(harm, a_turn))
    events = victim.run(7 + (passes + 3) * EVERY_S, clock)
    held = check(victim, events)
    assert held.lost_before + held.counts.deleted + held.counts.replaced >= LIMIT
    # New files go on.
    (victim.source / "new").write_bytes(b"new")
    victim.run(10, FakeClock())
    assert (victim.mirror / "new").read_bytes() == b"new"
    assert len(victim.originals_in(victim.mirror)) >= FILES - LIMIT


@pytest.mark.hazard(9)
@pytest.mark.parametrize("harm", HARMS)
def test_a_restart_after_every_few_files_does_not_help_the_encryption(victim: Victim, harm: Harm) -> None:
    victim.run(2, FakeClock())
    events: list[Event] = []
    for start in range(0, ENCRYPTED, 10):
        for index in range(start, start + 10):
            harm(victim, index)
        events = victim.run(2, FakeClock())
    check(victim, events)
