"""Documents are dropped into a folder, and come back sealed, each once, whatever breaks."""

import csv
import io
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from pikepdf import Pdf
from typer.testing import CliRunner

from gateway.cli.app import app
from tests.batch_client import BatchClient
from tests.running_gateway import RECEIPT, RunningGateway, copy_of, until

_LISTED = """\
apiVersion: sealgate/v1
kind: Connector
metadata: {{name: wms-inbox}}
spec:
  system: tms
  pollSeconds: 0.2
  folder: {{path: {folder}, settleSeconds: 0.5}}
  mapping:
    beside: manifest
    fileColumn: 文件
    seal: receipt-east
    documentType: logistics-receipt
    businessNumber: {{column: 运单号}}
    attributes:
      amount_cents: {{column: 金额}}
"""


_BY_TEXT = """\
apiVersion: sealgate/v1
kind: Connector
metadata: {{name: by-text}}
spec:
  system: tms
  pollSeconds: 0.2
  folder: {{path: {folder}, settleSeconds: 0}}
  mapping:
    text: '运单号[:：] ?(?P<waybill>[A-Z]{{2,6}}[0-9]+)'
    seal: receipt-east
    documentType: logistics-receipt
    businessNumber: {{group: waybill}}
    attributes: {{amount_cents: "100"}}
"""


@pytest.fixture(scope="module")
def watching(
    trial_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningGateway]:
    """A gateway with three watched folders, which the tests share."""
    gateway = RunningGateway(copy_of(trial_template, tmp_path_factory.mktemp("watching") / "var"))
    for name, text in (("wms", _LISTED), ("by-text", _BY_TEXT)):
        folder = gateway.trial.directory / name
        (folder / "inbox").mkdir(parents=True)
        declared = gateway.trial.connectors / f"{name}.yaml"
        declared.write_text(text.format(folder=folder), encoding="utf-8")
    systems = gateway.trial.policies / "systems.yaml"
    text = systems.read_text()
    assert "connectors: [folder]" in text
    systems.write_text(
        text.replace("connectors: [folder]", "connectors: [folder, wms-inbox, by-text]")
    )
    gateway.start()
    yield gateway
    if gateway.process is not None and gateway.process.poll() is None:
        gateway.stop()


def _blank() -> bytes:
    out = io.BytesIO()
    with Pdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(out)
    return out.getvalue()


BLANK = _blank()


def drop(inbox: Path, name: str, content: bytes = RECEIPT) -> None:
    """As good senders do: written under another name, then renamed."""
    begun = inbox / f"{name}.part"
    begun.write_bytes(content)
    begun.rename(inbox / name)


def results_in(folder: Path) -> dict[str, dict[str, object]]:
    return {
        path.name.removesuffix(".result.json"): json.loads(path.read_text("utf-8"))
        for place in ("done", "failed")
        for path in (folder / place).glob("*.result.json")
    }


async def test_a_file_that_is_dropped_comes_back_sealed_with_its_result(
    watching: RunningGateway,
) -> None:
    folder = watching.trial.folder
    (folder / "inbox" / "WB-9_1.pdf.tmp").write_bytes(RECEIPT[:500])
    drop(folder / "inbox", "WB-7_12800.pdf")
    drop(folder / "inbox", "回单.pdf")
    drop(folder / "inbox", "WB-8_100.pdf", b"this is no PDF")
    await until(lambda: len(results_in(folder)) == 3)  # of this module's tests, it is the first
    results = results_in(folder)
    assert results["WB-7_12800.pdf"]["state"] == "sealed"
    sealed = (folder / "done" / "WB-7_12800.pdf").read_bytes()
    assert sealed.startswith(RECEIPT)
    with Pdf.open(io.BytesIO(sealed)) as pdf:
        assert "/AcroForm" in pdf.Root
    for name, problem in (("回单.pdf", "feed-name"), ("WB-8_100.pdf", "document-not-pdf")):
        told = results[name]["problem"]
        assert isinstance(told, dict)
        assert told["type"] == problem, told
        assert told["cure"]
        await until((folder / "failed" / name).exists)  # it follows its result
    await until(lambda: sorted((folder / "done").glob("*.results.csv")))
    assert [path.name for path in (folder / "inbox").iterdir()] == ["WB-9_1.pdf.tmp"]


async def test_the_number_is_read_from_the_documents_own_text(watching: RunningGateway) -> None:
    folder = watching.trial.directory / "by-text"
    drop(folder / "inbox", "scan-1.pdf")
    drop(folder / "inbox", "scan-2.pdf", BLANK)
    await until(lambda: len(results_in(folder)) == 2)
    results = results_in(folder)
    assert results["scan-1.pdf"]["businessNumber"] == "BHSD26030300001"
    assert results["scan-1.pdf"]["state"] == "sealed"
    problem = results["scan-2.pdf"]["problem"]
    assert isinstance(problem, dict)
    assert problem["type"] == "feed-text"


async def test_a_manifest_names_files_that_lie_ready_at_a_connector(
    watching: RunningGateway,
) -> None:
    stock = watching.trial.directory / "by-text" / "stock"
    (stock / "十一月").mkdir(parents=True)
    (stock / "十一月" / "a.pdf").write_bytes(RECEIPT)
    (stock / "elsewhere.pdf").symlink_to("/etc/hostname")
    manifest = (
        "file,businessNumber\n十一月/a.pdf,STOCK-1\nmissing.pdf,STOCK-2\n"
        "../taken/a.pdf,STOCK-3\nelsewhere.pdf,STOCK-4\n"
    )
    client = BatchClient(watching)
    part = ("manifest", "manifest.csv", manifest.encode())
    submitted = await client.submit(part, filesFrom="by-text")
    assert submitted.status == 202, submitted.body
    batch = str(submitted.json["id"])
    await client.ended(batch)
    items = (await client.get(f"/v1/batches/{batch}/items")).json["items"]
    problems = {
        item["businessNumber"]: (item["problem"] or {"type": ""})["type"].rpartition(":")[2]
        for item in items
    }
    assert problems == {
        "STOCK-1": "",
        "STOCK-2": "manifest-file-missing",
        "STOCK-3": "archive-member-name",
        "STOCK-4": "manifest-file-missing",
    }
    assert (stock / "十一月" / "a.pdf").read_bytes() == RECEIPT  # it stays where it is
    again = await client.submit(part, filesFrom="nowhere")
    assert (again.status, again.json["type"].rpartition(":")[2]) == (422, "files-from-unknown")


def test_the_command_line_sends_the_manifest_alone(
    watching: RunningGateway, tmp_path: Path
) -> None:
    stock = watching.trial.directory / "by-text" / "stock"
    stock.mkdir(exist_ok=True)
    (stock / "b.pdf").write_bytes(RECEIPT)
    (tmp_path / "today.csv").write_text("file,businessNumber\nb.pdf,STOCK-5\n")
    words = ("batch", "submit", "--manifest", str(tmp_path / "today.csv"), "--url", watching.url)
    asked = ("--seal", "receipt-east", "--type", "logistics-receipt", "-a", "amount_cents=100")
    key = ("--key", f"tms-2026={watching.trial.client_key}")
    told = CliRunner().invoke(app, [*words, "--files-from", "by-text", *asked, *key])
    assert told.exit_code == 0, told.output
    assert "1 documents: 1 sealed" in told.output
    alone = CliRunner().invoke(app, [*words[:2], "--files-from", "by-text", *key])
    assert alone.exit_code == 2
    assert "--manifest" in alone.stderr


async def test_a_share_that_goes_away_is_waited_for(watching: RunningGateway) -> None:
    folder = watching.trial.folder
    shutil.move(folder / "inbox", folder / "unmounted")
    away = watching.wait_for_log("feed_away")
    assert "See whether the share is mounted" in away["error"]
    shutil.move(folder / "unmounted", folder / "inbox")
    watching.wait_for_log("feed_back")
    drop(folder / "inbox", "WB-1_100.pdf")
    await until(lambda: "WB-1_100.pdf" in results_in(folder))
    async with aiohttp.ClientSession() as session, session.get(f"{watching.url}/metrics") as told:
        assert 'sealgate_feed_works{connector="folder"} 1.0' in await told.text()


async def test_a_connector_that_the_officers_do_not_know_is_not_taken_from(
    watching: RunningGateway,
) -> None:
    systems = watching.trial.policies / "systems.yaml"
    systems.write_text(
        systems.read_text().replace("[folder, wms-inbox, by-text]", "[wms-inbox, by-text]")
    )
    refused = watching.wait_for_log("feed_refused")
    assert "add `folder` to `connectors:` in its policy file" in refused["error"]
    checked = watching.run("connectors", "check")
    assert checked.returncode == 1
    assert "refused: the officers do not let the connector folder speak" in checked.stdout
    systems.write_text(
        systems.read_text().replace("[wms-inbox, by-text]", "[folder, wms-inbox, by-text]")
    )
    watching.wait_for_log("feed_agreed")


async def test_a_connector_can_be_tried_before_anything_is_sealed(
    watching: RunningGateway, tmp_path: Path
) -> None:
    folder = tmp_path / "erp"
    (folder / "inbox").mkdir(parents=True)
    declared = watching.trial.connectors / "wms.yaml"
    text = declared.read_text(encoding="utf-8").split("  mapping:")[0]
    added = text.replace("wms-inbox", "erp").replace(
        str(watching.trial.directory / "wms"), str(folder)
    )
    mapping = (watching.trial.connectors / "folder.yaml").read_text("utf-8").split("  mapping:")[1]
    (watching.trial.connectors / "erp.yaml").write_text(f"{added}  mapping:{mapping}", "utf-8")
    drop(folder / "inbox", "WB-5_500.pdf")
    drop(folder / "inbox", "wrong.pdf")

    tried = watching.run("connectors", "test", "erp")
    assert tried.returncode == 1
    assert "erp can be reached" in tried.stdout
    assert "refused: the officers do not let the connector erp speak" in tried.stdout
    assert "WB-5, logistics-receipt, seal receipt-east, amount_cents=500" in tried.stdout
    assert "wrong.pdf: feed-name: `wrong.pdf` is not of the form" in tried.stdout
    (watching.trial.connectors / "erp.yaml").unlink()


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def drop_fifty(folder: Path) -> None:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["文件", "运单号", "金额", "备注"])
    for number in range(50):
        drop(folder / "inbox", f"回单{number}.pdf")
        writer.writerow([f"回单{number}.pdf", f"LIST-{number}", 100 + number, "签收"])
    writer.writerow(["没有.pdf", "LIST-X", 1, ""])
    drop(folder / "inbox", "清单.csv", out.getvalue().encode("gbk"))


async def test_fifty_documents_with_a_list_in_gbk_survive_kill_9_and_are_sealed_once(
    watching: RunningGateway,
) -> None:
    folder = watching.trial.directory / "wms"
    (folder / "inbox" / "half.pdf.part").write_bytes(RECEIPT[:100])
    drop_fifty(folder)
    await until(lambda: len(results_in(folder)) >= 5)
    watching.kill_gateway()
    watching.start()
    await until((folder / "done" / "清单.results.csv").exists, seconds=60)

    results = results_in(folder)
    assert len(results) == 51
    states = Counter(str(result["state"]) for result in results.values())
    assert states == {"sealed": 50, "failed": 1}
    assert (
        len({result["documentId"] for result in results.values() if "documentId" in result}) == 50
    )
    for number in range(50):
        assert (folder / "done" / f"回单{number}.pdf").read_bytes().startswith(RECEIPT)
    table = (folder / "done" / "清单.results.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert Counter(row["state"] for row in rows) == {"sealed": 50, "failed": 1}
    assert rows[-1]["problem"] == "manifest-file-missing"
    # What is left is what is still being written.
    assert [path.name for path in (folder / "inbox").iterdir()] == ["half.pdf.part"]
    # The list itself goes last.
    await until(lambda: not files_below(folder / "taken") + files_below(folder / "accepted"))
    shown = watching.run("audit", "show", "--json", "-n", "1000").stdout
    records = [json.loads(line) for line in shown.splitlines()]
    outcomes = [each for each in records if each["kind"] == "outcome"]
    released = [each for each in outcomes if each["result"] == "sealed"]
    assert len({each["document"] for each in released}) == len(released) >= 50
