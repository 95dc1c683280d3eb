"""Manifests as people and programs write them: what a row says, and what is told of a wrong one."""

import codecs
import json
from typing import Any

import pytest

from gateway.batches.model import ItemRequest, NewItem, RefusedItem
from gateway.batches.reading import Defaults, Limits, ManifestForm, joined, read_manifest
from gateway.batches.reading.errors import ArchiveTooLargeProblem, ManifestUnreadableProblem
from gateway.batches.reading.rows import RefusedRow, Row
from policies.model import BesideKeyword, OnPage

DEFAULTS = Defaults(seal="receipt-east", document_type="logistics-receipt")
HEADER = "file,businessNumber,attributes.consignee\n"


def rows(
    text: str | bytes,
    form: ManifestForm = "csv",
    **changes: Any,  # noqa: ANN401 - of read_manifest
) -> tuple[Row | RefusedRow, ...]:
    data = text.encode() if isinstance(text, str) else text
    return read_manifest(data, form, **{"defaults": DEFAULTS, **changes})


def request(
    text: str | bytes,
    form: ManifestForm = "csv",
    **changes: Any,  # noqa: ANN401 - of read_manifest
) -> ItemRequest:
    (row,) = rows(text, form, **changes)
    assert isinstance(row, Row), row
    return row.request


def detail(
    text: str | bytes,
    form: ManifestForm = "csv",
    **changes: Any,  # noqa: ANN401 - of read_manifest
) -> str:
    (row,) = rows(text, form, **changes)
    assert isinstance(row, RefusedRow), row
    return row.item.problem.detail


def test_a_row_says_what_is_asked_and_the_rest_is_as_for_the_batch() -> None:
    asked = request(
        "file,business_number,Document Type,seal,further,requestedBy,attributes.amount_cents,"
        "placement.keyword,placement.dxMillimetres\n"
        "a.pdf,WB-1,contract,official-east,legal-east finance-east,li-na,5,收货单位,2.5\n"
    )
    assert asked == ItemRequest(
        name="a.pdf",
        seal="official-east",
        document_type="contract",
        business_number="WB-1",
        attributes={"amount_cents": "5"},
        placement=BesideKeyword(keyword="收货单位", dx_mm=2.5),
        further=("legal-east", "finance-east"),
        requested_by="li-na",
    )
    assert request("文件名\na/WB-7.pdf\n") == ItemRequest(
        name="a/WB-7.pdf",
        seal="receipt-east",
        document_type="logistics-receipt",
        business_number="WB-7",
    )


def test_a_json_line_says_the_same_with_its_own_types() -> None:
    line = {
        "file": "a.pdf",
        "business_number": "WB-1",
        "attributes": {"amount_cents": 5, "paid": True, "consignee": "华东"},
        "placement": {"page": "last", "leftMillimetres": 10, "topMillimetres": 20.5},
        "further": [{"seal": "legal-east"}],
    }
    asked = request(json.dumps(line), "jsonl")
    assert asked.attributes == {"amount_cents": 5, "paid": True, "consignee": "华东"}
    assert asked.placement == OnPage(page="last", left_mm=10, top_mm=20.5)
    assert asked.further == ("legal-east",)


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (b"", "gbk"),
        (b"", "gb18030"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
    ],
)
def test_every_encoding_that_is_met_is_read(mark: bytes, encoding: str) -> None:
    asked = request(mark + f"{HEADER}回单一.pdf,单-1,华东物流有限公司\n".encode(encoding))
    assert asked.name == "回单一.pdf"
    assert asked.attributes == {"consignee": "华东物流有限公司"}


def test_utf_8_that_is_damaged_is_not_taken_for_something_else() -> None:
    good = f"{HEADER}a.pdf,WB-1,华东物流有限公司\nb.pdf,WB-2,华东物流有限公司\n".encode()
    place = good.rindex("有".encode())
    # As GB18030 this would be other characters, without any error.
    broken = good[: place + 1] + good[place + 3 :]
    with pytest.raises(ManifestUnreadableProblem, match=r"line 3 is not valid UTF-8"):
        rows(broken)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_separator_is_the_one_with_which_the_header_makes_sense(separator: str) -> None:
    header = separator.join(["file", "businessNumber", "attributes.note"])
    row = separator.join(['"a.pdf"', "WB-1", '"one; two, ""three""\nand\tfour"'])
    assert request(f"{header}\r\n{row}\r\n").attributes == {"note": 'one; two, "three"\nand\tfour'}


def test_excels_ways_are_known() -> None:
    asked = request('sep=;\r\nfile;businessNumber;\r\n"a.pdf";"=""00123""";\r\n;;\r\n')
    assert asked.business_number == "00123"
    assert "rounded by a spreadsheet" in detail(f"{HEADER}a.pdf,1.23457E+14,\n")


def test_a_mark_that_ends_lines_elsewhere_may_stand_in_a_cell() -> None:
    assert request(f"{HEADER}a.pdf,WB-1,one\u2028two\x85three\n").attributes == {
        "consignee": "one\u2028two\x85three"
    }


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("file,busnessNumber\n", "`busnessNumber` is unknown; did you mean `businessNumber`?"),
        ("file,weight\n", "`weight` is unknown; known are file, businessNumber"),
        ("businessNumber\n", "no column `file`"),
        ("file,文件\n", "two columns are for `file`"),
        ("file,attributes\n", "write attributes.NAME"),
        ("", "no column `file`"),
    ],
)
def test_a_wrong_header_is_told_for_the_whole_manifest(header: str, told: str) -> None:
    with pytest.raises(ManifestUnreadableProblem) as refused:
        rows(f"{header}a.pdf,1\n" if header else "")
    assert told in refused.value.detail


def test_columns_of_other_systems_are_mapped_or_left_out() -> None:
    asked = request(
        "运单号,附件,收货人,weight\nWB-1,a.pdf,华东,12\n",
        mapping={
            "运单号": "businessNumber",
            "附件": "file",
            "收货人": "attributes.consignee",
            "weight": "",
        },
    )
    assert (asked.name, asked.business_number) == ("a.pdf", "WB-1")
    assert asked.attributes == {"consignee": "华东"}


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("a.pdf,WB-1", "line 3: it has 2 cells, the header has 3"),
        ("a.pdf,WB-1,x,y", "line 3: it has 4 cells, the header has 3"),
        (",WB-1,x", "line 3: the column `file` is empty"),
        (f"a.pdf,{'1' * 201},x", "line 3: businessNumber: String should have at most 200"),
        ('"a".pdf,WB-1,x', "line 3: its quotes are wrong"),
    ],
)
def test_a_wrong_row_is_told_with_its_line_and_stops_no_other(row: str, told: str) -> None:
    first, wrong, last = rows(f"{HEADER}first.pdf,1,\n{row}\nlast.pdf,2,\n")
    assert isinstance(first, Row)
    assert isinstance(wrong, RefusedRow)
    assert isinstance(last, Row)
    assert told in wrong.item.problem.detail
    assert wrong.item.problem.type == "manifest-row-malformed"


def test_a_quote_that_never_closes_says_where_it_opened() -> None:
    first, wrong = rows(f'{HEADER}first.pdf,1,\n"a.pdf,2,\nb.pdf,3,\n')
    assert isinstance(first, Row)
    assert isinstance(wrong, RefusedRow)
    assert "line 3 (read until line 4): its quotes are wrong" in wrong.item.problem.detail


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("no json", "it is not valid JSON"),
        ('{"file": "a.pdf", "file": "b.pdf"}', "a key comes twice"),
        ('{"file": "a.pdf", "attributes": {"x": 1, "x": 2}}', "a key comes twice"),
        ('{"file": "a.pdf", "attributes": {"x": NaN}}', "NaN is no number of JSON"),
        ('["a.pdf"]', "it is no JSON object"),
        ('{"file": 7}', "file: should be a valid string"),
        ('{"file": "a.pdf", "businessNumber": 7}', "businessNumber: should be a valid string"),
        ('{"file": "a.pdf", "attributes": {"x": 1.5}}', "attributes.x: should be text, true"),
        ('{"file": "a.pdf", "attributes": {"x": 99999999999999999999}}', "attributes.x: should"),
        ('{"file": "a.pdf", "attributes": [1]}', "attributes: "),
        ('{"file": "a.pdf", "placement": {"page": 1}}', "these keys do not make one placement"),
        ('{"file": "a.pdf", "buisnessNumber": "1"}', "did you mean `businessNumber`?"),
        ('{"file": "a.pdf", "fileName": "b.pdf"}', "two keys are for `file`"),
        ('{"file": "\\ud800.pdf"}', "line 1: "),
        (f'{{"file": {"[" * 30_000}', "it is not valid JSON"),
        (f'{{"file": {"[" * 500}{"]" * 500}}}', "line 1: "),
        (f'{{"file": "{"x" * 70_000}"}}', "more than 65536 characters"),
        (f'{{"file": {"9" * 5000}}}', "it is not valid JSON"),
    ],
)
def test_a_line_that_is_wrong_says_why(line: str, told: str) -> None:
    assert told in detail(line, "jsonl")


def test_a_manifest_with_no_rows_or_too_many_is_refused_whole() -> None:
    with pytest.raises(ManifestUnreadableProblem, match="no rows"):
        rows(HEADER)
    with pytest.raises(ArchiveTooLargeProblem, match="more than 1 rows"):
        rows(f"{HEADER}a.pdf,,\nb.pdf,,\n", limits=Limits(members=1))
    with pytest.raises(ArchiveTooLargeProblem, match="bytes"):
        rows(HEADER, limits=Limits(manifest_bytes=3))
    with pytest.raises(ArchiveTooLargeProblem, match="more lines"):
        rows(HEADER + "\n" * 50, limits=Limits(members=3))


def test_rows_and_files_come_together_and_nothing_is_left_out() -> None:
    read = rows(f"{HEADER}a.pdf,1,\nb.pdf,2,\nb.pdf,3,\nSub\\C.pdf,4,\ne\u0301.pdf,5,\n")
    files = {name: (lambda: b"%PDF") for name in ("sub/c.pdf", "b.pdf", "a.pdf", "\u00e9.pdf")}
    items = list(joined(read, files))
    told = [
        (each.request.name, "") if isinstance(each, NewItem) else (each.name, each.problem.type)
        for each in items
    ]
    assert told == [
        ("a.pdf", ""),
        ("b.pdf", "manifest-file-named-twice"),
        ("b.pdf", "manifest-file-named-twice"),
        ("Sub\\C.pdf", "manifest-file-missing"),
        ("e\u0301.pdf", ""),
        ("sub/c.pdf", "manifest-file-unnamed"),
    ]
    missing = items[3]
    assert isinstance(missing, RefusedItem)
    assert "there is sub/c.pdf" in missing.problem.detail
    assert missing.business_number == "4"


def test_a_name_is_the_same_however_its_accents_are_written() -> None:
    for inside, named in (("e\u0301.pdf", "\u00e9.pdf"), ("\u00e9.pdf", "e\u0301.pdf")):
        (item,) = joined(rows(f"{HEADER}{named},1,\n"), {inside: lambda: b"%PDF"})
        assert isinstance(item, NewItem)
    both = {"e\u0301.pdf": lambda: b"%PDF", "\u00e9.pdf": lambda: b"%PDF"}
    (_, second) = joined(rows(f"{HEADER}\u00e9.pdf,1,\n"), both)
    assert isinstance(second, RefusedItem)
    assert second.problem.type == "archive-member-name-taken"
