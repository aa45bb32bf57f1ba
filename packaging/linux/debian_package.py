"""Makes the package for Debian and Ubuntu."""

from __future__ import annotations

import email.utils
import gzip
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import licences
from tree import HERE, NAME, VERSION, day, lay_out

# Small rather than fast: it is made once and fetched often.
COMPRESSION = ("-Zxz", "-z9")
# Of no library, so that no tool finds it: without any font the window has no letters.
FONTS = "fonts-dejavu-core | fonts-liberation | fonts-noto-core | fonts-freefont-ttf"


def make_deb(program: Path, target: Path) -> Path:
    """Make the package.

    Args:
        program: The folder that PyInstaller has made.
        target: The folder for the package.

    Returns:
        The package.
    """
    architecture = _output("dpkg", "--print-architecture").strip()
    package = target / f"{NAME}_{VERSION}_{architecture}.deb"
    with tempfile.TemporaryDirectory(prefix="deb-") as folder:
        root = Path(folder, "root")
        root.mkdir()
        lay_out(program, root / "usr", zsh="vendor-completions")
        _add_debian_documents(root / "usr" / "share")
        control = root / "DEBIAN"
        control.mkdir()
        _set_modes(root)
        (control / "control").write_text(
            f"Package: {NAME}\nVersion: {VERSION}\nArchitecture: {architecture}\nMaintainer: {maintainer()}\n"
            f"Installed-Size: {_size_kib(root / 'usr')}\nDepends: {', '.join([*libraries(program), FONTS])}\n"
            "Recommends: xdg-utils\n"
            "Section: utils\nPriority: optional\n" + (HERE / "description.txt").read_text("utf-8"),
            "utf-8",
        )
        _write_sums(root, control / "md5sums")
        # As an archive of root's, whoever makes it.
        subprocess.run(["dpkg-deb", "--root-owner-group", *COMPRESSION, "--build", root, package], check=True)
    return package


def maintainer() -> str:
    """Who answers for the package: as Debian's own tools are told it, or who LICENSE says."""
    name = os.environ.get("DEBFULLNAME", "The Folder Backup contributors")
    address = os.environ.get("DEBEMAIL", "")
    return f"{name} <{address}>" if address else name


def libraries(program: Path) -> list[str]:
    """The packages with the libraries that the program takes from the system, with the oldest versions that do."""
    internal = program / "_internal"
    files = binaries(program)
    owners = {licences.owner(name) for name in foreign_libraries(program)}
    with tempfile.TemporaryDirectory(prefix="shlibs-") as folder:
        # The tool wants to find the source of a package.
        Path(folder, "debian").mkdir()
        source = f"Source: {NAME}\n\nPackage: {NAME}\nArchitecture: any\nDepends: ${{shlibs:Depends}}\n"
        Path(folder, "debian", "control").write_text(source, "utf-8")
        command = ["dpkg-shlibdeps", "-O", "--ignore-missing-info", "--warnings=0"]
        command += [f"-l{internal}", f"-l{internal}/PySide6/Qt/lib", *(f"-e{path}" for path in files)]
        line = _output(*command, folder=folder)
    found = line.strip().removeprefix("shlibs:Depends=").split(", ")
    # Those of libraries of which the program has a copy are not needed.
    found = sorted(text for text in found if text.partition(" ")[0] in owners)
    lacking = owners - {text.partition(" ")[0] for text in found}
    if lacking:
        raise LookupError(f"no dependency was found for {', '.join(sorted(lacking))}")
    return found


def foreign_libraries(program: Path) -> set[str]:
    """The names of the libraries that a program needs and does not have in its own folder."""
    own = {path.name for path in program.rglob("*.so*")}
    listing = _output("objdump", "-p", *map(str, binaries(program)))
    return {name for name in re.findall(r"(?m)^ +NEEDED +(\S+)$", listing) if name not in own}


def oldest_glibc(program: Path) -> str:
    """The version of the C library that a program needs, such as ``2.34``."""
    listing = _output("objdump", "-p", *map(str, binaries(program)))
    versions: list[str] = re.findall(r"GLIBC_([\d.]+)", listing)
    return max(versions, key=lambda version: [int(part) for part in version.split(".")])


def binaries(folder: Path) -> list[Path]:
    """The programs and libraries in a folder."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink() and is_elf(path))


def is_elf(path: Path) -> bool:
    """Tell whether a file is a program or a library."""
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def _add_debian_documents(share: Path) -> None:
    documents = share / "doc" / NAME
    entry = f"{NAME} ({VERSION}) unstable; urgency=medium\n\n  * What has changed for users is in NEWS.gz.\n\n"
    # Without an address the form has an empty one.
    name, _, address = maintainer().partition(" <")
    entry += f" -- {name} <{address.rstrip('>')}>  {email.utils.format_datetime(day())}\n"
    (documents / "changelog.gz").write_bytes(gzip.compress(entry.encode(), mtime=0))
    news = (HERE.parents[1] / "CHANGELOG.md").read_bytes()
    (documents / "NEWS.gz").write_bytes(gzip.compress(news, mtime=0))
    overrides = share / "lintian" / "overrides" / NAME
    overrides.parent.mkdir(parents=True)
    shutil.copyfile(HERE / "lintian-overrides", overrides)


def _set_modes(root: Path) -> None:
    program = root / "usr" / "lib" / NAME / NAME
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path == program else 0o644)


def _size_kib(folder: Path) -> int:
    return sum((path.lstat().st_size + 1023) // 1024 for path in folder.rglob("*") if not path.is_dir())


def _write_sums(root: Path, target: Path) -> None:
    files = sorted(path for path in (root / "usr").rglob("*") if path.is_file() and not path.is_symlink())
    lines = [f"{hashlib.md5(path.read_bytes()).hexdigest()}  {path.relative_to(root)}\n" for path in files]
    target.write_text("".join(lines), "utf-8")
    target.chmod(0o644)


def _output(*command: str, folder: str = "/") -> str:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
