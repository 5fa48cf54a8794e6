"""Entry point of the command ``askergeo`` and of ``python -m askergeo``."""

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    from askergeo.cli.main import run  # noqa: PLC0415  (start-up stays quick)

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
