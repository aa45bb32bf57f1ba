"""The Settings page of a job: alone with fixed values, and wired."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from backup_gui.desktop.single_instance import Wish
from backup_gui.engine.destination.history_place import history_of
from backup_gui.engine.fs import own_files as own
from backup_gui.engine.history.usage import measure
from backup_gui.engine.run import runner
from backup_gui.model.events import RemoveLeftOut, ReportMade
from backup_gui.model.job import LIMITS, MAX_INTERVAL_S, NEW_JOB, Job, Place
from backup_gui.model.plans import HistorySize, PassStatus, Report
from backup_gui.model.reasons import Reason, ReasonCode, lines, of_system
from backup_gui.model.status import JobState
from backup_gui.presenters import job_form
from backup_gui.presenters.job_form import merged
from backup_gui.presenters.shell import Shell
from backup_gui.services.folder_sizes import FolderSize, LeftOutSizes, count_copies, count_folder, count_left_out
from backup_gui.ui.main.board import Page
from backup_gui.ui.settings.page import JobSettings, NewJobDialog
from backup_gui.ui.settings.rules_panel import PRESETS, RulesWish
from backup_gui.ui.style.icons import Icons
from backup_gui.ui.text.format import size_text
from backup_gui.ui.values.job import JobDraft
from backup_gui.ui.widgets.labels import MutedLabel
from tests.helpers.screens import DOCUMENTS, PICTURES
from tests.qt.conftest import ScriptedRun, ShellMaker, activate

JOB = DOCUMENTS._replace(
    interval_s=60,
    exclude=("*.tmp", "/a b/"),
    keeps_history=False,
    uses_notification=False,
    full_pass_every_s=7_200,
    saves_power=False,
    guard_count=10,
    guard_share=0.25,
    asks_about_strangers=True,
)


@pytest.fixture
def page(icons: Icons, qtbot: QtBot) -> JobSettings:
    page = JobSettings(icons)
    qtbot.addWidget(page)
    page.resize(700, 700)
    page.show()
    return page


def draft_of(form: JobSettings) -> JobDraft:
    """What the form has now."""
    assert form._job is not None
    return JobDraft(form._job, form.wanted())


def approve(page: JobSettings) -> list[JobDraft]:
    """Find every draft good."""
    drafts: list[JobDraft] = []

    def answer(draft: JobDraft) -> None:
        drafts.append(draft)
        page.show_findings(draft, draft.wanted, {}, {})

    page.check_requested.connect(answer)
    return drafts


def test_the_page_gives_back_the_job_it_shows(page: JobSettings) -> None:
    for job in (JOB, JOB._replace(guard_share=1 / 3, full_pass_every_s=90, history=Place("/media/anna/Old"))):
        page.show_job(job)
        assert page.wanted() == job
        assert not page.is_changed
        assert not page.apply_button.isEnabled()


def test_each_choice_can_be_changed(page: JobSettings) -> None:
    page.show_job(JOB)
    page.destination_field.edit.setText("/mnt/b")
    page.name_edit.setText("Letters")
    page.interval_field.spin.setValue(9)
    page.rules.edit.show_rules(("x",))
    page.rules.system_check.click()
    page.rules.cloud_check.click()
    page.limits.check.click()
    page.watch_check.click()
    page.full_spin.setValue(30)
    page.saving_check.click()
    page.guard_count_spin.setValue(7)
    page.guard_share_spin.setValue(80)
    page.strangers_check.click()
    assert page.wanted() == JOB._replace(
        destination=Place("/mnt/b"),
        name="Letters",
        interval_s=9,
        exclude=("x",),
        leaves_out_system_folders=False,
        leaves_out_cloud_only=False,
        keeps_history=True,
        uses_notification=True,
        full_pass_every_s=1_800,
        saves_power=True,
        guard_count=7,
        guard_share=0.8,
        asks_about_strangers=False,
    )
    page.revert_button.click()
    assert page.wanted() == JOB


def test_saving_power_needs_notification(page: JobSettings) -> None:
    page.show_job(JOB._replace(uses_notification=True))
    assert page.saving_check.isEnabled()
    page.watch_check.click()
    assert not page.saving_check.isEnabled()


def test_saving_power_stands_below_what_it_is_about(page: JobSettings) -> None:
    page.show_job(JOB)
    assert page.full_spin.y() < page.saving_check.y() < page.guard_count_spin.y()


def test_only_what_was_checked_can_be_applied(page: JobSettings, qtbot: QtBot) -> None:
    applied: list[JobDraft] = []
    page.apply_requested.connect(applied.append)
    page.show_job(JOB)
    wrong = {"destination": Reason(ReasonCode.TYPED_DESTINATION_IN_SOURCE)}
    checked: list[JobDraft] = []
    page.check_requested.connect(checked.append)
    QTest.keyClicks(page.destination_field.edit, "/inside")
    qtbot.waitUntil(lambda: bool(checked) and checked[-1].wanted.destination.path.endswith("/inside"))
    page.show_findings(checked[-1], None, wrong, {})
    assert page.destination_remark.text == "The destination lies inside the source."
    assert not page.apply_button.isEnabled()
    page.revert_button.click()
    page.interval_field.spin.setValue(9)
    page.show_findings(checked[-1], JOB, {}, {})
    assert not page.apply_button.isEnabled()
    approve(page)
    qtbot.waitUntil(page.apply_button.isEnabled)
    QTest.mouseClick(page.apply_button, Qt.MouseButton.LeftButton)
    assert [(draft.before, draft.wanted) for draft in applied] == [(JOB, JOB._replace(interval_s=9))]
    assert not page.is_changed


def test_news_of_the_job_do_not_take_away_what_is_being_typed(page: JobSettings) -> None:
    page.show_job(JOB)
    page.interval_field.spin.setValue(9)
    page.show_job(JOB._replace(is_enabled=False))
    assert page.wanted().interval_s == 9
    page.show_job(PICTURES)
    assert page.wanted() == PICTURES


def test_what_was_changed_meanwhile_stays_changed() -> None:
    now = JOB._replace(is_enabled=False, exclude=("*.tmp", "/a b/", "/Mail"))
    assert merged(now, JOB, JOB._replace(interval_s=9)) == now._replace(interval_s=9)


def test_ticking_a_preset_adds_its_rules_and_unticking_takes_them_away(page: JobSettings) -> None:
    page.show_job(JOB)
    temporary = page.rules.preset_checks[1]
    assert not temporary.isChecked()
    temporary.click()
    assert PRESETS[1].is_in(page.rules.edit.rules())
    assert page.rules.edit.rules()[:2] == JOB.exclude
    temporary.click()
    # The rule that was there before the tick belongs to the preset too.
    assert page.rules.edit.rules() == ("/a b/",)
    page.rules.edit.show_rules(PRESETS[3].rules)
    assert [check.isChecked() for check in page.rules.preset_checks] == [False, False, False, True]


def test_the_live_count_is_told(page: JobSettings, qtbot: QtBot) -> None:
    wishes: list[RulesWish] = []
    stops: list[int] = []
    page.rules.count_cancelled.connect(lambda: stops.append(len(wishes)))
    page.rules.count_requested.connect(wishes.append)
    page.show_job(JOB)
    qtbot.waitUntil(lambda: bool(wishes))
    assert stops == [0], "an older count ends first, so that its figures are never shown"
    page.rules.show_count(12, 3_000)
    assert page.rules.count_label.text() == "Leaves out 12 files, 3.0 kB so far…"
    assert page.rules.stop_button.isVisible()
    page.rules.show_count(214, 3_100_000_000, is_done=True)
    assert page.rules.count_label.text() == "Leaves out 214 files, 3.1 GB"
    # Another field's change is no reason to count again.
    drafts = approve(page)
    page.interval_field.spin.setValue(9)
    qtbot.waitUntil(lambda: bool(drafts))
    assert len(wishes) == 1
    page.rules.edit.show_rules(())
    qtbot.waitUntil(lambda: page.rules.count_label.text() == "Nothing is left out.")


def test_counting_can_be_stopped(page: JobSettings, qtbot: QtBot) -> None:
    wishes: list[RulesWish] = []
    stops: list[None] = []
    page.rules.count_requested.connect(wishes.append)
    page.show_job(JOB)
    qtbot.waitUntil(lambda: bool(wishes))
    page.rules.count_cancelled.connect(lambda: stops.append(None))
    page.rules.stop_button.click()
    assert len(stops) == 1
    assert not page.rules.stop_button.isVisible()
    page.requests_cancelled.connect(lambda: stops.append(None))
    page.hide()
    assert len(stops) == 2


def test_a_page_that_nobody_sees_asks_for_nothing(icons: Icons, qtbot: QtBot) -> None:
    page = JobSettings(icons)
    qtbot.addWidget(page)
    asked: list[object] = []
    for signal in (page.check_requested, page.rules.count_requested, page.size_requested):
        signal.connect(asked.append)
    page.show_job(JOB)
    page._request_check()
    assert asked == []
    page.show()
    qtbot.waitUntil(lambda: len(asked) == 3 or len(asked) == 2)
    assert asked


def test_the_histories_size_is_shown(page: JobSettings) -> None:
    page.show_job(JOB)
    assert page.limits.size_label.text() == "Counting…"
    page.limits.show_size(HistorySize(6_400_000_000, 1_412))
    assert page.limits.size_label.text() == "1,412 kept files, 6.4 GB"
    page.limits.show_size(HistorySize(0, 0))
    assert page.limits.size_label.text() == "Nothing is kept yet"
    page.limits.show_size(None)
    assert page.limits.size_label.text() == "It cannot be looked at at the moment"
    cancelled: list[str] = []
    page.requests_cancelled.connect(lambda: cancelled.append(page.limits.size_label.text()))
    page.show_job(JOB._replace(id="another"))
    assert len(cancelled) == 1, "an answer for the last job would be shown for this one"
    assert page.limits.size_label.text() == "Counting…"


def test_limits_are_written_and_odd_ones_stay(page: JobSettings) -> None:
    job = JOB._replace(history_days=7, history_max_bytes=1_500_000_000)
    limits = page.limits
    for odd in (job, job._replace(history_max_bytes=1)):
        page.show_job(odd)
        assert page.wanted() == odd
        assert limits.size_spin.value() > 0
    limits.days_spin.setValue(90)
    limits.size_spin.setValue(20)
    assert page.wanted() == job._replace(history_days=90, history_max_bytes=20_000_000_000)
    page.revert_button.click()
    page.show_job(job._replace(history_days=0, history_max_bytes=0))
    assert (limits.days_spin.text(), limits.size_spin.text()) == ("without end", "as large as need be")


def test_each_number_of_a_job_that_the_form_shows_keeps_to_its_limits(page: JobSettings) -> None:
    page.show_job(JOB)
    spins = {
        "interval_s": page.interval_field.spin,
        "full_pass_every_s": page.full_spin,
        "history_days": page.limits.days_spin,
        "history_max_bytes": page.limits.size_spin,
        "guard_count": page.guard_count_spin,
        "guard_share": page.guard_share_spin,
    }
    assert set(spins) == set(LIMITS) - {"name"}
    for name, spin in spins.items():
        least, most, _ = LIMITS[name]
        for number in (spin.minimum(), spin.maximum()):
            spin.setValue(number)
            assert least <= getattr(page.wanted(), name)
            assert most is None or getattr(page.wanted(), name) <= most
    assert page.interval_field.spin.maximum() == MAX_INTERVAL_S
    assert (page.guard_share_spin.minimum(), page.guard_share_spin.maximum()) == (0, 100)


@pytest.mark.parametrize(
    ("typed", "expected"), [("0", 5), ("-3", 3), ("1.5", 15), ("abc", 5), ("604800", MAX_INTERVAL_S)]
)
def test_the_interval_is_a_whole_number_within_its_limits(page: JobSettings, typed: str, expected: int) -> None:
    page.show_job(NEW_JOB)
    spin = page.interval_field.spin
    spin.selectAll()
    QTest.keyClicks(spin, typed)
    spin.interpretText()
    assert 1 <= spin.value() <= MAX_INTERVAL_S
    assert spin.value() in {expected, 1}


def test_a_folder_is_chosen_without_blocking(page: JobSettings) -> None:
    page.show_job(JOB)
    QTest.mouseClick(page.source_field.button, Qt.MouseButton.LeftButton)
    chooser = page.findChild(QFileDialog)
    assert chooser is not None
    assert chooser.testOption(QFileDialog.Option.ShowDirsOnly)
    chooser.fileSelected.emit("/home/anna/Pictures")
    chooser.reject()
    assert page.wanted().source == str(Path("/home/anna/Pictures")), "as the system writes it"


# In a dialog, for a new job


@pytest.fixture
def dialog(icons: Icons, qtbot: QtBot) -> NewJobDialog:
    dialog = NewJobDialog(icons, "/a")
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def test_typing_is_checked_once_it_is_quiet(icons: Icons, qtbot: QtBot) -> None:
    dialog = NewJobDialog(icons)
    qtbot.addWidget(dialog)
    dialog.show()
    drafts: list[JobDraft] = []
    dialog.form.check_requested.connect(drafts.append)
    QTest.keyClicks(dialog.form.source_field.edit, "/home/anna/Documents")
    qtbot.waitUntil(lambda: bool(drafts))
    assert [(draft.before, draft.wanted) for draft in drafts] == [
        (NEW_JOB, NEW_JOB._replace(source="/home/anna/Documents"))
    ]


def test_only_a_good_draft_can_be_started(dialog: NewJobDialog, qtbot: QtBot) -> None:
    form = dialog.form
    applied: list[JobDraft] = []
    form.apply_requested.connect(applied.append)
    form.destination_field.edit.setText("/a/b")
    assert not dialog.start_button.isEnabled()
    wrong = {"destination": Reason(ReasonCode.TYPED_DESTINATION_IN_SOURCE)}
    form.show_findings(draft_of(form), None, wrong, {})
    assert form.destination_remark.text == "The destination lies inside the source."
    assert not dialog.start_button.isEnabled()
    older = draft_of(form)
    form.destination_field.edit.setText("/b")
    form.show_findings(older, DOCUMENTS, {}, {})
    assert not dialog.start_button.isEnabled()
    form.show_findings(draft_of(form), DOCUMENTS, {}, {})
    assert form.destination_remark.text == ""
    QTest.mouseClick(dialog.start_button, Qt.MouseButton.LeftButton)
    assert [(draft.before.id, draft.wanted) for draft in applied] == [("", DOCUMENTS)]
    assert not dialog.isVisible()


def test_enter_does_not_start_what_was_not_checked(dialog: NewJobDialog, qtbot: QtBot) -> None:
    applied: list[JobDraft] = []
    dialog.form.apply_requested.connect(applied.append)
    QTest.keyClicks(dialog.form.destination_field.edit, "/b")
    activate(dialog, qtbot)
    QTest.keyClick(dialog.form.destination_field.edit, Qt.Key.Key_Return)
    assert applied == []
    assert dialog.isVisible()
    approve(dialog.form)
    qtbot.waitUntil(dialog.start_button.isEnabled)
    QTest.keyClick(dialog.form.destination_field.edit, Qt.Key.Key_Return)
    assert len(applied) == 1


def test_empty_fields_are_no_mistakes_yet(dialog: NewJobDialog, page: JobSettings) -> None:
    missing = {"destination": Reason(ReasonCode.TYPED_DESTINATION_MISSING)}
    dialog.form.show_findings(draft_of(dialog.form), None, missing, {})
    assert dialog.form.destination_remark.text == ""
    page.show_job(JOB)
    page.destination_field.edit.clear()
    page.show_findings(draft_of(page), None, missing, {})
    assert page.destination_remark.text == "The destination is missing."


def test_the_keyboard_begins_where_something_is_missing(dialog: NewJobDialog, icons: Icons, qtbot: QtBot) -> None:
    assert dialog.focusWidget() is dialog.form.destination_field.edit
    another = NewJobDialog(icons)
    qtbot.addWidget(another)
    another.show()
    assert another.focusWidget() is another.form.source_field.edit


def test_a_long_remark_is_never_cut(dialog: NewJobDialog, qtbot: QtBot) -> None:
    form = dialog.form
    form.destination_field.edit.setText("/b")
    dialog.resize(dialog.minimumSizeHint().width(), dialog.height())
    line = of_system(f"The destination holds another backup, of {'/home/anna/Documents' * 6} on computer: /b")
    form.show_findings(draft_of(form), None, {}, {"destination": lines(line, line, line)})
    words = form.destination_remark.findChild(MutedLabel)
    assert words is not None
    qtbot.waitUntil(lambda: words.width() > 0 and words.height() >= words.heightForWidth(words.width()))


def test_the_dialog_of_a_new_job_fits_on_a_small_screen(dialog: NewJobDialog, qtbot: QtBot) -> None:
    assert dialog.minimumSizeHint().width() <= 760
    assert dialog.minimumSizeHint().height() <= 400
    dialog.resize(760, 400)
    assert dialog.rect().contains(dialog.start_button.rect().translated(dialog.start_button.mapTo(dialog, QPoint())))
    assert dialog.form.area.horizontalScrollBar().maximum() == 0


def test_no_choice_is_cut_at_any_width(dialog: NewJobDialog, qtbot: QtBot) -> None:
    for width_px in range(dialog.minimumWidth(), 900, 12):
        dialog.resize(width_px, 400)
        QCoreApplication.processEvents()
        cut = [one.text() for one in dialog.findChildren(QCheckBox) if one.width() < one.minimumSizeHint().width()]
        assert cut == [], width_px


# Wired


def test_a_change_takes_effect_at_once_and_the_catalog_stays(make_shell: ShellMaker, job: Job, qtbot: QtBot) -> None:
    Path(job.source, "keep.txt").write_text("x")
    Path(job.source, "leave.tmp").write_text("xyz")
    make_shell.store().save_jobs((job,))
    shell = make_shell(runner.run)
    shell.start(Wish())
    qtbot.waitUntil(lambda: shell.controller.status(job.id).state is JobState.OK, timeout=15_000)
    catalog = Path(make_shell._places.data, "jobs", f"{job.id}.sqlite")
    inode = catalog.stat().st_ino
    shell.window.board.show_page(Page.SETTINGS)
    page = shell.window.board.settings
    page.rules.preset_checks[1].click()
    qtbot.waitUntil(lambda: page.rules.count_label.text() == "Leaves out 1 file, 3 bytes")
    qtbot.waitUntil(page.apply_button.isEnabled)
    shell.controller.pause(job.id, None)
    page.apply_button.click()
    (changed,) = shell.controller.jobs
    assert changed == job._replace(exclude=PRESETS[1].rules, is_enabled=False)
    assert make_shell.store().jobs == (changed,)
    shell.controller.resume(job.id)
    copies = page.rules.copies_label
    qtbot.waitUntil(copies.isVisible, timeout=15_000)
    assert copies.text().startswith("1 file that is left out now is still in the backup (")
    page.rules.remove_button.click()
    answer(shell, means_it=False, qtbot=qtbot)
    assert Path(job.destination.path, "leave.tmp").exists()
    page.rules.remove_button.click()
    answer(shell, means_it=True, qtbot=qtbot)
    qtbot.waitUntil(lambda: not Path(job.destination.path, "leave.tmp").exists(), timeout=15_000)
    assert Path(job.destination.path, "keep.txt").exists()
    assert catalog.stat().st_ino == inode
    qtbot.waitUntil(lambda: not copies.isVisible())
    assert not page.is_changed
    shell.window.board.show_page(Page.OVERVIEW)
    shell.window.board.show_page(Page.SETTINGS)
    size = measure(str(history_of(job)))
    assert size is not None
    words = f"1 kept file, {size_text(size.bytes)}"
    qtbot.waitUntil(lambda: page.limits.size_label.text() == words, timeout=10_000)


def test_a_count_from_before_a_removal_does_not_stay(
    make_shell: ShellMaker, job: Job, scripted: ScriptedRun, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    counts = [FolderSize(1, 3), FolderSize(1, 3), FolderSize()]
    monkeypatch.setattr(job_form, "count_copies", lambda _job, _should_stop: counts.pop(0))
    make_shell.store().save_jobs((job,))
    shell = make_shell(scripted)
    shell.start(Wish())
    qtbot.waitUntil(lambda: scripted.has_started(job.id))
    shell.window.board.show_page(Page.SETTINGS)
    page = shell.window.board.settings
    copies = page.rules.copies_label
    qtbot.waitUntil(copies.isVisible)
    page.rules.remove_button.click()
    answer(shell, means_it=True, qtbot=qtbot)
    assert not copies.isVisible()
    page.copies_requested.emit(job)
    qtbot.waitUntil(copies.isVisible)
    scripted.tell(job.id, ReportMade(Report(PassStatus.COMPLETE, 1.0, 1.0, is_full=True)))
    qtbot.waitUntil(lambda: not copies.isVisible())
    assert RemoveLeftOut() in scripted.received(job.id)


def answer(shell: Shell, *, means_it: bool, qtbot: QtBot) -> None:
    """Answer the question before what is left out is removed."""
    (box,) = (found for found in shell.window.findChildren(QMessageBox) if found.isVisible())
    assert box.text() == "Remove what is left out from the backup?"
    assert "They go to the history" in box.informativeText()
    assert box.buttonRole(box.defaultButton()) is QMessageBox.ButtonRole.RejectRole
    role = QMessageBox.ButtonRole.AcceptRole if means_it else QMessageBox.ButtonRole.RejectRole
    next(one for one in box.buttons() if box.buttonRole(one) is role).click()
    qtbot.waitUntil(lambda: not shell.window.findChildren(QMessageBox))


def test_a_refusal_is_told_while_typing(make_shell: ShellMaker, job: Job, scripted: ScriptedRun, qtbot: QtBot) -> None:
    make_shell.store().save_jobs((job,))
    shell = make_shell(scripted)
    shell.start(Wish())
    shell.window.board.show_page(Page.SETTINGS)
    page = shell.window.board.settings
    page.destination_field.edit.setText(job.source + "/inside")
    qtbot.waitUntil(lambda: page.destination_remark.text == "The destination lies inside the source.")
    page.revert_button.click()
    page.rules.edit.show_rules(("!",))
    qtbot.waitUntil(lambda: "not understood" in page.other_remark.text)
    assert not page.apply_button.isEnabled()
    page.revert_button.click()
    page.source_field.edit.setText(job.source + " away")
    page.rules.edit.show_rules(("x",))
    qtbot.waitUntil(lambda: "nothing was counted" in page.rules.count_label.text())


def test_a_history_that_cannot_be_looked_at_is_not_called_empty(
    make_shell: ShellMaker, job: Job, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    history = Path(str(history_of(job)))
    history.parent.mkdir(parents=True)
    history.write_text("no folder")
    make_shell.store().save_jobs((job,))
    shell = make_shell(scripted)
    shell.start(Wish())
    shell.window.board.show_page(Page.SETTINGS)
    label = shell.window.board.settings.limits.size_label
    qtbot.waitUntil(lambda: label.text() == "It cannot be looked at at the moment")


# Counting


def never() -> bool:
    return False


def test_what_rules_leave_out_is_counted(tmp_path: Path) -> None:
    (tmp_path / "cache" / "deep").mkdir(parents=True)
    (tmp_path / "cache" / "deep" / "a").write_bytes(b"12345")
    (tmp_path / "b.tmp").write_bytes(b"123")
    (tmp_path / "c").write_bytes(b"1")
    (tmp_path / "link").symlink_to("c")
    told: list[LeftOutSizes] = []
    found = count_left_out(str(tmp_path), ("cache/", "*.tmp"), never, told.append)
    assert found == LeftOutSizes(FolderSize(2, 8), FolderSize(2, 1))
    assert told[-1] == found
    assert count_folder(str(tmp_path), never, lambda _: None) == FolderSize(4, 9)


@pytest.mark.hazard(54)
def test_what_is_left_out_and_still_in_the_backup_is_counted(tmp_path: Path) -> None:
    source, mirror = tmp_path / "source", tmp_path / "mirror"
    (mirror / "cache" / "deep").mkdir(parents=True)
    source.mkdir()
    (mirror / "cache" / "deep" / "a").write_bytes(b"12345")
    (mirror / "gone" / "of a folder that is gone").mkdir(parents=True)
    (mirror / "gone" / "b.tmp").write_bytes(b"123")
    (mirror / "cache.txt").write_bytes(b"not left out")
    job = JOB._replace(source=str(source), destination=Place(str(mirror)), exclude=("cache/", "*.tmp"))
    assert count_copies(job, never) == FolderSize(2, 8)
    assert count_copies(job._replace(exclude=()), never) == FolderSize()
    assert count_copies(job._replace(exclude=("!",)), never) is None
    assert count_copies(job, lambda: True) is None
    assert count_copies(job._replace(destination=Place(str(tmp_path / "away"))), never) is None


@pytest.mark.hazard(49)
def test_what_is_no_part_of_any_backup_is_not_counted(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "catalog").write_bytes(b"12345")
    (tmp_path / "a").write_bytes(b"1")
    own.note(tmp_path / "data")
    assert count_folder(str(tmp_path), never, lambda _: None) == FolderSize(1, 1)
    assert count_left_out(str(tmp_path), ("*",), never, lambda _: None) == LeftOutSizes(FolderSize(1, 1), FolderSize())


def test_counting_ends_when_nobody_wants_it_or_nothing_is_there(tmp_path: Path) -> None:
    assert count_folder(str(tmp_path), lambda: True, lambda _: None) is None
    assert count_folder(str(tmp_path / "none"), never, lambda _: None) is None
    assert count_left_out(str(tmp_path), ("!",), never, lambda _: None) is None
