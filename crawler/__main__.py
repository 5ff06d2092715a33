"""``communique``, and ``python -m crawler``: what a process is started with.

Light: each worker of a pool imports this module again, and what stands behind the commands takes most of a second.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command; Ctrl-C ends it also while it is still being imported."""
    try:
        from crawler.cli import main as command
    except KeyboardInterrupt:
        sys.exit(130)
    command()


if __name__ == "__main__":
    main()
