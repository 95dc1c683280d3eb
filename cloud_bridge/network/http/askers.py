"""From which address somebody asks a page, as far as that can be known."""

from aiohttp import web

from cloud_bridge.network.listening.lines import line_of


class Askers:
    """Tells addresses.

    Args:
        is_behind_proxy: whether a proxy stands in front, whose address all would have.
        header: in which the proxy says who asked it; None: in none that can be believed.
    """

    def __init__(self, *, is_behind_proxy: bool, header: str | None) -> None:
        self._is_behind_proxy = is_behind_proxy
        self._header = header

    def address(self, request: web.Request) -> str | None:
        """The address, of IPv6 the house's part; None: it is not known.

        Of several in the header the last is the one that our own proxy wrote: what stands before it
        anybody can send.
        """
        if self._header is not None:
            told = ",".join(request.headers.getall(self._header, ())).rpartition(",")[2].strip()
            return line_of(told)
        return None if self._is_behind_proxy else line_of(request.remote or "")
