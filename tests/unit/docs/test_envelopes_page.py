"""The descriptions of the guide are ones that can be sent, and its options are taken as written."""

import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.app import app
from gateway.cli.envelope import description
from tests.unit.docs.markdown import blocks, read

PDF = b"%PDF-1.7 a contract"


@pytest.mark.parametrize("number", [0, 1])
def test_the_descriptions_of_the_guide_can_be_sent(tmp_path: Path, number: int) -> None:
    text = blocks(read("docs/envelopes.md"), "yaml")[number]
    described = tmp_path / "a.envelope.yaml"
    described.write_text(text, encoding="utf-8")
    for name in ("采购合同.pdf", "签收单.pdf"):
        (tmp_path / name).write_bytes(PDF)
    request, files = description.read(described)
    assert request["parties"]
    assert [content for _, content in files] == [PDF]


def test_the_commands_that_describe_an_envelope_do_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = "".join(blocks(read("docs/envelopes.md"), "text")).splitlines()
    creating = [line for line in lines if line.startswith("sealgate envelope create")]
    assert len(creating) == 2
    for line in creating:
        words = shlex.split(line)
        Path(words[3]).write_bytes(PDF)
        told = CliRunner().invoke(app, words[1:])
        assert told.exit_code == 0, told.stderr
        assert Path(words[3]).with_suffix(".envelope.yaml").exists()
