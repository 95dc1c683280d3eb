"""How a child begins: `python -m processes.beginning [--offline] MODULE FD ARGUMENTS`.

Loading modules is most of a child's start, and next to nothing of what is loaded goes again. So
nothing is collected meanwhile, which takes a tenth to a quarter off the CPU of a start.
"""

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any, Final

BEGINNING: Final = "processes.beginning"
OFFLINE: Final = "--offline"
_HTTP_CLIENT: Final = "aiohttp"


class _NeverLoaded(ModuleType):
    """Stands where a library looks for the HTTP client, of which it needs only names of classes.

    pyHanko imports aiohttp for timestamps and certificates that it might fetch. Who reads what
    strangers wrote fetches nothing: it has left the network. So a fifth of a second of CPU and ten
    megabytes would be for nothing, and there is less in the process that could be misused.
    """

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)

        def refuse(_self: object, *_given: object, **_named: object) -> None:
            raise RuntimeError(f"{_HTTP_CLIENT}.{name}: this process speaks to nobody")

        made = type(name, (Exception,), {"__init__": refuse})
        setattr(self, name, made)  # the same at the next look
        return made


def leave_out_the_http_client() -> None:
    """Have it never loaded in this process. To be called before who would import it."""
    sys.modules.setdefault(_HTTP_CLIENT, _NeverLoaded(_HTTP_CLIENT))


@contextmanager
def loading() -> Iterator[None]:
    """Collect nothing while modules are loaded, nor look at them later."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def loaded(module: str) -> Callable[[], Any]:
    """The `main` of a module, after it and all that it imports is loaded."""
    with loading():
        main: Callable[[], Any] = import_module(module).main
    return main


if __name__ == "__main__":
    # The module finds the arguments as if it had been started itself.
    del sys.argv[0]
    if sys.argv[0] == OFFLINE:
        del sys.argv[0]
        leave_out_the_http_client()
    sys.exit(loaded(sys.argv[0])())
