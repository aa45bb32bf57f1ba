"""Protections of what the user is told, and of where a click on it leads."""

from __future__ import annotations

from tests.mutants.mutation import Mutation

_SERVICE = "qt/desktop/test_freedesktop_notifications.py::"
_DESK = "qt/presenters/test_tray.py::"

MUTATIONS = (
    Mutation(
        "names are not markup in tips",
        "ui/text/format.py",
        """ if "<" in text else text""",
        """ if False else text""",
        ("qt/ui/test_markup.py",),
    ),
    Mutation(
        "names are not emoji codes in a terminal",
        "cli/output.py",
        "markup=False, emoji=False,",
        "markup=False,",
        ("unit/cli/test_output.py",),
    ),
    Mutation(
        "a notification takes the place of the job's last one",
        "desktop/freedesktop_notifications.py",
        "            state.id, state.shown = number, note\n",
        "            state.id, state.shown = 0, note\n",
        (f"{_SERVICE}test_a_later_note_takes_the_place_of_the_one_about_the_same",),
    ),
    Mutation(
        "what was wiped away is not replaced",
        "desktop/freedesktop_notifications.py",
        'member == "NotificationClosed"',
        'member == "NotificationLost"',
        (f"{_SERVICE}test_what_was_wiped_away_is_forgotten",),
    ),
    Mutation(
        "a click is that of the notification clicked",
        "desktop/freedesktop_notifications.py",
        "                if state.id and state.id == message.body[0]:\n",
        "                if state.id:\n",
        (f"{_SERVICE}test_a_click_tells_which_note_it_was_also_if_it_is_an_older_one",),
    ),
    Mutation(
        "only the service itself is believed",
        "desktop/freedesktop_notifications.py",
        "            and _sender(message) == self._service.owner\n",
        "",
        (f"{_SERVICE}test_other_programs_cannot_click",),
    ),
    Mutation(
        "the numbers of a service are forgotten with it",
        "desktop/freedesktop_notifications.py",
        "                self._on_owner_changed(message.body[2])\n",
        "                pass\n",
        (f"{_SERVICE}test_the_numbers_of_a_service_mean_nothing_to_the_next_one",),
    ),
    Mutation(
        "a service that hangs is given up",
        "desktop/freedesktop_notifications.py",
        "        self._is_stuck = True\n        self._hand_back_all()\n",
        "        self._is_stuck = True\n",
        (f"{_SERVICE}test_a_service_that_hangs_from_the_start_is_not_waited_for_either",),
    ),
    Mutation(
        "at the end a note that is under way is waited for",
        "desktop/freedesktop_notifications.py",
        "        self._bus.wait_while(self._is_any_under_way, FAREWELL_MS)\n",
        "",
        (f"{_SERVICE}test_a_note_that_is_only_just_given_to_the_service_is_not_left_behind_either",),
    ),
    Mutation(
        "text is no markup",
        "desktop/freedesktop_notifications.py",
        'html.escape(_sendable(note.text), quote=False) if "body-markup" in capabilities else _sendable(note.text)',
        "_sendable(note.text)",
        (f"{_SERVICE}test_only_what_the_service_can_do_is_asked_of_it",),
    ),
    Mutation(
        "the bus is not waited for",
        "desktop/session_bus.py",
        "            bus.flush()\n",
        "            bus.waitForBytesWritten(1_000)\n",
        (f"{_SERVICE}test_a_bus_that_takes_nothing_for_a_while_gets_all_of_it_later",),
    ),
    Mutation(
        "what is sent during the login follows it",
        "desktop/session_bus.py",
        "            self._write(BEGIN + self._after_login)\n",
        "            self._write(BEGIN)\n",
        (f"{_SERVICE}test_a_note_is_told_with_all_that_a_desktop_wants_to_know",),
    ),
    Mutation(
        "what is true no more is taken away",
        "presenters/tray.py",
        "            if notice is not None and notice.is_over(view):\n",
        "            if notice is not None and notice.first_ids:\n",
        (
            f"{_DESK}test_another_trouble_of_a_job_takes_the_place_of_the_last_and_goes_with_it",
            f"{_DESK}test_an_alarm_ends_as_soon_as_the_backup_goes_on",
        ),
    ),
    Mutation(
        "without a service the tray icon tells",
        "presenters/tray.py",
        "            self._notifier.refused.connect(self.tray.tell)\n",
        "",
        (f"{_DESK}test_without_a_service_the_tray_icon_tells_and_its_click_leads_to_the_page",),
    ),
    Mutation(
        "nothing stands that nobody would hear a click on",
        "presenters/tray.py",
        "            self._notifier.close()\n",
        "            pass\n",
        (f"{_DESK}test_nothing_stands_once_the_app_has_ended",),
    ),
)
