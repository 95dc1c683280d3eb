"""What pyHanko refuses, or reads in another way, is not sealed by the lean way alone."""

from collections.abc import Callable

import pytest

from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.reading import read
from policies.model import OnPage
from tests.differential.test_two_ways import WAYS
from tests.document_fixtures import preparation
from tests.hostile.oddities_of_tables import in_object_stream
from tests.unit.documents.drafts import A4, one_page, stream

PLACE = OnPage(page="last", left_mm=5, top_mm=5)
TWINS = "/A[1<</S 1/S 2>>]"


def catalog(entries: str) -> bytes:
    return one_page(catalog=f"<</Type/Catalog/Pages 2 0 R{entries}>>")


def pages(entries: str) -> bytes:
    return one_page(pages=f"<</Type/Pages/Kids[3 0 R]/Count 1{entries}>>")


def packed(space: str) -> bytes:
    page = f"3{space}0 <</Type/Page/Parent 2 0 R{A4}>>".encode()
    return in_object_stream(stream(page, "/Type/ObjStm/N 1/First 4"))


ODDITIES: dict[str, Callable[[], bytes]] = {
    "a key twice in a page": lambda: one_page(page=A4 + TWINS),
    "a key twice in the catalogue": lambda: catalog(TWINS),
    "a version of two digits": lambda: catalog("/Version/1.99"),
    "a version of three digits": lambda: catalog("/Version/1.007"),
    "object 0 in the tree of pages": lambda: pages("/A 0 0 R"),
    "a vertical tab in an object stream": lambda: packed("\v"),
}


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
    documents = one_page(page=A4 + "/A[1<</S 1>>]"), catalog("/Version/2.0"), pages("/A 1")
    assert all(is_sealed_alone(document) for document in (*documents, packed(" "), packed("\f")))
