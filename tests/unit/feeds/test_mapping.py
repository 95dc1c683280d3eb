"""What a connector brought becomes a request by YAML alone, or a problem that says what to mend."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.model import Fetched
from gateway.batches.model import NewItem, RefusedItem
from gateway.declarations.mapping import MappingSpec
from gateway.feeds.manifests import listed_items
from gateway.feeds.mapping import Mapper
from policies.objects.documents import Attribute
from strictyaml import load

BY_NAME = """
fileName: '(?P<waybill>WB-[0-9]+)_(?P<cents>[0-9]+)[.]pdf'
path: '(?P<company>[^/]+)/.*'
seal: {group: company, translate: {华东: receipt-east, 华南: receipt-south}}
documentType: logistics-receipt
businessNumber: {group: waybill}
attributes:
  amount_cents: {group: cents}
  consignee: {field: consignee}
placement: {keyword: 收货单位}
"""
BY_JSON = """
document: {json: /files/0/pdf}
seal: receipt-east
documentType: {json: /type, default: logistics-receipt}
businessNumber: {json: /waybill/no}
attributes:
  amount_cents: {json: /cents}
  copy: {json: /copy}
"""
BY_MANIFEST = """
beside: manifest
fileColumn: 文件
seal: receipt-east
documentType: logistics-receipt
businessNumber: {column: 运单号}
attributes:
  amount_cents: {column: 金额（分）}
"""
_DECLARED = {
    "amount_cents": Attribute(type="integer"),
    "consignee": Attribute(type="string"),
    "copy": Attribute(type="boolean"),
}


def spec_of(text: str) -> MappingSpec:
    return load(text, file="mapping.yaml", model=MappingSpec).value


def mapper(text: str) -> Mapper:
    return Mapper(spec_of(text), lambda _: _DECLARED)


def fetched(name: str = "a.pdf", content: bytes = b"%PDF", **more: Any) -> Fetched:  # noqa: ANN401
    return Fetched(id=f"1/{name}#0", name=name, content=content, **more)


def problem_of(item: object) -> str:
    assert isinstance(item, RefusedItem)
    return f"{item.problem.type}: {item.problem.detail}"


def test_a_name_and_its_folder_say_all_that_is_asked() -> None:
    item = mapper(BY_NAME).item(fetched("华东/WB-7_12800.pdf", fields={"consignee": "某公司"}))
    assert isinstance(item, NewItem)
    request = item.request
    assert (request.seal, request.business_number) == ("receipt-east", "WB-7")
    assert request.attributes == {"amount_cents": 12800, "consignee": "某公司"}
    assert request.placement is not None
    assert item.document == b"%PDF"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("华东/receipt.pdf", "feed-name: `receipt.pdf` is not of the form"),
        ("WB-7_12800.pdf", "feed-name: `WB-7_12800.pdf` is not of the form (?P<company>"),
        ("华北/WB-7_12800.pdf", "feed-value-unknown: seal is `华北`, and known are 华东, 华南"),
    ],
)
def test_a_name_that_does_not_fit_says_what_would(name: str, told: str) -> None:
    assert told in problem_of(mapper(BY_NAME).item(fetched(name)))


def body(**changes: Any) -> bytes:  # noqa: ANN401
    whole = {
        "waybill": {"no": "WB-9"},
        "cents": 5,
        "copy": True,
        "files": [{"pdf": base64.b64encode(b"%PDF body").decode()}],
    }
    return json.dumps({**whole, **changes}).encode()


def test_a_json_body_carries_the_document_and_what_is_asked() -> None:
    item = mapper(BY_JSON).item(fetched("message-1", body()))
    assert isinstance(item, NewItem)
    assert item.document == b"%PDF body"
    assert item.request.business_number == "WB-9"
    assert item.request.document_type == "logistics-receipt"
    assert item.request.attributes == {"amount_cents": 5, "copy": True}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"hello", "feed-body: it is no valid JSON"),
        (b'{"a": 1, "a": 2}', "a key comes twice"),
        (b"[" * 100_000, "feed-body: it is no valid JSON"),
        (b"1" * 5000, "more than 20 digits"),
        (body(waybill=[]), "feed-value-missing: businessNumber is taken from `/waybill/no`"),
        (body(waybill={"no": {}}), "is no single value"),
        (body(files=[{"pdf": "%%%"}]), "is no base64"),
        (body(files=[]), "feed-body: there is no text at `/files/0/pdf`"),
        (body(cents="many"), "item-attributes: `amount_cents`"),
        (body(waybill={"no": "x" * 300}), "manifest-row-malformed"),
    ],
)
def test_a_body_that_is_wrong_is_one_documents_problem(content: bytes, told: str) -> None:
    assert told in problem_of(mapper(BY_JSON).item(fetched("message-1", content)))


def test_what_could_not_be_taken_says_why() -> None:
    item = mapper(BY_JSON).item(fetched(content=b"", problem="the file has more than 100 bytes"))
    assert problem_of(item) == "feed-content-unreadable: the file has more than 100 bytes"


def test_json_beside_a_document_is_what_json_paths_lead_into() -> None:
    text = "beside: json\nseal: s\ndocumentType: t\nbusinessNumber: {json: /no}\n"
    item = mapper(text).item(fetched(fields={"beside": '{"no": "回-1"}'}))
    assert isinstance(item, NewItem)
    assert item.request.business_number == "回-1"


def listed(table: str, *names: str) -> list[str]:
    manifest = fetched("华东/list.csv", table.encode("gbk"))
    documents = [fetched(f"华东/{name}", name.encode()) for name in names]
    items = listed_items(manifest, documents, spec_of(BY_MANIFEST), lambda _: _DECLARED)
    return [
        f"{item.request.name} {item.request.business_number} {item.request.attributes}"
        if isinstance(item, NewItem)
        else f"{item.name} {item.problem.type}"
        for item in items
    ]


def test_a_manifest_in_gbk_says_what_is_asked_for_each_document() -> None:
    table = "文件,运单号,金额（分）,备注\n1.pdf,WB-1,100,好\n2.pdf,WB-2,x,\n3.pdf,WB-3,1,\n"
    assert listed(table, "1.pdf", "2.pdf", "4.pdf") == [
        "华东/1.pdf WB-1 {'amount_cents': 100}",
        "华东/2.pdf item-attributes",
        "华东/3.pdf manifest-file-missing",
        "华东/4.pdf manifest-file-unnamed",
    ]


def test_a_manifest_without_a_declared_column_is_every_documents_problem() -> None:
    assert listed("文件,运单号\n1.pdf,WB-1\n", "1.pdf") == [
        "华东/list.csv manifest-unreadable",
        "华东/1.pdf manifest-unreadable",
    ]


@given(
    st.sampled_from([BY_NAME, BY_JSON]),
    st.text(max_size=30),
    st.binary(max_size=60)
    | st.builds(
        json.dumps,
        st.recursive(
            st.none() | st.text(max_size=5) | st.integers() | st.booleans(),
            lambda each: (
                st.lists(each, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["waybill", "no", "files", "pdf"]), each, max_size=3
                )
            ),
            max_leaves=6,
        ),
    ).map(str.encode),
    st.dictionaries(st.sampled_from(["consignee", "beside"]), st.text(max_size=10)),
)
def test_whatever_comes_has_one_answer(
    text: str, name: str, content: bytes, fields: dict[str, str]
) -> None:
    item = mapper(text).item(fetched(name, content, fields=fields))
    assert isinstance(item, NewItem | RefusedItem)


def test_a_part_of_the_text_is_taken_where_it_first_stands() -> None:
    text = (
        "seal: s\ndocumentType: t\nbusinessNumber: {group: number}\n"
        "text: '运单号[:：] ?(?P<number>[A-Z]+[0-9]+)'\n"
    )
    read = mapper(text)
    item = read.item(fetched(), "回单 运单号：WB7 又 运单号: WB8")
    assert isinstance(item, NewItem)
    assert item.request.business_number == "WB7"
    assert problem_of(read.item(fetched(), "回单")).startswith("feed-text: nothing in its text")
    assert problem_of(read.item(fetched())).startswith("feed-text")
