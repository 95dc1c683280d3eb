"""What pyHanko refuses, or reads in another way, is not sealed by the lean way alone."""

import zlib
from collections.abc import Callable

import pytest

from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.reading import read
from policies.model import OnPage
from tests.differential.test_two_ways import WAYS
from tests.document_fixtures import preparation
from tests.hostile.oddities_of_tables import in_object_stream
from tests.unit.documents.drafts import A4, CATALOG, PAGES, one_page, stream, updated

PLACE = OnPage(page="last", left_mm=5, top_mm=5)
PERMITS_NOTHING = (
    "/Reference[<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</V/1.2/P 1>>>>]"
)
TWINS = "/A[1<</S 1/S 2>>]"


def catalog(entries: str) -> bytes:
    return one_page(catalog=f"<</Type/Catalog/Pages 2 0 R{entries}>>")


def pages(entries: str) -> bytes:
    return one_page(pages=f"<</Type/Pages/Kids[3 0 R]/Count 1{entries}>>")


def packed(space: str) -> bytes:
    page = f"3{space}0 <</Type/Page/Parent 2 0 R{A4}>>".encode()
    return in_object_stream(stream(page, "/Type/ObjStm/N 1/First 4"))


def with_field(field: str, range_: str = "/ByteRange") -> bytes:
    """A document with a field and what may be its signature, which permits no changes."""
    return one_page(
        catalog="<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]>>>>",
        more={
            6: f"<</Type/Annot/Subtype/Widget/T(A)/Rect[0 0 0 0]/P 3 0 R{field}>>",
            7: f"<</Type/Sig/Contents<00>{range_}[0 1 2 3]{PERMITS_NOTHING}>>",
        },
    )


def without_form(document: bytes) -> bytes:
    return updated(document, {1: CATALOG})


def hidden_in_an_object_stream() -> bytes:
    """A field whose signature is packed, and an update that drops the form."""
    page = f"<</Type/Page/Parent 2 0 R{A4}>>"
    signature = "<</Type/Sig/Contents<00>/ByteRange[0 1 2 3]>>"
    data = zlib.compress(f"3 0 8 {len(page)} {page}{signature}".encode())
    first = len(f"3 0 8 {len(page)} ")
    container = stream(data, f"/Type/ObjStm/N 2/First {first}/Filter/FlateDecode")
    rows = b"".join(b"\2" + (6).to_bytes(4) + index.to_bytes(2) for index in range(2))
    bodies = {
        1: b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]>>>>",
        2: PAGES.encode(),
        5: b"<</FT/Sig/T(A)/V 8 0 R>>",
        6: container if isinstance(container, bytes) else container.encode(),
    }
    document = b"%PDF-1.7\n"
    table = {3: rows[:7], 8: rows[7:]}
    for number, body in bodies.items():
        table[number] = b"\1" + len(document).to_bytes(4) + b"\0\0"
        document += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    index = " ".join(f"{number} 1" for number in sorted(table))
    xref = stream(
        b"".join(table[number] for number in sorted(table)),
        f"/Type/XRef/Size 10/W[1 4 2]/Index[{index}]/Root 1 0 R",
    )
    document += b"9 0 obj\n%b\nendobj\nstartxref\n%d\n%%%%EOF\n" % (xref, len(document))
    return updated(document, {1: CATALOG}, xref="stream")


ODDITIES: dict[str, Callable[[], bytes]] = {
    "a key twice in a page": lambda: one_page(page=A4 + TWINS),
    "a key twice in the catalogue": lambda: catalog(TWINS),
    "a version of two digits": lambda: catalog("/Version/1.99"),
    "a version of three digits": lambda: catalog("/Version/1.007"),
    "object 0 in the tree of pages": lambda: pages("/A 0 0 R"),
    "a vertical tab in an object stream": lambda: packed("\v"),
    "a key twice in a form": lambda: one_page(
        catalog="<</Type/Catalog/Pages 2 0 R/AcroForm 6 0 R>>", more={6: f"<</Fields[]{TWINS}>>"}
    ),
    "a signature whose field's kind is in escapes": lambda: with_field("/FT/S#69g/V 7 0 R"),
    "fields within themselves": lambda: with_field("/Kids[6 0 R]"),
    "a hidden signature with a key in escapes": lambda: without_form(
        with_field("/FT/Sig/V 7 0 R", "/Byte#52ang#65")
    ),
    "a hidden signature in an object stream": hidden_in_an_object_stream,
}


FIELDS_OF_THAT_NAME = {
    "of text": "/FT/Tx/T(Seal-E7)",
    "to be signed": "/FT/Sig/T(Seal-E7)",
    "in hex": "/FT/Tx/T<FEFF005300650061006C002D00450037>",
    "in escapes": "/FT/Tx/T(Seal\\055E7)",
}


@pytest.mark.parametrize("field", FIELDS_OF_THAT_NAME.values(), ids=FIELDS_OF_THAT_NAME)
def test_a_field_that_has_the_name_already_goes_the_second_way(field: str) -> None:
    document = one_page(
        catalog="<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]>>>>",
        more={6: f"<</Type/Annot/Subtype/Widget/Rect[0 0 0 0]/P 3 0 R{field}>>"},
    )
    wanted = preparation(PLACE, document_id="E7")
    with pytest.raises(InDoubtError):
        WAYS["approval"].lean.prepare(read(document), wanted)


def is_sealed_alone(document: bytes) -> bool:
    try:
        WAYS["approval"].lean.prepare(read(document), preparation(PLACE))
    except InDoubtError:
        return False
    return True


@pytest.mark.parametrize("name", ODDITIES)
def test_an_oddity_goes_the_second_way(name: str) -> None:
    assert not is_sealed_alone(ODDITIES[name]())


def test_what_is_made_in_the_same_ways_is_sealed_alone() -> None:
    documents = (
        one_page(page=A4 + "/A[1<</S 1>>]"),
        catalog("/Version/2.0"),
        pages("/A 1"),
        packed(" "),
        packed("\f"),
        with_field("/FT/Sig"),
        without_form(with_field("/FT/Sig", "/Keep")),
    )
    assert all(map(is_sealed_alone, documents))
