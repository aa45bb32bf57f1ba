"""Makes everything that a make target needs: ``.venv`` with the locked libraries, and system packages.

``python3 packaging/setup_environment.py run|lint|test|package|test-package|windows``. Only the standard library is
used, and what is there already is left alone, so that the second time takes a moment. System packages are installed
with apt-get where that is allowed (root, or sudo without a password); elsewhere the one line to type is printed.
"""

import hashlib
import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(PROJECT, ".venv")
VENV_PYTHON = os.path.join(VENV, "Scripts" if os.name == "nt" else "bin", "python")

# Tests that an interpreter passes if it does not fail.
NEW_ENOUGH = "import sys; assert sys.version_info >= {!r}\n".format(OLDEST)  # noqa: UP032 - runs on any Python 3
WITH_LIBRARY = """
import ctypes, os, sysconfig
name = sysconfig.get_config_var("INSTSONAME")
assert ".so" in name
try:
    ctypes.CDLL(name)
except OSError:
    assert os.path.exists(os.path.join(sysconfig.get_config_var("LIBDIR"), name))
"""

# target: (locked requirements, lists of Debian packages)
TARGETS = {
    "run": ("requirements.txt", ["qt"]),
    "run-without-screen": ("requirements.txt", []),
    "lint": ("requirements-dev.txt", []),
    "test": ("requirements-dev.txt", ["qt", "test"]),
    "package": ("requirements-dev.txt", ["qt", "test", "package"]),
    "test-package": ("requirements-dev.txt", ["qt", "test", "test-package"]),
    "windows": ("requirements-dev.txt", ["qt", "test", "windows"]),
}


def main() -> None:
    """Set up for the target named on the command line."""
    if len(sys.argv) != 2 or sys.argv[1] not in TARGETS:
        sys.exit("usage: setup_environment.py " + "|".join(TARGETS))
    use_python_new_enough()
    requirements, lists = TARGETS[sys.argv[1]]
    packages = [package for name in lists for package in listed("linux/packages-" + name + ".txt")]
    test = NEW_ENOUGH
    if sys.argv[1] == "package" and sys.platform == "linux":
        use_python_that_can_be_packaged()
        test += WITH_LIBRARY
    is_usable = venv_is_usable(test)
    # All at once: whoever has to type the line types one.
    see_to_packages(
        packages + ([] if is_usable else parts_of_python(test)), "This needs system packages that are missing."
    )
    if not is_usable:
        make_venv(test)
    install(requirements)


def use_python_new_enough() -> None:
    """Go on under another interpreter if this one is too old; end with a sentence if there is none."""
    if sys.version_info >= OLDEST:
        return
    go_on_under_another(NEW_ENOUGH)
    sys.exit(
        "Folder Backup needs Python 3.11 or newer; this is Python {}.{}. Install a newer one, or name one that is "
        "there already: make PYTHON=/path/to/python3 …".format(*sys.version_info[:2])
    )


def use_python_that_can_be_packaged() -> None:
    """Go on under another interpreter if this one has no shared library, without which a packaged program cannot start.

    Debian's own can always get it: see ``parts_of_python``.
    """
    if is_debians_own() or passes(WITH_LIBRARY):
        return
    if not is_systems_own() and passes(NEW_ENOUGH, "/usr/bin/python3"):
        os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])
    go_on_under_another(NEW_ENOUGH + WITH_LIBRARY)
    sys.exit(
        sys.executable + " was built without a shared library, so the program cannot be packaged with it. Name a Python"
        " that has one: make PYTHON=/path/to/python3 package"
    )


def parts_of_python(test: str) -> "list[str]":
    """The Debian packages with what Debian's own interpreter lacks to make an environment that passes a test."""
    if not is_debians_own():
        return []
    version = "python3.{}".format(sys.version_info[1])  # noqa: UP032 - as above
    lacking = [] if passes("import ensurepip, venv") else [version + "-venv"]
    return lacking + ([] if passes(test) else ["lib" + version])


def is_debians_own() -> bool:
    """Tell whether this interpreter is from a package of Debian's."""
    return is_systems_own() and shutil.which("dpkg-query") is not None


def is_systems_own() -> bool:
    """Tell whether this interpreter came with the system."""
    return os.path.realpath(sys.executable).startswith("/usr/bin/")


def passes(test: str, python: str = sys.executable) -> bool:
    """Tell whether an interpreter is there and passes a test."""
    try:
        return subprocess.call([python, "-c", test], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def go_on_under_another(test: str) -> None:
    """Run this under the newest other interpreter that passes a test; return if there is none."""
    names = ["python3." + str(minor) for minor in range(20, OLDEST[1] - 1, -1)] + ["/usr/bin/python3"]
    for name in names:
        path = shutil.which(name)
        if path and passes(test, path):
            os.execv(path, [path, *sys.argv])


def see_to_packages(packages: "list[str]", reason: str) -> None:
    """Install those Debian packages that are missing, or say which, and end.

    On systems without Debian's package database nothing is checked: Qt itself names what it misses.
    """
    if not packages or shutil.which("dpkg-query") is None:
        return
    missing = sorted(set(packages) - installed_packages())
    if not missing:
        return
    line = "apt-get install -y --no-install-recommends " + " ".join(missing)
    prefix = administrator_prefix()
    if prefix is None:
        sys.exit(reason + " Type this line, then try again:\n    sudo " + line)
    print("Installing system packages:", " ".join(missing), flush=True)
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    # A list of packages may be absent (a fresh machine) or old; if it cannot be renewed, the old one may still do.
    subprocess.call([*prefix, "apt-get", "update", "-qq"])
    # Another program may be installing something, as systems do by themselves.
    patience = ["-o", "DPkg::Lock::Timeout=300"]
    if subprocess.call([*prefix, *environment, *line.split(), "-qq", *patience], stdout=subprocess.DEVNULL) != 0:
        sys.exit(reason + " Installing them failed. This is the line:\n    sudo " + line)


def installed_packages() -> "set[str]":
    """Names of all Debian packages installed, and of those that they stand in for (``libglib2.0-0t64`` does)."""
    form = "${db:Status-Status}\t${Package}, ${Provides}\n"
    listing = subprocess.run(["dpkg-query", "-W", "-f", form], stdout=subprocess.PIPE, check=True)
    names: set[str] = set()
    for row in listing.stdout.decode("utf-8", "replace").splitlines():
        status, _, provided = row.partition("\t")
        if status == "installed":
            names.update(name.split("(")[0].strip() for name in provided.split(","))
    return names


def administrator_prefix() -> "list[str] | None":
    """What to put before a command that only the administrator may run; None if there is no way."""
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.call(["sudo", "-n", "true"], stderr=subprocess.DEVNULL) == 0:
        return ["sudo", "-n"]
    return None


def venv_is_usable(test: str) -> bool:
    """Tell whether ``.venv`` works, lies where it was made, and is of a Python that passes a test."""
    return not venv_was_moved() and passes("import pip\n" + test, VENV_PYTHON)


def venv_was_moved() -> bool:
    """Tell whether ``.venv`` was made elsewhere: its programs then look for their Python at the old place."""
    for line in read(os.path.join(VENV, "pyvenv.cfg")).splitlines():
        if line.startswith("command = "):
            return not line.endswith(" " + VENV)
    return False


def make_venv(test: str) -> None:
    """Make ``.venv`` anew."""
    print("Making .venv", flush=True)
    if subprocess.call([sys.executable, "-m", "venv", "--clear", VENV]) != 0 or not venv_is_usable(test):
        sys.exit("The environment .venv could not be made with " + sys.executable)


def install(requirements: str) -> None:
    """Install the locked libraries and the project itself, unless the same ones are in place."""
    stamp = os.path.join(VENV, "stamp-" + requirements)
    wanted = fingerprint(requirements)
    if read(stamp) == wanted:
        return
    print("Installing the libraries in packaging/" + requirements, flush=True)
    pip = [VENV_PYTHON, "-m", "pip", "--disable-pip-version-check", "install"]
    # Who waits sees what is fetched and how far it is; a log gets no more than the line above.
    pip += [] if sys.stdout.isatty() else ["--quiet"]
    locked = os.path.join(PROJECT, "packaging", requirements)
    project = ["--no-deps", "--no-build-isolation", "--editable", PROJECT]
    # The file lists all there is, also what its libraries need of each other.
    for step in (["--no-deps", "--require-hashes", "--requirement", locked], project):
        if subprocess.call([*pip, *step]) != 0:
            sys.exit("pip could not install the libraries; its message is above.")
    # As pip does for what it copies: where Python may not write beside the source, each start would compile anew.
    subprocess.call([VENV_PYTHON, "-m", "compileall", "-q", os.path.join(PROJECT, "backup_gui")])
    with open(stamp, "w", encoding="ascii") as file:
        file.write(wanted)


def fingerprint(requirements: str) -> str:
    """A digest of all that decides what is installed."""
    digest = hashlib.sha256()
    for name in ("packaging/requirements.txt", "packaging/" + requirements, "pyproject.toml"):
        digest.update(read(os.path.join(PROJECT, name)).encode())
    return digest.hexdigest()


def listed(name: str) -> "list[str]":
    """The lines of a file in ``packaging/``, without comments."""
    lines = read(os.path.join(PROJECT, "packaging", name)).splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def read(path: str) -> str:
    """The text of a file; empty if it is not there."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


if __name__ == "__main__":
    main()
