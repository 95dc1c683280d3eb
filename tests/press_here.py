"""The network's press without its child, of which Python's start is most of the work.

The child itself is tried in tests/unit/network/press, and with goods in test_goods_arrive.
"""

import asyncio

from cloud_bridge.network.press.model import Preparation, Prepared
from cloud_bridge.network.press.preparing import prepare
from cloud_bridge.network.press.pressing import ChildPress


class PressHere(ChildPress):
    """Reads and writes in a thread of this process."""

    async def _ask(self, preparation: Preparation) -> Prepared:
        return await asyncio.to_thread(prepare, preparation)
