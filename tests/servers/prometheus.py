"""A real Prometheus, started by the test that asks for it: it scrapes, and tells alerts."""

import json
import shutil
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from tests.servers.process import directory_of, free_port, running

_USER = "prometheus"


def tool(name: str) -> str:
    """Prometheus' own program, as Debian has it."""
    found = shutil.which(name)
    assert found, f"{name} is missing: apt-get install prometheus"
    return found


@dataclass(frozen=True)
class Prometheus:
    """It runs, and answers here."""

    url: str

    def is_ready(self) -> bool:
        """Whether it has read what it had stored, and takes questions."""
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=10) as answer:  # noqa: S310 - as below
                return bool(answer.status == HTTPStatus.OK)
        except OSError:
            return False

    def ask(self, path: str) -> Any:  # noqa: ANN401 - JSON
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}", timeout=10) as answer:  # noqa: S310 - it is ours
            return json.load(answer)["data"]

    def firing(self) -> dict[str, list[dict[str, Any]]]:
        """The alerts that fire, by name."""
        found: dict[str, list[dict[str, Any]]] = {}
        for alert in self.ask("alerts")["alerts"]:
            if alert["state"] == "firing":
                found.setdefault(alert["labels"]["alertname"], []).append(alert)
        return found


@contextmanager
def prometheus(configuration: str, **files: str) -> Iterator[Prometheus]:
    """Start it with a prometheus.yml, beside which lie further files (name without `.yml`)."""
    with directory_of(_USER) as home:
        for name, text in {"prometheus": configuration, **files}.items():
            (home / f"{name}.yml").write_text(text, encoding="utf-8")
            (home / f"{name}.yml").chmod(0o644)
        port = free_port()
        command: list[str | Path] = [
            tool("prometheus"),
            f"--config.file={home / 'prometheus.yml'}",
            f"--storage.tsdb.path={home / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--log.level=warn",
        ]
        server = Prometheus(f"http://127.0.0.1:{port}")
        with running(command, user=_USER, home=home, ready=server.is_ready):
            yield server
