"""What can go wrong with stamp artwork."""


class StampError(ValueError):
    """The artwork cannot be drawn or taken as it is.

    The message says what happened, why, and what to do. It is a ValueError so that decoders
    (msgspec, pydantic) report it as a mistake in their input.
    """
