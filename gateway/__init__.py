"""The gateway: takes requests, asks the policies, has documents sealed, keeps the record."""


def __getattr__(name: str) -> str:
    """`__version__`, for those who ask: looking it up loads 25 ms of modules into each process."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - see above

    try:
        return version("sealgate")
    except PackageNotFoundError:  # a checkout that is not installed
        return "0+checkout"
