"""What tests do to the second process from outside."""

from __future__ import annotations

import os
import signal

from backup_gui.engine.fs.system.worker_process import WorkerProcess


def kill(process: WorkerProcess) -> None:
    """Kill it, and wait for its end; the pass does not know of that yet."""
    os.kill(process._pid, signal.SIGKILL)
    os.waitid(os.P_PID, process._pid, os.WEXITED | os.WNOWAIT)
