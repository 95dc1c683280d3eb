"""Three gateways begin at one moment on a database that has nothing: none of them minds."""

import asyncio
import json
from pathlib import Path

from tests.postgres_server import Server, postgres
from tests.running_gateway import RunningGateway, as_nodes, copy_of

__all__ = ["postgres"]


async def test_no_commit_fails_and_the_log_is_whole(
    trial_template: Path, postgres: Server, tmp_path: Path
) -> None:
    names = ("one", "two", "three")
    installations = [copy_of(trial_template, tmp_path / name, signed=True) for name in names]
    as_nodes(installations, postgres.database().url, tmp_path / "documents")
    gateways = [RunningGateway(each) for each in installations]
    try:
        await asyncio.gather(*(asyncio.to_thread(each.start) for each in gateways))
        failed = [
            line["error"]
            for each in gateways
            for line in each.log()
            if line.get("event") == "commit_failed"
        ]
        assert failed == []
        told = json.loads(gateways[0].run("audit", "verify", "--json").stdout)
        assert told["findings"] == []
        assert (await gateways[2].seal()).content
    finally:
        for each in gateways:
            if each.process is not None:
                each.stop()
