"""The gate by mutation: each protection of the program is taken out once, and a test has to fail."""

from __future__ import annotations

from tests.mutants import (
    content,
    descriptors,
    drives,
    history,
    leaving_out,
    names,
    others,
    reaching_disk,
    roots,
    second_process,
    simulated,
    telling,
    watching,
    windows,
)

MUTATIONS = (
    *reaching_disk.MUTATIONS,
    *roots.MUTATIONS,
    *content.MUTATIONS,
    *history.MUTATIONS,
    *names.MUTATIONS,
    *watching.MUTATIONS,
    *drives.MUTATIONS,
    *descriptors.MUTATIONS,
    *windows.MUTATIONS,
    *leaving_out.MUTATIONS,
    *telling.MUTATIONS,
    *second_process.MUTATIONS,
    *others.MUTATIONS,
    *simulated.MUTATIONS,
)
