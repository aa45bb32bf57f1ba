"""Protections that have to do with how many files may be open at once."""

from __future__ import annotations

from tests.mutants.mutation import Mutation

_BUDGET = "unit/engine/fs/system/test_descriptors.py::"
_PRELOADING = "faults/test_preloading.py::"
_RUNS_OUT = f"{_BUDGET}test_wherever_a_pass_runs_out_of_descriptors_it_says_so_and_the_next_one_finishes"

MUTATIONS = (
    Mutation(
        "the more trees the less each keeps open",
        "engine/fs/system/descriptors.py",
        "max(kept - self._share, min(self._kept - self._room, kept - LEAST_KEPT), 0)",
        "max(kept - MOST_KEPT, min(self._kept - self._room, kept - LEAST_KEPT), 0)",
        (f"{_BUDGET}test_the_more_trees_there_are_the_less_each_keeps_and_all_go_on",),
    ),
    Mutation(
        "all trees together keep no more open than there is room for",
        "engine/fs/system/descriptors.py",
        "max(kept - self._share, min(self._kept - self._room, kept - LEAST_KEPT), 0)",
        "max(kept - self._share, 0)",
        (f"{_BUDGET}test_a_tree_that_opens_nothing_has_what_others_may_not_have",),
    ),
    Mutation(
        "a tree can always keep open what it takes to go on",
        "engine/fs/system/descriptors.py",
        "min(self._kept - self._room, kept - LEAST_KEPT)",
        "min(self._kept - self._room, kept)",
        (f"{_BUDGET}test_where_there_is_no_room_at_all_a_tree_keeps_what_it_takes_to_go_on",),
    ),
    Mutation(
        "passes that do not fit beside the others wait",
        "engine/fs/system/descriptors.py",
        "                if rest + more > limit - _reserve(limit):\n",
        "                if rest + more < 0:\n",
        (f"{_BUDGET}test_passes_that_do_not_fit_beside_the_others_wait_in_line",),
    ),
    Mutation(
        "who waits longest is the next",
        "engine/fs/system/descriptors.py",
        "            if self._waiting[0] is not ticket:\n",
        "            if self._waiting[-1] is not ticket:\n",
        (f"{_BUDGET}test_passes_that_do_not_fit_beside_the_others_wait_in_line",),
    ),
    Mutation(
        "a job waits for what it is going to keep open",
        "engine/fs/system/descriptors.py",
        "_PASS * self._passes + _JOB * jobs + _LEAST_OF_A_PASS * passes",
        "_PASS * self._passes + _LEAST_OF_A_PASS * passes",
        (f"{_BUDGET}test_a_job_waits_for_what_it_is_going_to_keep_open",),
    ),
    Mutation(
        "nobody waits for ever for passes that hang",
        "engine/fs/system/descriptors.py",
        " and self._clock() < self._moved_s + TURN_S:\n",
        ":\n",
        (f"{_BUDGET}test_nobody_waits_for_ever_for_passes_that_hang",),
    ),
    Mutation(
        "no pass begins where nothing can be opened",
        "engine/fs/system/descriptors.py",
        "                self.check()\n",
        "",
        (f"{_BUDGET}test_what_cannot_be_opened_ends_a_pass_before_it_begins",),
    ),
    Mutation(
        "what the system tells is not taken for untold for want of descriptors",
        "engine/fs/system/descriptors.py",
        '        if is_shortage(error) and getattr(_THREAD, "is_in_pass", False):\n',
        "        if not error:\n",
        (f"{_BUDGET}test_what_the_system_tells_is_waited_for", _RUNS_OUT),
    ),
    Mutation(
        "a want of descriptors is no problem of a file that is compared",
        "engine/run/single_pass.py",
        "    if any(problem.code is ProblemCode.TOO_MANY_OPEN for problem in plan.problems):\n",
        "    if not plan:\n",
        (_RUNS_OUT,),
    ),
    Mutation(
        "a want of descriptors is no problem of a file that is copied",
        "engine/apply/stats.py",
        "        if found.code is ProblemCode.TOO_MANY_OPEN:\n            raise TooManyOpenError\n",
        "",
        (_RUNS_OUT,),
    ),
    Mutation(
        "a tree that knows too little of itself leaves nothing open",
        "engine/fs/tree.py",
        "            Tree.close(self)\n            raise\n",
        "            raise\n",
        (_RUNS_OUT,),
    ),
    Mutation(
        "a source of which too little can be told is closed",
        "engine/roots/roots.py",
        "    except BackupError:\n        source.close()\n",
        "    except RootAbsentError:\n        source.close()\n",
        (_RUNS_OUT,),
    ),
    Mutation(
        "a lock that cannot be told is no lock",
        "engine/destination/lock.py",
        "            if is_shortage(error):\n                self.release()\n",
        "            if not error:\n                self.release()\n",
        (f"{_BUDGET}test_a_lock_that_cannot_be_told_is_no_lock",),
    ),
    Mutation(
        "a folder that may have been closed is asked for again before a link is made in it",
        "engine/destination/mirror_writer.py",
        "for which this one may have been closed.\n            name, folder = self._at(path)\n",
        "for which this one may have been closed.\n",
        (f"{_BUDGET}test_a_folder_that_was_closed_for_another_one_is_opened_again",),
    ),
    Mutation(
        "a folder that may have been closed is asked for again before a folder is made in it",
        "engine/destination/mirror_writer.py",
        "            _, folder = self._at(path)\n",
        "",
        (f"{_BUDGET}test_a_folder_that_was_closed_for_another_one_is_opened_again",),
    ),
    Mutation(
        "what a run may need is imported before it",
        "engine/run/preloading.py",
        "        import_module(name)\n",
        "        assert name\n",
        ("faults/test_preloading.py::test_a_run_imports_nothing_and_opens_nothing_of_the_programs_once_it_has_begun",),
    ),
)
