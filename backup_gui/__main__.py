"""Starts the app, or the command line if a command is given.

Only the app imports Qt, so that the command line starts fast and works without a screen. A packaged program also starts
itself as the worker process that helps to compare and copy.
"""

from __future__ import annotations

import atexit
import gc
import sys
from typing import TYPE_CHECKING

from backup_gui.engine.fs.system import worker_process
from backup_gui.engine.fs.system.syscalls import allow_many_files, refuse_downloads

if TYPE_CHECKING:
    from backup_gui.model.job import Place

_UNUSABLE = 2
_INTERRUPTED = 130


def main() -> int:
    """Run the program with the arguments of this process.

    Returns:
        The exit status.
    """
    # At its end the interpreter collects garbage several times over all objects, a tenth of a short run's time.
    atexit.register(gc.freeze)
    if sys.argv[1:2] == [worker_process.OPTION]:
        worker_process.serve(sys.argv[2:])
        return 0
    gc.set_threshold(worker_process.OBJECTS_BETWEEN_COLLECTIONS)
    allow_many_files()
    refuse_downloads()
    try:
        from backup_gui.cli import main as cli  # noqa: PLC0415 - the worker process does not need it

        return cli.main(sys.argv[1:], _run_app, _quit_app)
    except KeyboardInterrupt:
        # Ctrl+C during the start; later a signal handler takes over.
        return _INTERRUPTED


def _run_app(*, is_hidden: bool, source: str, destination: Place, interval_s: int) -> int:
    try:
        from backup_gui import app  # noqa: PLC0415 - imports Qt
    except ImportError:
        from backup_gui.services import libraries  # noqa: PLC0415 - for this case only

        sentence = libraries.complaint() if sys.platform == "linux" else ""
        if not sentence:
            raise
        sys.stderr.write(f"Folder Backup: {sentence}\n")
        return _UNUSABLE
    # The app collects garbage at its end, so that Qt objects are destroyed in the usual way.
    atexit.unregister(gc.freeze)
    return app.main(is_hidden=is_hidden, source=source, destination=destination, interval_s=interval_s)


def _quit_app() -> bool | None:
    from PySide6.QtCore import QCoreApplication  # noqa: PLC0415 - commands need no Qt

    from backup_gui.config.folders import own_folders  # noqa: PLC0415 - as above
    from backup_gui.desktop.single_instance import Instance  # noqa: PLC0415 - imports Qt

    _application = QCoreApplication([])
    return Instance(own_folders().state).end_other()


if __name__ == "__main__":
    sys.exit(main())
