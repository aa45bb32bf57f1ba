"""Makes the package for Fedora, openSUSE and other systems with RPM."""

from __future__ import annotations

import platform
import re
import subprocess
import tempfile
from pathlib import Path

from debian_package import foreign_libraries, maintainer, oldest_glibc
from tree import HERE, NAME, VERSION, add_common_licences, day, lay_out

_SPEC = """\
Name: {name}
Version: {version}
Release: 1
Summary: {summary}
License: MIT AND LGPL-3.0-only AND Apache-2.0 AND Python-2.0.1
Group: Applications/Archiving
AutoReqProv: no
{requires}
%global __os_install_post %{{nil}}
%global debug_package %{{nil}}
%description
{description}
%files
/usr/bin/{name}
/usr/lib/{name}
/usr/share/*/{name}*
/usr/share/*/*/{name}*
/usr/share/zsh/site-functions/_{name}
/usr/share/icons/hicolor/*/apps/{name}.*
%changelog
* {day} {maintainer} - {version}-1
- What has changed is in CHANGELOG.md of the sources.
"""


def make_rpm(program: Path, target: Path) -> Path:
    """Make the package; its libraries are required by their names, which each such system offers.

    Args:
        program: The folder that PyInstaller has made.
        target: The folder for the package.

    Returns:
        The package.
    """
    summary, _, description = (HERE / "description.txt").read_text("utf-8").partition("\n")
    is_wide = platform.architecture()[0] == "64bit"
    required = [f"{name}()" if is_wide else name for name in foreign_libraries(program)]
    # With its version, so that an older system refuses the package and does not install what cannot run.
    required.append(f"libc.so.6(GLIBC_{oldest_glibc(program)})")
    with tempfile.TemporaryDirectory(prefix="rpm-") as folder:
        root = Path(folder, "root")
        root.mkdir()
        lay_out(program, root / "usr")
        add_common_licences(root / "usr")
        spec = Path(folder, f"{NAME}.spec")
        spec.write_text(
            _SPEC.format(
                name=NAME,
                version=VERSION,
                summary=summary.removeprefix("Description: ").capitalize(),
                requires="\n".join(f"Requires: {name}{'(64bit)' if is_wide else ''}" for name in sorted(required)),
                description=re.sub(r"(?m)^ \.?", "", description),
                day=f"{day():%a %b %d %Y}",
                maintainer=maintainer(),
            ),
            "utf-8",
        )
        command = ["rpmbuild", "-bb", "--quiet", "--buildroot", str(root), "--define", f"_topdir {folder}/work"]
        command += [
            "--define",
            f"_rpmdir {target}",
            "--define",
            "_rpmfilename %{name}-%{version}-%{release}.%{arch}.rpm",
        ]
        # Read by each version of RPM since 4.6.
        command += ["--define", "_binary_payload w9.xzdio", "--define", "_build_id_links none", "--noclean", str(spec)]
        subprocess.run(command, check=True)
    return target / f"{NAME}-{VERSION}-1.{platform.machine()}.rpm"
