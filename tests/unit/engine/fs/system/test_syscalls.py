"""Calls of the system that Python does not offer."""

from __future__ import annotations

import pytest

from backup_gui.engine.fs.system.syscalls import tells_what_a_volumes_flush_missed


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("5.7.19", False),
        ("5.8.0", True),
        ("5.10.0-28-amd64", True),
        ("4.19.0", False),
        ("3.10.0-1160.el7.x86_64", False),
        ("6.1.0-18-amd64", True),
        ("10.0", True),
        ("", False),
        ("unknown", False),
    ],
)
def test_only_kernels_that_tell_of_failed_flushes_flush_a_volume_at_once(release: str, *, expected: bool) -> None:
    assert tells_what_a_volumes_flush_missed(release) is expected
