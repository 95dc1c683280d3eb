"""Why an act on a key does not take place."""


class KeyActError(Exception):
    """It could not be noted, so it did not happen; the message has the cure."""
