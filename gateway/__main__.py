"""`sealgate`, also as `python -m gateway`."""

import sys

_INTERRUPTED = 130
"""By the shell's convention: 128 and SIGINT."""


def main() -> None:
    """Run the command line."""
    try:
        # What is loaded takes a moment, and Ctrl-C may come in it.
        from gateway.cli.app import app  # noqa: PLC0415 - see above

        app()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(_INTERRUPTED)


if __name__ == "__main__":
    main()
