"""How much a test does whose size is its point: less in `make test`, more in `make chaos`.

Both can fail for the same reasons; the long form has more chances to.
"""

import os

_IS_LONG = os.environ.get("SEALGATE_LONG_FORMS") == "1"


def short_or_long(short: int, long: int) -> int:
    """The number for this run; `make chaos` runs each file that asks here in its long form."""
    return long if _IS_LONG else short
