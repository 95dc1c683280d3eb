"""docs/operations: ports are the program's own, sums are right, claims name what shows them."""

import http.client
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin

import pytest
import yaml
from psycopg.pq import Conninfo
from pydantic import BaseModel

from cloud_bridge.network.config import NetworkConfig
from gateway.cli.onboarding import capacity
from gateway.cli.onboarding.answers import Answers
from gateway.config import Config
from gateway.declarations.connectors import ConnectorSpec
from gateway.declarations.webhooks import WebhookSpec
from tests.unit.docs.markdown import ROOT, blocks, headings, languages, read, sections

_OPENS = {"port", "url", "proxy", "endpoint", "socket", "unseal_socket", "host", "external_url"}
"""What a setting is called that says where something connects or listens."""
_HTTPS = http.client.HTTPS_PORT
_PAGES = ("README", "backup", "keys", "network", "sizing", "threat-model", "upgrade")


def _page(name: str, language: str = "") -> str:
    return read(f"docs/operations/{name}{language}.md")


def _rows(text: str) -> list[list[str]]:
    """The cells of all tables but their heads."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    rules = {index for index, row in enumerate(cells) if set("".join(row)) <= {"-"} and any(row)}
    return [row for index, row in enumerate(cells) if not {index, index + 1} & rules]


def _settings(model: type[BaseModel], path: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        word = path + (field.alias or name)
        if name in _OPENS:
            yield word
        for below in _models_in(field.annotation):
            yield from _settings(below, f"{word}.")


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - any annotation
    if get_origin(annotation) in {tuple, UnionType}:
        for each in get_args(annotation):
            yield from _models_in(each)
    elif (
        isinstance(annotation, type)
        and get_origin(annotation) is None
        and issubclass(annotation, BaseModel)
    ):
        yield annotation


def _default(model: type[BaseModel], path: str) -> object:
    name, _, rest = path.partition(".")
    field = model.model_fields[name]
    (below,) = _models_in(field.annotation) if rest else (None,)
    return field.default if below is None else _default(below, rest)


def _libpqs_port() -> int:
    (port,) = (each.compiled for each in Conninfo.get_defaults() if each.keyword == b"port")
    assert port is not None
    return int(port)


PORTS = {
    "http.port": _default(Config, "http.port"),
    "server.port": _default(NetworkConfig, "server.port"),
    "pages.port": _default(NetworkConfig, "server.port"),  # None: the server's
    "store.url": _libpqs_port(),
    "table.url": _libpqs_port(),
    "sftp.port": _default(ConnectorSpec, "sftp.port"),
    "amqp.port": _default(ConnectorSpec, "amqp.port"),
    "bridge.url": _HTTPS,
    "webhook.url": _HTTPS,
    "http.list.url": _HTTPS,
    "http.deliver.url": _HTTPS,
    "s3.endpoint": _HTTPS,
    "persons.code_webhook.url": _HTTPS,
}


@pytest.mark.parametrize("language", ["", ".zh-CN"], ids=["english", "chinese"])
def test_the_ports_of_the_firewall_table_are_the_programs_defaults(language: str) -> None:
    seen = set()
    for row in _rows(_page("network", language)):
        if len(row) != 8:
            continue
        for setting in re.findall(r"`([a-z0-9_.]+)`", row[3]):
            if setting in PORTS:
                seen.add(setting)
                assert f"{PORTS[setting]}/tcp" in row[2], row
    assert seen == set(PORTS)


def test_the_pages_listen_where_the_server_does_unless_something_else_is_said() -> None:
    assert _default(NetworkConfig, "pages.port") is None


@pytest.mark.parametrize("language", ["", ".zh-CN"], ids=["english", "chinese"])
def test_no_setting_that_opens_a_connection_is_missing(language: str) -> None:
    page = _page("network", language)
    settings = {
        *_settings(Config),
        *_settings(NetworkConfig),
        *_settings(ConnectorSpec),
        *(f"webhook.{name}" for name in _settings(WebhookSpec)),
    }
    assert {"http.port", "bridge.proxy", "sftp.host", "webhook.url"} <= settings
    assert {each for each in settings if f"`{each}`" not in page} == set()


def test_the_proxy_and_the_sockets_are_those_of_the_example() -> None:
    text = read("config.example.yaml")
    page = _page("network")
    proxy = re.search(r"#proxy: http://[^:]+:(\d+)", text)
    assert proxy is not None
    assert f"{proxy[1]}/tcp | `bridge.proxy`" in page
    for key in ("socket", "unseal_socket"):
        found = re.search(rf"#{key}: (\S+)", text)
        assert found is not None
        assert f"`{found[1]}`" in page


@pytest.mark.parametrize("language", ["", ".zh-CN"], ids=["english", "chinese"])
def test_each_claim_of_the_threat_model_names_what_shows_it(language: str) -> None:
    rows = [row for row in _rows(_page("threat-model", language)) if len(row) == 4]
    assert len(rows) > 35
    open_ = []
    for who, can, cannot, shown in rows:
        paths = re.findall(r"`([a-z][\w./-]+/[\w./-]+)`", shown)
        assert all((ROOT / path).exists() for path in paths), shown
        if not paths and cannot not in {"", "无"} and "audit.md" not in shown:
            open_.append(who)
        assert can
    # What nothing shows: who has a backup of an HSM's installation has no HSM.
    assert len(open_) <= 1


def _reckoned(documents: int) -> list[str]:
    """The row of sizing.md for so many documents a day: eight hours, 40 kB, 250 days."""
    peak = capacity.peak_per_second(documents, hours=8)
    cores = max(2, 2 * math.ceil(peak / capacity.bearable_per_second(2, nodes=1)))
    signatures = peak + 1
    sessions = max(4, math.ceil(signatures * 0.005 / capacity.HEADROOM))
    year = documents * 250
    disk = capacity.disk_bytes(year, mean_bytes=40_000)
    database = year * capacity.DATABASE_BYTES
    return [
        f"{documents:,}",
        f"{peak:,.1f}",
        f"{cores}",
        f"{signatures:,.1f}",
        f"{sessions}",
        f"{disk / 1e9:,.1f}",
        f"{database / 1e9:,.1f}",
    ]


@pytest.mark.parametrize("language", ["", ".zh-CN"], ids=["english", "chinese"])
def test_the_worked_examples_of_sizing_are_reckoned_right(language: str) -> None:
    rows = [row for row in _rows(_page("sizing", language)) if len(row) == 7]
    assert rows == [_reckoned(10**power) for power in range(3, 8)]


@pytest.mark.parametrize("language", ["", ".zh-CN"], ids=["english", "chinese"])
def test_what_other_documents_cost_is_what_was_measured(language: str) -> None:
    measured = json.loads(read("bench/results/latest.json"))
    page = _page("sizing", language)
    for row, figure in (
        ("rsa2048_1_page", "gateway_per_s"),
        ("rsa2048_1_page", "gateway_keyword_per_s"),
        ("p256_1_page", "gateway_per_s"),
        ("pages200", "gateway_per_s"),
        ("mb5", "gateway_per_s"),
    ):
        per_core = measured[row][figure] / measured["machine"]["cores"]
        assert f"| `{row}`, `{figure}` | {per_core:,.0f} |" in page


@pytest.mark.parametrize("language", ["", ".zh-CN"], ids=["english", "chinese"])
def test_the_index_lists_every_question_and_leads_to_the_pages(language: str) -> None:
    page = _page("README", language)
    for number, key in enumerate(Answers.model_fields, 1):
        assert f"| {number} `{key}` |" in page
    for name in {*_PAGES, "install", "hardening", "deploy-test"} - {"README"}:
        assert f"({name}{language}.md)" in page


@pytest.mark.parametrize("name", _PAGES)
def test_both_languages_say_the_same(name: str) -> None:
    english, chinese = _page(name), _page(name, ".zh-CN")
    assert [level for level, _ in headings(english)] == [level for level, _ in headings(chinese)]
    assert languages(english) == languages(chinese)
    for language in ("", "sh", "text", "yaml"):
        assert blocks(english, language) == blocks(chinese, language)
    assert [len(row) for row in _rows(english)] == [len(row) for row in _rows(chinese)]
    for (title, words), (_, other) in zip(sections(english), sections(chinese), strict=True):
        assert words ^ other == set(), title


def test_the_example_of_answers_is_yaml_that_others_read_too() -> None:
    answers = yaml.safe_load(Path(ROOT / "onboarding.example.yaml").read_text(encoding="utf-8"))
    assert list(answers) == list(Answers.model_fields)
