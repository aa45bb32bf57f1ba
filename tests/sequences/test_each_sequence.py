"""Every short sequence of operations ends in the mirror as rsync has it, and at rest.

The long form, in all ways and with longer sequences: ``python -m tests.sequences``.
"""

from __future__ import annotations

import shutil
import sys

import pytest

from tests.sequences.trials import all_sequences, attempt_all
from tests.sequences.ways import Way

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(sys.platform != "linux" or shutil.which("rsync") is None, reason="needs rsync, and links"),
]


@pytest.mark.hazard(61, 62, 63)
@pytest.mark.parametrize("way", Way, ids=lambda way: way.value)
def test_each_operation_ends_in_the_mirror_as_rsync_has_it(way: Way) -> None:
    assert dict(attempt_all(way, all_sequences(1), jobs=1)) == {}


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.hazard(61, 62, 63)
@pytest.mark.parametrize("way", [Way.LIVE, Way.LIVE_AT_ONCE, Way.DURING_LIVE], ids=lambda way: way.value)
def test_each_two_operations_end_in_the_mirror_as_rsync_has_it(way: Way) -> None:
    assert dict(attempt_all(way, all_sequences(2))) == {}
