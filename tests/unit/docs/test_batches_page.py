"""What the page on batches tells to run, run against a gateway."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.batches.reading import Defaults, read_manifest
from gateway.batches.reading.rows import Row
from tests.running_gateway import RECEIPT, RunningGateway
from tests.unit.docs.markdown import ROOT, blocks, read

PAGE = "docs/batches.md"


@pytest.mark.timeout(300)  # several commands, on a machine that may have other things to do
def test_the_commands_of_the_page_do_what_it_says(shared_gateway: RunningGateway) -> None:
    here = shared_gateway.trial.config_file.parent.parent
    config = shared_gateway.trial.config_file
    # The gateway of the page listens at the configured port; this one took a free one.
    port = shared_gateway.url.rpartition(":")[2]
    config.write_text(re.sub(r"port: \d+", f"port: {port}", config.read_text()))
    (here / "examples").symlink_to(ROOT / "examples")
    told = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "".join(blocks(read(PAGE), "sh"))],
        cwd=here,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stdout.count("2 documents: 2 sealed") == 2, told.stdout
    assert "WB-201.pdf is on the receipt" in told.stdout
    assert {path.name for path in (here / "sealed").iterdir()} >= {
        *("WB-201.pdf", "WB-203.pdf"),
    }
    assert len(list((here / "sealed").glob("receipt-*.p7m"))) == 1


def test_the_program_of_the_page_seals(shared_gateway: RunningGateway, tmp_path: Path) -> None:
    (program,) = blocks(read(PAGE), "python")
    (tmp_path / "seal_many.py").write_text(program)
    (tmp_path / "one.pdf").write_bytes(RECEIPT)
    (tmp_path / "broken.pdf").write_bytes(b"no PDF")
    (tmp_path / "sealed").mkdir()
    told = subprocess.run(
        [
            *(sys.executable, "seal_many.py", shared_gateway.url),
            *(shared_gateway.trial.client_key, "sealed", "one.pdf", "broken.pdf"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 1, told.stdout + told.stderr
    assert "one.pdf sealed" in told.stdout
    assert "broken.pdf failed Send the PDF itself" in told.stdout
    assert (tmp_path / "sealed" / "one.pdf").read_bytes().startswith(RECEIPT)


@pytest.mark.parametrize("page", [PAGE, "docs/batches.zh-CN.md"])
def test_the_manifest_of_the_page_is_one(page: str) -> None:
    defaults = Defaults(seal="receipt-east", document_type="logistics-receipt")
    (line,) = blocks(read(page), "json")
    (row,) = read_manifest(line.encode(), "jsonl", defaults=defaults)
    assert isinstance(row, Row)
    assert row.request.attributes == {"amount_cents": 128000}


def test_the_policy_of_the_page_is_that_of_the_trial(shared_gateway: RunningGateway) -> None:
    (policy,) = blocks(read(PAGE), "yaml")
    written = "".join(
        (shared_gateway.trial.directory / "policies" / name).read_text(encoding="utf-8")
        for name in ("document-types.yaml", "receipts.yaml")
    )
    for document in policy.split("---\n"):
        assert document.strip() in written
