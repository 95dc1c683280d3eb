"""A new signer gets the keys that config.yaml names when it is started."""

from pathlib import Path

from gateway.config import load_config
from gateway.wiring.machine.launching import with_present_keys
from tests.unit.docs.markdown import ROOT


def test_keys_are_those_of_now_and_all_else_stays_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    text = (ROOT / "config.example.yaml").read_text(encoding="utf-8")
    file.write_text(text, encoding="utf-8")
    before = load_config(file).hsm
    mark = "    - id: audit-log\n"
    assert mark in text
    added = "    - {id: new, label: new, mechanism: ecdsa-p256-sha256}\n"
    changed = text.replace(mark, added + mark).replace("module: /", "module: /elsewhere/")
    file.write_text(changed, encoding="utf-8")
    now = with_present_keys(before, file)
    assert [each.id for each in now.keys] == ["receipt-east", "new", "audit-log"]
    assert now.module == before.module
    file.write_text(changed + "nonsense: [\n", encoding="utf-8")
    assert with_present_keys(before, file) == before
    file.unlink()
    assert with_present_keys(before, file) == before


def test_a_retired_key_is_given_to_no_signer(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    text = (ROOT / "config.example.yaml").read_text(encoding="utf-8")
    assert "      #retired: false\n" in text
    file.write_text(text.replace("      #retired: false\n", "      retired: true\n"), "utf-8")
    hsm = load_config(file).hsm
    assert [each.id for each in hsm.keys] == ["receipt-east", "audit-log"]
    assert [each.id for each in hsm.in_use.keys] == ["audit-log"]
