"""Mistakes in network.yaml are told with their key, all of them at once."""

from pathlib import Path

import pytest

from cloud_bridge.network.config import ConfigError, load_config

_GOOD = """
name: Our network
state_directory: state
keys: {network: keys/network.pem, client_ca: keys/client-ca.pem, persons_ca: keys/persons-ca.pem}
"""


def _written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "network.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_relative_paths_are_meant_from_the_folder_of_the_file(tmp_path: Path) -> None:
    config = load_config(_written(tmp_path, _GOOD))
    assert config.state_directory == tmp_path / "state"
    assert config.keys.network == tmp_path / "keys" / "network.pem"
    assert config.contents == tmp_path / "state" / "contents"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("sever: {port: 1}", "sever: there is no such key"),
        ("server: {port: 70000}", "server.port: "),
        ("server: {host: 0.0.0.0}", "server.tls is missing"),
        ("pages: {host: 0.0.0.0, port: 8491}", "persons would sign in the clear"),
        ("store: {url: 'postgresql://db/network'}", "contents_directory is missing"),
        ("store: {url: 'mysql://db/network'}", "store.url: "),
        ("name: twice", "a key comes twice"),
        ("limits: [", "no YAML as it should be"),
    ],
)
def test_a_mistake_is_told_with_its_key(more: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"network\.yaml") as refused:
        load_config(_written(tmp_path, f"{_GOOD}{more}\n"))
    assert told in str(refused.value)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load_config(_written(tmp_path, "name: ''\nport: 1\n"))
    told = str(refused.value)
    assert all(key in told for key in ("name: ", "port: ", "state_directory: is missing", "keys: "))
