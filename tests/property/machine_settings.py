"""How long the stateful tests of this folder look for a sequence that breaks something."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings

IS_NIGHTLY = settings().max_examples > 1_000
# Hundreds of cases take minutes, thousands hours.
LIMIT_S = 7_200 if IS_NIGHTLY else 600


def machine_settings(examples: int, steps: int) -> settings:
    """Return the settings of a state machine's test.

    Making a failing example small takes minutes, so it is left to the nightly run, which also tries more of them.

    Args:
        examples: How many sequences to try by day.
        steps: How long each is at most.
    """
    return settings(
        max_examples=settings().max_examples if IS_NIGHTLY else examples,
        stateful_step_count=steps,
        phases=list(Phase) if IS_NIGHTLY else [Phase.explicit, Phase.reuse, Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
