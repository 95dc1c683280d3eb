"""When the interpreter's garbage collector looks at what, in a process that serves.

It looks at every object that lives and was not set apart, and nothing else runs meanwhile: a tenth
of a second for the policies of a large group. What was loaded stays, so there is nothing to find.
"""

import contextlib
import gc
from collections.abc import Iterator


def spare_the_collector() -> None:
    """Leave what was loaded out of every later garbage collection, and collect less often.

    A request leaves few cycles behind, and a collection looks at all that lives.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@contextlib.contextmanager
def nothing_collected() -> Iterator[None]:
    """Collect nothing while something large is being loaded; what only counts references goes on.

    For one at a time: the policies, the modules of a command.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def set_apart() -> None:
    """Leave all that lives now out of later collections, without looking at it.

    What it refers to in a circle stays for good, should it be garbage already: what requests left
    behind since `nothing_collected` began, which is next to nothing.
    """
    gc.freeze()
