"""How long the tests of this folder look for a case that breaks something."""

from __future__ import annotations

import sys

from hypothesis import HealthCheck, Phase, settings

IS_NIGHTLY = settings().max_examples > 1_000
# Hundreds of cases take minutes, thousands hours.
LIMIT_S = 7_200 if IS_NIGHTLY else 600
# A case is a dozen passes, each of which takes wine ten times as long.
SHARE = 10 if sys.platform == "win32" else 1


def examples(by_day: int) -> int:
    """Return how many cases to try: those by day, fewer on Windows, or as many as the nightly run has of all."""
    return settings().max_examples if IS_NIGHTLY else by_day // SHARE


def machine_settings(by_day: int, steps: int) -> settings:
    """Return the settings of a state machine's test.

    Making a failing example small takes minutes, so it is left to the nightly run, which also tries more of them.

    Args:
        by_day: How many sequences to try by day.
        steps: How long each is at most.
    """
    return settings(
        max_examples=examples(by_day),
        stateful_step_count=steps,
        phases=list(Phase) if IS_NIGHTLY else [Phase.explicit, Phase.reuse, Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
