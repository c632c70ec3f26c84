"""Where the program begins: `stripectl`, and `python -m stripectl` without the command on the path."""

from __future__ import annotations

import sys


def run() -> None:
    """Run the program; a Ctrl-C while it is still being loaded ends it as any other does."""
    try:
        from stripectl.cli.main import run as command

        command()
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted\n")
        # The number that shells give to what SIGINT ended; there was no time to load our table of them.
        sys.exit(130)


if __name__ == "__main__":
    run()
