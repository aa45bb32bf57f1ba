"""Protections that whole runs in simulated time must notice the want of, whatever other tests do."""

from __future__ import annotations

from tests.mutants.mutation import Mutation

_SIMULATION = (
    "simulation/test_simulation.py::test_whatever_happens_in_whatever_order_the_promises_hold_and_all_comes_to_rest",
)

MUTATIONS = (
    Mutation(
        "source volume, in simulated time",
        "engine/roots/roots.py",
        "standing(recorded, identity) is Standing.OTHER_VOLUME:\n",
        "standing(recorded, identity) is None:\n",
        _SIMULATION,
    ),
    Mutation(
        "source folder, in simulated time",
        "engine/roots/roots.py",
        "    is_source_other = not has_new_source and standing(recorded, identity) is Standing.OTHER_FOLDER\n",
        "    is_source_other = False\n",
        _SIMULATION,
    ),
    Mutation(
        "guard: emptied source, in simulated time",
        "engine/guard/guard.py",
        "    if condition.is_source_empty:\n",
        "    if not condition:\n",
        _SIMULATION,
    ),
    Mutation(
        "never complete with a problem, in simulated time",
        "engine/run/job_state.py",
        "            and not problems\n            and held is None\n",
        "            and held is None\n",
        _SIMULATION,
    ),
)
