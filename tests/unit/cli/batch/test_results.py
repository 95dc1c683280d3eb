"""Results as tables for people and programs."""

import csv
import io
import json

from rich.console import Console

from gateway.batches.reading import Defaults, read_manifest
from gateway.batches.reading.rows import Row
from gateway.cli.batch.model import Item, Problem
from gateway.cli.batch.results import as_csv, as_jsonl, table

SEALED = Item(
    number=1,
    name="华东/00123.pdf",
    state="sealed",
    business_number="00123",
    document_type="logistics-receipt",
    seal="receipt-east",
    document="0193",
    output_digest="ab" * 32,
)
FAILED = Item(
    number=2,
    name="=cmd|'/c calc'!A1.pdf",
    state="failed",
    business_number="350000000000000123",
    problem=Problem(
        type="urn:sealgate:problem:document-not-pdf",
        title="The document is not a PDF file",
        detail="it begins with \x1b[2J",
        owner="caller",
        cure="Send the PDF itself.",
    ),
)


def test_every_item_has_a_row_with_its_document_or_what_to_do() -> None:
    first, second = csv.DictReader(io.StringIO(as_csv([SEALED, FAILED], excel=False)))
    assert (first["businessNumber"], first["document"], first["problem"]) == ("00123", "0193", "")
    assert (second["state"], second["problem"]) == ("failed", "document-not-pdf")
    assert (second["owner"], second["cure"]) == ("caller", "Send the PDF itself.")


def test_excel_keeps_numbers_and_runs_nothing() -> None:
    first, second = csv.DictReader(io.StringIO(as_csv([SEALED, FAILED], excel=True)))
    assert first["businessNumber"] == '="00123"'
    assert second["businessNumber"] == '="350000000000000123"'
    assert second["name"] == "=\"=cmd|'/c calc'!A1.pdf\""
    assert first["name"] == "华东/00123.pdf"


def test_what_is_written_for_excel_can_be_a_manifest_again() -> None:
    columns = csv.DictReader(io.StringIO(as_csv([SEALED], excel=True)))
    rows = [f"file,businessNumber\n{each['name']},{each['businessNumber']}\n" for each in columns]
    (row,) = read_manifest(rows[0].encode(), "csv", defaults=Defaults(seal="s", document_type="t"))
    assert isinstance(row, Row)
    assert row.request.business_number == "00123"


def test_lines_of_json_are_as_the_api_gives_items() -> None:
    first, second = map(json.loads, as_jsonl([SEALED, FAILED]))
    assert first["outputDigest"] == "ab" * 32
    assert second["problem"]["type"] == "urn:sealgate:problem:document-not-pdf"


def test_the_table_obeys_no_escape_sequence() -> None:
    console = Console(file=io.StringIO(), width=200)
    console.print(table([SEALED, FAILED]))
    told = console.file.getvalue()  # type: ignore[attr-defined] # it is the StringIO above
    assert "\x1b" not in told
    assert "Send the PDF itself." in told
