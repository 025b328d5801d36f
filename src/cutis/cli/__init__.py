"""The command line: one module per group of commands, each loaded when its command runs."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from cutis.cli.app import run

    run()
