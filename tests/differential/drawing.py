"""How many documents are drawn: the same 150 each time, or as many new ones as asked for.

`make test` has to say the same today and tomorrow; `make differential` sets the number, and looks
for what nobody has seen.
"""

import os

from hypothesis import HealthCheck, settings

_ASKED_FOR = os.environ.get("SEALGATE_DRAWN_DOCUMENTS")
DRAWN = settings(
    max_examples=int(_ASKED_FOR or "150"),
    derandomize=not _ASKED_FOR,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
