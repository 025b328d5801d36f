"""``python -m cutis`` is the command line."""

from __future__ import annotations

from cutis.cli import main

if __name__ == "__main__":
    main()
