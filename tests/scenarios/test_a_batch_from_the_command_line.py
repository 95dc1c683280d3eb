"""A warehouse's day: a ZIP from Windows with a manifest from Excel in, and results out."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.app import app
from tests.hostile.archives import Entry, archive, named
from tests.running_gateway import RECEIPT, RunningGateway

pytestmark = pytest.mark.timeout(300)  # on a machine that may have other things to do


def of(
    gateway: RunningGateway, command: str, *words: str | Path, code: int = 0, beside: bool = False
) -> str:
    """The command, in this process: a new one each time would take longer than all it does."""
    told = CliRunner().invoke(
        app,
        [
            *("batch", command, *map(str, words), "--url", gateway.url),
            *("--key", f"tms-2026={gateway.trial.client_key}"),
        ],
    )
    assert told.exit_code == code, told.output
    return told.stderr if beside else told.stdout


def newest(gateway: RunningGateway) -> str:
    batches = json.loads(of(gateway, "status", "--json"))["batches"]
    return str(batches[0]["id"])


def test_what_a_warehouse_sends_is_sealed_or_told_why_not(
    shared_gateway: RunningGateway, tmp_path: Path
) -> None:
    # Names and manifest in GBK, as old programs on Chinese Windows write them; a number that keeps
    # its zeros; a file that is not there, one that no row names, one that is broken, one that would
    # lead out of the folder.
    manifest = (
        "文件名,单号,应收金额\r\n"
        '回单一.pdf,"=""00123""",128000\r\n'
        '回单二.pdf,运单-2,"1,280.00"\r\n'
        "没有.pdf,运单-3,100\r\n"
        "坏.pdf,运单-4,100\r\n"
    ).encode("gbk")
    (tmp_path / "today.zip").write_bytes(
        archive(
            Entry(name="回单一.pdf".encode("gbk"), content=RECEIPT),
            Entry(name="回单二.pdf".encode("gbk"), content=RECEIPT),
            Entry(name="坏.pdf".encode("gbk"), content=RECEIPT[: len(RECEIPT) // 2]),
            Entry(name="多余.pdf".encode("gbk"), content=RECEIPT),
            Entry(name=b"../../evil.pdf", content=RECEIPT),
            Entry(name=b"manifest.csv", content=manifest),
        )
    )
    submission = (
        *(tmp_path / "today.zip", "--seal", "receipt-east", "--type", "logistics-receipt"),
        *("--column", "应收金额=attributes.amount_cents"),
    )
    told = of(shared_gateway, "submit", *submission, code=1)
    assert "finished" in told
    assert "1 sealed, 5 failed" in told
    batch = newest(shared_gateway)

    shown = of(shared_gateway, "results", batch, "--format", "csv", code=1)
    found = {row["name"]: row for row in csv.DictReader(io.StringIO(shown))}
    assert {name: row["problem"] for name, row in found.items()} == {
        "回单一.pdf": "",
        "回单二.pdf": "item-attributes",
        "没有.pdf": "manifest-file-missing",
        "坏.pdf": "document-truncated",
        "多余.pdf": "manifest-file-unnamed",
        "../../evil.pdf": "archive-member-name",
    }
    assert found["回单一.pdf"]["businessNumber"] == "00123"
    assert "1,280.00" in found["回单二.pdf"]["detail"]
    assert all(row["cure"] for row in found.values() if row["problem"])

    # One failure of each kind is told at the end, and where the others are.
    end = of(shared_gateway, "watch", batch, code=1, beside=True)
    assert "坏.pdf: The end of the document is missing" in end
    assert f"sealgate batch results {batch} --state failed" in end

    # The same command again is the same batch, and nothing is sealed twice.
    again = of(shared_gateway, "submit", *submission, code=1)
    assert re.match(batch, again)
    assert newest(shared_gateway) == batch


def test_sealed_documents_are_fetched_once_and_overwrite_nothing(
    shared_gateway: RunningGateway, tmp_path: Path
) -> None:
    folder, out = tmp_path / "receipts", tmp_path / "sealed"
    folder.mkdir()
    for number in range(3):
        (folder / f"F-{number}.pdf").write_bytes(RECEIPT)
    asked = ("--seal", "receipt-east", "--type", "logistics-receipt", "-a", "amount_cents=1000")
    of(shared_gateway, "submit", folder, *asked)
    batch = newest(shared_gateway)
    out.mkdir()
    (out / "F-1.pdf").write_bytes(b"mine")
    of(shared_gateway, "results", batch, "-o", out, code=1)
    assert (out / "F-1.pdf").read_bytes() == b"mine"
    (out / "F-1.pdf").unlink()
    of(shared_gateway, "results", batch, "-o", out)
    for number in range(3):
        assert (out / f"F-{number}.pdf").read_bytes().startswith(RECEIPT)
    assert len(list(out.glob("receipt-*.p7m"))) == 1
    judged = shared_gateway.run("verify", str(out / "F-2.pdf"))
    assert judged.returncode == 0, judged.stdout

    # In another batch the same receipts are those that are there.
    told = of(shared_gateway, "submit", folder, *asked, "--priority", "1")
    assert "3 repeated" in told


def test_a_batch_is_paused_resumed_and_cancelled(
    shared_gateway: RunningGateway, tmp_path: Path
) -> None:
    (tmp_path / "many.zip").write_bytes(
        archive(*(named(f"P-{number}.pdf", content=RECEIPT, method=0) for number in range(60)))
    )
    asked = ("--seal", "receipt-east", "--type", "logistics-receipt", "-a", "amount_cents=1000")
    of(shared_gateway, "submit", tmp_path / "many.zip", *asked, "--no-watch")
    batch = newest(shared_gateway)
    assert "paused" in of(shared_gateway, "pause", batch)
    of(shared_gateway, "pause", batch, code=1)
    assert "open" in of(shared_gateway, "resume", batch)
    assert "60 sealed" in of(shared_gateway, "watch", batch)
    of(shared_gateway, "cancel", batch, code=1)
    of(shared_gateway, "status", "0193", code=1)


def test_all_or_nothing_seals_nothing_where_one_is_broken(
    shared_gateway: RunningGateway, tmp_path: Path
) -> None:
    (tmp_path / "A-1.pdf").write_bytes(RECEIPT)
    (tmp_path / "A-2.pdf").write_bytes(b"no PDF")
    asked = ("--seal", "receipt-east", "--type", "logistics-receipt", "-a", "amount_cents=1000")
    of(shared_gateway, "submit", tmp_path, *asked, "--all-or-nothing", code=1)
    batch = newest(shared_gateway)
    shown = of(shared_gateway, "results", batch, "--format", "jsonl", code=1)
    problems = [json.loads(line)["problem"]["type"] for line in shown.splitlines()]
    assert problems == [
        "urn:sealgate:problem:batch-refused",
        "urn:sealgate:problem:document-not-pdf",
    ]
    assert (
        of(shared_gateway, "results", batch, "--format", "jsonl", "--state", "sealed", code=1) == ""
    )
    # As nothing has changed, a retry ends as it did before.
    of(shared_gateway, "retry", batch)
    assert "2 failed" in of(shared_gateway, "watch", batch, code=1)
