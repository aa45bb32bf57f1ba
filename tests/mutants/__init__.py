"""The gate by mutation: each protection of the program is taken out once, and a test has to fail."""

from __future__ import annotations

from tests.mutants import content, drives, reaching_disk, roots, watching

MUTATIONS = (
    *reaching_disk.MUTATIONS,
    *roots.MUTATIONS,
    *content.MUTATIONS,
    *drives.MUTATIONS,
    *watching.MUTATIONS,
)
