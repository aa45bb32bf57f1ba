"""What the packaged program runs: the same as ``python -m backup_gui``."""

from __future__ import annotations

import sys

from backup_gui.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
