"""The gateway: takes requests, asks the policies, has documents sealed, keeps the record."""


def __getattr__(name: str) -> str:
    """`__version__`, for those who ask: looking it up loads 25 ms of modules into each process."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import distributions  # noqa: PLC0415 - see above

    # What lies beside a checkout is found first, and a process that is confined cannot read it.
    found = (each.version for each in distributions(name="sealgate"))
    return next(filter(None, found), "0+checkout")
