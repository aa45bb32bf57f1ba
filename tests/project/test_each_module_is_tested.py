"""Each module of the program has a test of its name, or a line below that says which test files test it."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath

from tests.helpers.project import PROJECT

PACKAGE, TESTS = PROJECT / "backup_gui", PROJECT / "tests"
MOST_IN_A_FOLDER = 14

# The files that fail first when the module is broken. A module with a test of its name needs no line.
TESTED_ELSEWHERE: dict[str, tuple[str, ...]] = {
    "__main__.py": ("unit/cli/test_main.py", "e2e/test_command_line.py"),
    "cli/arguments.py": ("unit/cli/test_main.py", "fuzz/test_arguments_and_messages.py"),
    "cli/exit_status.py": ("unit/cli/test_main.py",),
    "cli/reasons.py": ("unit/model/test_reasons.py", "unit/cli/test_history_commands.py"),
    "cli/restore_commands.py": ("unit/cli/test_main.py",),
    "config/folders.py": ("unit/config/test_settings.py", "unit/config/test_store.py"),
    "config/job_factory.py": ("unit/config/test_settings.py",),
    "desktop/diagnostics.py": ("qt/desktop/test_crash_handler.py",),
    "desktop/log_relay.py": ("qt/threads/test_job_thread.py",),
    "desktop/notifier.py": ("qt/desktop/test_freedesktop_notifications.py",),
    "desktop/periodic.py": ("qt/presenters/test_overdue.py", "qt/threads/test_garbage.py"),
    "desktop/quit_signals.py": ("qt/test_app.py",),
    "desktop/session_bus.py": ("qt/desktop/test_freedesktop_notifications.py",),
    "desktop/storage.py": ("qt/ui/first_run/test_steps.py",),
    "desktop/tray/host.py": ("qt/desktop/tray/test_watcher.py",),
    "engine/apply/batches.py": ("unit/engine/apply/test_copy_worker.py",),
    "engine/apply/create.py": ("unit/engine/apply/test_apply.py", "integration/test_mirror_races.py"),
    "engine/apply/hard_links.py": ("unit/engine/plan/test_hard_links.py", "integration/test_same_file.py"),
    "engine/apply/pass_recorder.py": ("unit/engine/state/test_pass_log.py", "unit/engine/restore/test_undo.py"),
    "engine/apply/publish.py": ("unit/engine/apply/test_apply.py", "faults/test_barriers.py"),
    "engine/apply/remove.py": ("unit/engine/apply/test_apply.py", "faults/test_plan_grown_old.py"),
    "engine/apply/report.py": ("integration/test_mirror_guard.py", "integration/test_mirror_limits.py"),
    "engine/apply/stats.py": ("unit/engine/apply/test_apply.py",),
    "engine/apply/worker_start.py": ("unit/engine/fs/system/test_worker_process.py",),
    "engine/destination/history_writer.py": ("unit/engine/destination/test_destination.py", "faults/test_privacy.py"),
    "engine/destination/local.py": ("unit/engine/destination/test_destination.py",),
    "engine/destination/marker.py": ("integration/test_known_backups.py",),
    "engine/destination/mirror_tree.py": ("faults/test_permissions.py", "integration/test_odd_numbers.py"),
    "engine/destination/mirror_writer.py": ("unit/engine/destination/test_destination.py", "faults/test_exfat.py"),
    "engine/destination/reading.py": ("integration/test_memory_destination.py", "unit/engine/history/test_snapshot.py"),
    "engine/fs/attribute_calls.py": ("unit/engine/fs/test_xattrs.py", "integration/test_mac_attributes.py"),
    "engine/fs/own_files.py": ("unit/engine/plan/test_left_out.py",),
    "engine/fs/posix.py": ("unit/engine/fs/test_folder.py", "faults/test_swapped_links.py"),
    "engine/fs/same_content.py": ("unit/engine/apply/test_copy_files.py", "integration/test_times_only.py"),
    "engine/fs/system/computer.py": ("integration/test_known_backups.py",),
    "engine/fs/system/locks.py": ("unit/engine/destination/test_lock.py",),
    "engine/fs/tree_view.py": ("unit/engine/fs/test_tree.py",),
    "engine/fs/volumes/room.py": ("unit/engine/state/test_connection.py", "faults/test_making_room.py"),
    "engine/fs/windows/handles.py": (
        "unit/engine/fs/windows/test_folder.py",
        "unit/engine/fs/windows/test_nt_calls.py",
    ),
    "engine/fs/writable.py": ("faults/test_permissions.py", "integration/test_mirror_roots.py"),
    "engine/guard/unanswered.py": ("unit/engine/guard/test_guard.py",),
    "engine/history/redating.py": ("unit/engine/history/test_trusted_clock.py",),
    "engine/history/usage.py": ("unit/engine/history/test_prune.py",),
    "engine/ownership/belonging.py": ("integration/test_known_backups.py",),
    "engine/ownership/intents.py": ("integration/test_own_copies.py",),
    "engine/ownership/marking.py": ("integration/test_known_backups.py",),
    "engine/ownership/other_backups.py": ("integration/test_known_backups.py",),
    "engine/ownership/own_entries.py": ("integration/test_strangers.py", "integration/test_own_copies.py"),
    "engine/plan/deletions.py": ("unit/engine/plan/test_compare.py", "integration/test_mirror_left_out.py"),
    "engine/plan/difference.py": ("unit/engine/plan/test_compare.py", "integration/test_times_only.py"),
    "engine/plan/moves.py": ("integration/test_mirror.py", "unit/engine/plan/test_hard_links.py"),
    "engine/plan/other_names.py": ("unit/engine/plan/test_hard_links.py",),
    "engine/plan/pass_context.py": ("unit/engine/plan/test_compare.py",),
    "engine/plan/submounts.py": ("faults/test_linux_volumes.py",),
    "engine/plan/unchanged.py": ("unit/engine/plan/test_scan_worker.py",),
    "engine/restore/restore_path.py": ("unit/engine/history/test_listing.py", "unit/cli/test_main.py"),
    "engine/restore/writer.py": ("unit/engine/restore/test_put_back.py",),
    "engine/roots/roots.py": ("integration/test_mirror_roots.py", "faults/test_unmounted_roots.py"),
    "engine/rules/version_names.py": ("unit/engine/history/test_listing.py", "fuzz/test_names_and_rules.py"),
    "engine/run/clock.py": ("unit/engine/run/test_loop.py",),
    "engine/run/history_steps.py": ("faults/test_making_room.py", "integration/test_mirror.py"),
    "engine/run/job_state.py": ("unit/engine/run/test_loop.py",),
    "engine/run/mailbox.py": ("unit/engine/run/test_loop.py",),
    "engine/run/preloading.py": ("faults/test_preloading.py",),
    "engine/run/runner.py": ("unit/engine/run/test_loop.py",),
    "engine/run/single_pass.py": ("integration/test_mirror.py", "integration/test_mirror_races.py"),
    "engine/state/register.py": ("integration/test_known_backups.py", "qt/presenters/test_shell.py"),
    "engine/state/rows.py": ("unit/engine/state/test_pass_log.py", "unit/engine/plan/test_scan_worker.py"),
    "engine/state/schema.py": ("unit/engine/state/test_database.py",),
    "engine/watch/supervisor.py": ("unit/engine/run/test_loop.py",),
    "model/entries.py": ("unit/engine/fs/test_tree.py",),
    "model/errors.py": ("unit/model/test_reasons.py", "unit/engine/run/test_loop.py"),
    "model/events.py": ("unit/engine/run/test_loop.py",),
    "model/passes.py": ("unit/engine/state/test_pass_log_reading.py",),
    "model/plan_tree.py": ("unit/services/test_arrange_plan.py",),
    "model/plans.py": ("unit/model/test_actions.py", "unit/model/test_problems.py"),
    "model/restores.py": ("unit/engine/restore/test_put_back.py",),
    "model/status.py": ("unit/engine/run/test_loop.py", "unit/engine/watch/test_backlog.py"),
    "presenters/first_run.py": ("qt/ui/first_run/test_steps.py",),
    "presenters/job_form.py": ("qt/ui/settings/test_page.py", "qt/threads/test_hanging.py"),
    "presenters/jobs.py": ("qt/presenters/test_shell.py",),
    "presenters/overview.py": ("qt/presenters/test_health.py", "qt/presenters/test_decisions.py"),
    "presenters/plan.py": ("qt/ui/plan/test_view.py",),
    "presenters/presenter.py": ("qt/presenters/test_shell.py",),
    "services/browse.py": ("qt/presenters/test_history.py",),
    "services/preview.py": ("qt/ui/plan/test_view.py",),
    "services/suggestions.py": ("qt/ui/first_run/test_steps.py",),
    "ui/activity/model.py": ("qt/ui/activity/test_page.py",),
    "ui/activity/pass_row.py": ("qt/ui/activity/test_page.py",),
    "ui/dialogs/crash.py": ("qt/desktop/test_crash_handler.py",),
    "ui/dialogs/diagnostics.py": ("qt/desktop/test_crash_handler.py",),
    "ui/dialogs/messages.py": ("qt/presenters/test_shell.py", "qt/presenters/test_decisions.py"),
    "ui/dialogs/returned.py": ("qt/presenters/test_bringing.py",),
    "ui/dialogs/transfer.py": ("qt/ui/history/test_page.py", "qt/presenters/test_bringing.py"),
    "ui/first_run/pages.py": ("qt/ui/first_run/test_steps.py",),
    "ui/history/file_list.py": ("qt/ui/history/test_page.py",),
    "ui/history/restore_dialog.py": ("qt/ui/history/test_page.py", "qt/presenters/test_history.py"),
    "ui/history/time_bar.py": ("qt/ui/history/test_page.py",),
    "ui/history/tree_model.py": ("qt/ui/history/test_page.py",),
    "ui/history/version_panel.py": ("qt/ui/history/test_page.py",),
    "ui/main/banner.py": ("qt/presenters/test_job_views.py",),
    "ui/main/day_chart.py": ("qt/ui/main/test_overview.py", "qt/ui/test_painted.py"),
    "ui/main/job_list.py": ("qt/presenters/test_shell.py", "qt/ui/test_painted.py"),
    "ui/main/log.py": ("qt/presenters/test_shell.py",),
    "ui/main/menu_bar.py": ("qt/presenters/test_job_views.py",),
    "ui/main/problems.py": ("qt/presenters/test_job_views.py",),
    "ui/main/space_bar.py": ("qt/ui/main/test_overview.py",),
    "ui/main/window.py": ("qt/presenters/test_shell.py", "qt/presenters/test_job_views.py"),
    "ui/plan/model.py": ("qt/ui/plan/test_view.py",),
    "ui/plan/preview_dialog.py": ("qt/ui/plan/test_view.py",),
    "ui/plan/review_dialog.py": ("qt/ui/plan/test_view.py",),
    "ui/settings/app_dialog.py": ("qt/presenters/test_health.py", "qt/presenters/test_job_views.py"),
    "ui/settings/history_limits.py": ("qt/ui/settings/test_page.py",),
    "ui/settings/rules_panel.py": ("qt/ui/settings/test_page.py",),
    "ui/style/icons.py": ("qt/presenters/test_job_views.py", "qt/ui/test_screens.py"),
    "ui/style/theme.py": ("qt/ui/test_painted.py", "qt/ui/test_screens.py"),
    "ui/text/backlog.py": ("qt/ui/main/test_overview.py",),
    "ui/text/headline.py": ("qt/presenters/test_job_views.py", "qt/ui/main/test_overview.py"),
    "ui/text/reasons.py": ("qt/desktop/test_languages.py", "project/test_translations.py"),
    "ui/values/first_run.py": ("qt/ui/first_run/test_steps.py",),
    "ui/values/history.py": ("qt/ui/history/test_page.py",),
    "ui/values/job.py": ("qt/ui/main/test_overview.py", "qt/threads/test_liveness.py"),
    "ui/widgets/backlog_label.py": ("qt/ui/main/test_overview.py",),
    "ui/widgets/scroll_pane.py": ("qt/ui/test_small_screens.py",),
    "ui/widgets/cards.py": ("qt/ui/first_run/test_steps.py", "qt/ui/test_painted.py"),
    "ui/widgets/empty_state.py": ("qt/ui/test_screens.py",),
    "ui/widgets/fields.py": ("qt/ui/settings/test_page.py",),
    "ui/widgets/filter_button.py": ("qt/ui/test_painted.py",),
    "ui/widgets/labels.py": ("qt/ui/test_markup.py", "qt/ui/test_painted.py"),
    "ui/widgets/paged_table.py": ("qt/presenters/test_job_views.py",),
    "ui/widgets/paged_tree.py": ("qt/ui/history/test_page.py", "qt/ui/plan/test_view.py"),
    "ui/widgets/layouts.py": ("qt/ui/test_screens.py", "qt/ui/test_painted.py"),
    "ui/widgets/path_delegate.py": ("qt/ui/history/test_page.py",),
    "ui/widgets/progress_panel.py": ("qt/presenters/test_bringing.py", "qt/ui/history/test_page.py"),
}


def modules() -> set[str]:
    """List the modules, relative to the package; what a package's own file has is in its docstring."""
    paths = (path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))
    return {path for path in paths if not path.endswith("__init__.py")}


def test_no_folder_has_more_modules_than_fit_a_subject() -> None:
    folders = Counter(PurePosixPath(module).parent for module in modules())
    assert {folder: count for folder, count in folders.items() if count > MOST_IN_A_FOLDER} == {}


def has_own_test(module: str) -> bool:
    """Tell whether there is a test of a module's name, in the folder of its package."""
    path = PurePosixPath(module)
    return any((TESTS / kind / path.parent / f"test_{path.stem}.py").is_file() for kind in ("unit", "qt"))


def test_each_module_has_a_test_of_its_name_or_a_line_that_says_where_it_is_tested() -> None:
    found = modules()
    assert len(found) > 200
    untested = {module for module in found if not has_own_test(module)} - TESTED_ELSEWHERE.keys()
    assert sorted(untested) == [], "write tests/unit/FOLDER/test_MODULE.py, or say in TESTED_ELSEWHERE what tests it"


def test_each_line_names_a_module_without_a_test_of_its_name_and_tests_that_exist() -> None:
    found = modules()
    assert [module for module in TESTED_ELSEWHERE if module not in found] == [], "these modules are gone"
    assert [module for module in TESTED_ELSEWHERE if has_own_test(module)] == [], "these need no line any more"
    files = {file for listed in TESTED_ELSEWHERE.values() for file in listed}
    without = [
        file for file in sorted(files) if not (TESTS / file).is_file() or "def test_" not in (TESTS / file).read_text()
    ]
    assert without == [], "these files are gone, or have no tests"
    assert all(TESTED_ELSEWHERE.values())
