"""Start of the program: without a command the app, with one the command line.

Qt is imported for the app only, so that the command line works where there is no screen and starts at once. A packaged
program also starts itself as the process that helps with comparing and copying.
"""

from __future__ import annotations

import atexit
import gc
import sys

from backup_gui.engine.fs.system import worker_process
from backup_gui.engine.fs.system.syscalls import allow_many_files

_INTERRUPTED = 130


def main() -> int:
    """Run the program with the arguments of this process.

    Returns:
        The exit status.
    """
    # When an interpreter ends it looks several times for cycles among all that there is, a tenth of a short run's time.
    atexit.register(gc.freeze)
    if sys.argv[1:2] == [worker_process.OPTION]:
        worker_process.serve(sys.argv[2:])
        return 0
    gc.set_threshold(worker_process.OBJECTS_BETWEEN_COLLECTIONS)
    allow_many_files()
    try:
        from backup_gui.cli import main as cli  # noqa: PLC0415 - the other process has no use for it

        return cli.main(sys.argv[1:], run_app=_run_app)
    except KeyboardInterrupt:
        # Before anything was begun; later it is a signal like others.
        return _INTERRUPTED


def _run_app(*, is_hidden: bool, source: str, destination: str, interval_s: int) -> int:
    from backup_gui import app  # noqa: PLC0415 - imports Qt

    # What there is of Qt's by then is taken down as ever.
    atexit.unregister(gc.freeze)
    return app.main(is_hidden=is_hidden, source=source, destination=destination, interval_s=interval_s)


if __name__ == "__main__":
    sys.exit(main())
