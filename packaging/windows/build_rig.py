"""Makes a Python for Windows that runs under wine, with the locked libraries, in ``build/windows-rig``.

``python packaging/windows/build_rig.py``, after ``setup_environment.py windows``. It is for tests alone: what people
get is built on Windows. The interpreter's own files come from a wheel that carries them (``requirements.txt`` here),
its library from Debian's Python of the same version, and two libraries that wine lacks are compiled from the sources
here. What is in place already is left alone until one of these changes.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import wine

HERE = Path(__file__).resolve().parent
PACKAGING = HERE.parent
STAMP = wine.RIG / "stamp"
LIBRARY = Path("/usr/lib/python3.11")
FONTS = Path("/usr/share/fonts/truetype/dejavu")
COMPILER = "x86_64-w64-mingw32-gcc"
# Below Python's library: tests of its own, what is compiled for Linux, and what Debian adds.
NOT_FOR_WINDOWS = ("__pycache__", "dist-packages", "lib-dynload", "sitecustomize.py", "test")
# What lies here and only uses the rig.
ITS_USERS = frozenset({"run_tests.py", "make_setup.py", "installer.nsi"})
# They check the text, which the rig does not.
NOT_NEEDED = frozenset({"ruff", "mypy"})
NO_ENTRY = "-Wl,--entry=DllMainCRTStartup"


def main() -> None:
    """Make the rig unless the same one is in place; end with a sentence where that is not possible."""
    with wine.one_at_a_time():
        make()


def make() -> None:
    """Make the rig unless the same one is in place. The caller sees to it that nobody uses it."""
    wanted = fingerprint()
    if STAMP.is_file() and STAMP.read_text() == wanted:
        return
    needed = [str(LIBRARY), str(FONTS), str(wine.FOLDER / "wine64"), f"/usr/bin/{COMPILER}"]
    if missing := [path for path in needed if not os.path.exists(path)]:
        packages = "packaging/linux/packages-windows.txt"
        sys.exit(f"Tests for Windows need {', '.join(missing)}, of the packages of Debian 12 named in {packages}.")
    print("Making a Python for Windows in", wine.RIG.relative_to(wine.PROJECT), flush=True)
    shutil.rmtree(wine.RIG, ignore_errors=True)
    wine.PYTHON.parent.mkdir(parents=True)
    try:
        put_interpreter()
        put_libraries()
        make_prefix()
    except subprocess.CalledProcessError as error:
        sys.exit(f"The rig for Windows could not be made; the message is above. This failed: {error.cmd[0]}")
    STAMP.write_text(wanted)


def fingerprint() -> str:
    """Return a digest of all that decides what the rig is."""
    digest = hashlib.sha256(os.fsencode(wine.PROJECT))
    sources = (path for path in HERE.iterdir() if path.is_file() and path.name not in ITS_USERS)
    for path in (*sorted(sources), *lock_files()):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def lock_files() -> tuple[Path, Path]:
    """Return the files that name the program's libraries and those for its development."""
    return PACKAGING / "requirements.txt", PACKAGING / "requirements-dev.txt"


def put_interpreter() -> None:
    """Lay out what an installed Python for Windows has: programs, libraries, modules in C and in Python."""
    folder = wine.PYTHON.parent
    wheels = wine.RIG / "wheels"
    run(*pip("download"), "--dest", str(wheels), "--requirement", str(HERE / "requirements.txt"))
    (wheel,) = wheels.iterdir()
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            place, _, file = name.rpartition("/")
            # wine has the C runtime itself, and nothing draws with Tk.
            if place == "deploy_libs" and not re.match(r"api-ms-|tcl|tk|_tkinter", file):
                (folder / file).write_bytes(archive.read(name))
    shutil.rmtree(wheels)
    shutil.copytree(LIBRARY, folder / "Lib", ignore=shutil.ignore_patterns(*NOT_FOR_WINDOWS, "config-*"))
    resources = str(folder / "python.o")
    run("x86_64-w64-mingw32-windres", "-I", str(HERE), str(HERE / "python.rc"), resources)
    for name, options in (("python.exe", ()), ("pythonw.exe", ("-mwindows",))):
        run(COMPILER, "-O2", "-municode", *options, "-o", str(folder / name), str(HERE / "python.c"), resources)
    # What modules for every Python 3 import: each function is that of this one.
    definition = folder / "python3.def"
    forwards = "".join(f"{name}=python311.{name}\n" for name in exports(folder / "python311.dll"))
    definition.write_text("LIBRARY python3.dll\nEXPORTS\n" + forwards)
    run(COMPILER, "-shared", "-nostdlib", "-Wl,--entry=0", "-o", str(folder / "python3.dll"), str(definition))


def exports(library: Path) -> Iterator[str]:
    """Yield the names of all functions and values that a library for Windows offers."""
    command = ["x86_64-w64-mingw32-objdump", "--private-headers", str(library)]
    listing = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    _, _, table = listing.partition("[Ordinal/Name Pointer] Table\n")
    for line in table.splitlines():
        match = re.fullmatch(r"\s*\[\s*\d+\]\s+(\w+)", line)
        if match is None:
            return
        yield match[1]


def put_libraries() -> None:
    """Install the locked libraries as they are for Windows."""
    wanted = wine.RIG / "requirements.txt"
    wanted.write_text("".join(for_windows(path.read_text(encoding="utf-8")) for path in lock_files()))
    place = wine.PYTHON.parent / "Lib" / "site-packages"
    run(*pip("install"), "--no-compile", "--target", str(place), "--requirement", str(wanted))
    (place / "checkout.pth").write_text(wine.windows_path(wine.PROJECT) + "\n")
    # wine does not hand these variables on, and a test may start a program that shows a window.
    # Of all fonts that Qt finds there, it takes the first one for that of the system.
    fonts = wine.RIG / "fonts"
    fonts.mkdir()
    for font in FONTS.glob("DejaVuSans*.ttf"):
        shutil.copy(font, fonts)
    variables = {"QT_QPA_PLATFORM": "offscreen", "QT_QPA_FONTDIR": wine.windows_path(fonts)}
    set_each = "; ".join(f"os.environ.setdefault({name!r}, {value!r})" for name, value in variables.items())
    (place / "no-screen.pth").write_text(f"import os; {set_each}\n")


def for_windows(lock: str) -> str:
    """Return those requirements of a lock file that Windows needs, without their conditions, which pip takes for Linux.

    Args:
        lock: The text of a file that ``packaging/lock.py`` wrote.
    """
    kept = []
    for requirement in re.findall(r"^\S+==.*(?:\n    .*)*\n", lock, re.MULTILINE):
        first, newline, hashes = requirement.partition(" \\\n")
        pin, _, condition = first.partition(" ; ")
        name = pin.partition("==")[0]
        if name not in NOT_NEEDED and (not condition or "win32" in condition):
            kept.append(pin + newline + hashes)
    return "".join(kept)


def make_prefix() -> None:
    """Make the folder that wine takes for the computer's drive C, with the two libraries that it lacks."""
    with wine.running():
        wine.run("wineboot", "--init")
        for name in ("TEMP", "TMP"):
            wine.run("reg", "add", r"HKCU\Environment", "/f", "/v", name, "/d", "C:\\" + wine.TEMPORARY.name)
    wine.TEMPORARY.mkdir()
    system = wine.PREFIX / "drive_c" / "windows" / "system32"
    for name in ("icuuc", "mscms"):
        target = system / f"{name}.dll"
        target.unlink(missing_ok=True)  # it may be a link to wine's own
        run(COMPILER, "-shared", "-nostdlib", NO_ENTRY, "-o", str(target), str(HERE / f"{name}.c"))


def pip(command: str) -> list[str]:
    """Return the start of a call of pip that takes exactly the files that are named, for Windows."""
    platform = ["--platform", "win_amd64", "--python-version", "3.11", "--implementation", "cp"]
    limits = ["--only-binary", ":all:", "--no-deps", "--require-hashes"]
    return [sys.executable, "-m", "pip", "--disable-pip-version-check", command, "--quiet", *platform, *limits]


def run(*command: str) -> None:
    """Run a program of this system; raises if it fails."""
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
