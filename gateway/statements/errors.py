"""Why a statement or a key for statements is not taken."""


class StatementInvalidError(Exception):
    """It is no statement in the one form that is taken, or its signature does not verify."""


class StatementKeyError(Exception):
    """A key cannot sign or verify statements: of another kind, unreadable, wrong passphrase."""
