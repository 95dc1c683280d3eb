"""`sealgate`, also as `python -m gateway`."""

import sys


def main() -> None:
    """Run the command line."""
    if sys.argv[1:2] == ["serve"]:
        # Alone: loading the other commands would take as long as loading the gateway.
        from gateway.cli.serve import app  # noqa: PLC0415 - see above
    else:
        from gateway.cli.app import app  # noqa: PLC0415 - see above
    app()


if __name__ == "__main__":
    main()
