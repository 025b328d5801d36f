"""R5 on PostgreSQL: kill -9 of the writer, and of the server with all its processes.

    python benchmarks/soak/kill_postgres.py [--cycles 200] [--out FILE]

The same as `kill.py --engine postgres`.
"""

from __future__ import annotations

from kill import main

if __name__ == "__main__":
    main("postgres")
