"""A real Prometheus scrapes a real gateway by the rules that are delivered, and its alerts fire."""

import asyncio
import re
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.running_gateway import RunningGateway, copy_of, until
from tests.servers.prometheus import prometheus

_MONITORING = Path(__file__).parents[2] / "deploy" / "monitoring" / "prometheus"
_RULES = (_MONITORING / "sealgate.rules.yml").read_text(encoding="utf-8")
_SCRAPE = (_MONITORING / "scrape.yml").read_text(encoding="utf-8")


def at_once(rules: str) -> str:
    """The rules as they are, but that nothing has to last before an alert fires."""
    return re.sub(r"\bfor: \w+", "for: 0s", rules)


def scraping(url: str) -> str:
    """The example as it is, for the gateway at this address, and often."""
    there = _SCRAPE.replace("127.0.0.1:8480", url.removeprefix("http://"))
    assert there != _SCRAPE
    gateway_only = there.partition("  # Only where you run an account network")[0]
    return re.sub(r"(scrape|evaluation)_interval: 15s", r"\1_interval: 500ms", gateway_only)


@pytest.fixture
def watched(trial_template: Path, tmp_path: Path) -> RunningGateway:
    """A gateway that is not started yet, with a directory for backups."""
    running = RunningGateway(copy_of(trial_template, tmp_path / "var"))
    backups = tmp_path / "backups"
    backups.mkdir()
    config = running.trial.config_file
    text = config.read_text().replace("\nhsm:\n", "\nhsm:\n  reload_seconds: 1\n")
    assert "reload_seconds" in text
    config.write_text(f"{text}backups: {{directory: {backups}}}\n")
    return running


@pytest.mark.timeout(180)
async def test_alerts_fire_and_end_as_things_go_wrong_and_right(watched: RunningGateway) -> None:
    gateway = watched
    await asyncio.to_thread(gateway.start)
    try:
        await gateway.seal()
        with prometheus(scraping(gateway.url), **{"sealgate.rules": at_once(_RULES)}) as server:

            def seen(query: str) -> bool:
                return bool(server.ask(f"query?query={quote(query)}")["result"])

            # There is no backup; where the command puts one, the gateway looks.
            await until(lambda: "SealgateBackupOld" in server.firing())
            made = await asyncio.to_thread(gateway.run, "backup", "create")
            assert made.returncode == 0, made.stderr

            # Nothing else is wrong, so nobody is called, whatever the watchers have looked at.
            await until(lambda: seen("sealgate_ready==1") and seen("sealgate_disk_used_ratio"))
            await until(lambda: seen("sealgate_backup_newest_timestamp_seconds>0"))
            await until(lambda: server.firing().keys() <= {"SealgateDiskFills"})

            # An officer's mistake.
            broken = gateway.trial.policies / "broken.yaml"
            broken.write_text("kind: Seal\nthis is no policy\n")
            await until(lambda: "SealgatePoliciesRefused" in server.firing())
            (alert,) = server.firing()["SealgatePoliciesRefused"]
            assert alert["labels"]["owner"] == "officer"
            assert alert["labels"]["instance"] == gateway.url.removeprefix("http://")
            assert alert["annotations"]["runbook_url"].endswith("/policies-refused.md")
            broken.unlink()
            await until(lambda: "SealgatePoliciesRefused" not in server.firing())

            # The token goes, and comes back.
            tokens = gateway.trial.hsm / "tokens"
            tokens.rename(gateway.trial.hsm / "away")
            await until(lambda: "SealgateSignerDown" in server.firing())
            (gateway.trial.hsm / "away").rename(tokens)
            await until(lambda: "SealgateSignerDown" not in server.firing(), seconds=60)

            await asyncio.to_thread(gateway.stop)
            await until(lambda: "SealgateGatewayDown" in server.firing())
    finally:
        if gateway.process is not None and gateway.process.poll() is None:
            await asyncio.to_thread(gateway.stop)
