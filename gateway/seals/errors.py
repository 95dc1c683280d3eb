"""Why the officers' declarations cannot be brought into force."""


class SealMaterialError(Exception):
    """A seal's certificate, chain or picture cannot be used; names seal, file and cure."""
