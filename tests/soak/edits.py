"""Random edits of a source, each content marked, so that every version can be told from every other."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

# What a path ends with tells what it is meant to be; a type swap makes something else of it.
FOLDERS = 40
MOST_BYTES = 20_000


class Editor:
    """Changes a folder in every way that people and programs do.

    Args:
        source: The folder.
        files: How many files there are at first, and about how many there are to be.
        seed: Of the random numbers.
    """

    def __init__(self, source: Path, files: int, seed: int) -> None:
        self.source = source
        self.random = random.Random(seed)
        self.edits = 0
        # Which path became which, in this order, files and folders.
        self.renames: list[tuple[str, str]] = []
        self._serial = 0
        self._most_files = files * 11 // 10
        self._folders = [source / f"folder{number:03}" for number in range(max(FOLDERS, files // 100))]
        for folder in self._folders:
            folder.mkdir(parents=True)
        for number in range(files):
            self._write(self._folders[number % len(self._folders)] / f"{number:05}")

    def edit(self) -> None:
        """Make one edit; what another one has taken away meanwhile is passed over."""
        kinds = (
            (self._change, 40),
            (self._create, 15),
            (self._append, 10),
            (self._save_by_rename, 10),
            (self._rename, 10),
            (self._delete, 8),
            (self._link, 3),
            (self._swap_type, 2),
            (self._make_folder, 1),
            (self._rename_folder, 1),
        )
        action = self.random.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])[0]
        action()
        self.edits += 1

    def names_of(self, path: str) -> set[str]:
        """Return a path, and what it may be called since."""
        names = {path}
        for old, new in self.renames:
            names |= {new + name[len(old) :] for name in names if name == old or name.startswith(f"{old}/")}
        return names

    def _content(self) -> bytes:
        self._serial += 1
        mark = b"version %d of seed;" % self._serial
        return mark * self.random.randint(1, MOST_BYTES // len(mark) if self.random.random() < 0.1 else 20)

    def _write(self, path: Path) -> None:
        path.write_bytes(self._content())

    def _folder(self) -> Path:
        return self.random.choice(self._folders)

    def _file(self) -> Path | None:
        for _ in range(10):
            names = os.listdir(self._folder_there())
            if names:
                path = self._last_folder / self.random.choice(names)
                if path.is_file() and not path.is_symlink():
                    return path
        return None

    def _folder_there(self) -> Path:
        self._last_folder = self._folder()
        if not self._last_folder.is_dir():
            self._last_folder = self._folders[0]
            self._last_folder.mkdir(exist_ok=True)
        return self._last_folder

    def _free_name(self) -> Path:
        self._serial += 1
        return self._folder_there() / f"n{self._serial:07}"

    def _change(self) -> None:
        if path := self._file():
            self._write(path)

    def _create(self) -> None:
        if self._count_here() < self._most_files // len(self._folders):
            self._write(self._free_name())

    def _count_here(self) -> int:
        return len(os.listdir(self._folder_there()))

    def _append(self) -> None:
        if path := self._file():
            with path.open("ab") as file:
                file.write(self._content())

    def _save_by_rename(self) -> None:
        if path := self._file():
            draft = path.with_name(f"{path.name}~")
            self._write(draft)
            draft.replace(path)

    def _rename(self) -> None:
        if path := self._file():
            self._move(path)

    def _move(self, path: Path) -> None:
        new = self._free_name()
        path.rename(new)
        self.renames.append((str(path.relative_to(self.source)), str(new.relative_to(self.source))))

    def _delete(self) -> None:
        if path := self._file():
            path.unlink()

    def _link(self) -> None:
        (self._free_name()).symlink_to(self.random.choice(("nowhere", "..", "../folder000")))

    def _swap_type(self) -> None:
        if path := self._file():
            path.unlink()
            if self.random.random() < 0.5:
                path.mkdir()
                self._write(path / "inside")
            else:
                path.symlink_to("nowhere")

    def _make_folder(self) -> None:
        folder = self._free_name()
        folder.mkdir()
        for _ in range(3):
            self._serial += 1
            self._write(folder / f"n{self._serial:07}")

    def _rename_folder(self) -> None:
        folder = self._folder_there()
        subfolders = [child for child in folder.iterdir() if child.is_dir() and not child.is_symlink()]
        if subfolders:
            chosen = self.random.choice(subfolders)
            if self.random.random() < 0.5:
                shutil.rmtree(chosen)
            else:
                self._move(chosen)
