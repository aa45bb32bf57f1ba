"""What makes the packages: the launcher of the packaged program, and the choice of an interpreter."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.helpers.project import PROJECT

sys.path.insert(0, str(PROJECT / "packaging"))
import launcher
import setup_environment

STATIC = "import sysconfig; sysconfig.get_config_vars()['INSTSONAME'] = 'libpython3.11.a'\n"
LOST = "import sysconfig; sysconfig.get_config_vars().update(INSTSONAME='libpython3.0.so.9', LIBDIR='/nowhere')\n"


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ({"LD_LIBRARY_PATH": "/ours"}, {}),
        ({"LD_LIBRARY_PATH": "/ours:/theirs", "LD_LIBRARY_PATH_ORIG": "/theirs"}, {"LD_LIBRARY_PATH": "/theirs"}),
        ({"HOME": "/home/me"}, {"HOME": "/home/me"}),
    ],
)
def test_programs_that_the_packaged_one_starts_do_not_get_its_libraries(
    given: dict[str, str], left: dict[str, str]
) -> None:
    launcher.give_back_library_path(given)
    assert given == left


@pytest.mark.skipif(sys.platform != "linux", reason="libraries of the system")
@pytest.mark.parametrize("state", [STATIC, LOST])
def test_an_interpreter_without_its_shared_library_is_not_packaged(state: str) -> None:
    assert _passes(setup_environment.NEW_ENOUGH)
    assert not _passes(state + setup_environment.WITH_LIBRARY)


def _passes(test: str) -> bool:
    return subprocess.call([sys.executable, "-c", test], stderr=subprocess.DEVNULL) == 0
