"""Documents that strangers made so that another thing is signed than was seen."""

import time
from collections.abc import Mapping

import pytest

from cloud_bridge.network.authority import Authority
from cloud_bridge.network.press.authority import PersonAuthority
from cloud_bridge.network.press.drawing import content_of
from cloud_bridge.network.press.errors import PressError
from cloud_bridge.network.press.glyphs import Font
from cloud_bridge.network.press.interfaces import field_of
from cloud_bridge.network.press.model import Typed
from cloud_bridge.network.press.pressing import USUAL_FONT
from tests.unit.network.press.test_pressing import NOW, SIGNATURE, mark, signed

PAGE = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>>>"
TWO_PAGES = {
    1: "<</Type/Catalog/Pages 2 0 R>>",
    2: "<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2>>",
    3: PAGE,
    4: PAGE,
}


def written(objects: Mapping[int, str]) -> bytes:
    """A document of these objects, the first of which is its catalog."""
    body, places = b"%PDF-1.7\n", {}
    for number, each in objects.items():
        places[number] = len(body)
        body += f"{number} 0 obj\n{each}\nendobj\n".encode()
    table = "".join(f"{places[number]:010} 00000 n \n" for number in sorted(places))
    head = f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n"
    tail = f"trailer\n<</Size {len(places) + 1}/Root 1 0 R>>\nstartxref\n{len(body)}\n%%EOF\n"
    return body + (head + table + tail).encode()


async def refusal(objects: Mapping[int, str], **box: float) -> PressError:
    with pytest.raises(PressError) as refused:
        await signed(written(objects), mark("f", Typed(text="x"), **box))
    return refused.value


async def test_such_a_document_without_anything_hostile_is_signed() -> None:
    assert (await signed(written(TWO_PAGES), SIGNATURE)).document


async def test_what_is_referred_to_and_not_there_is_nothing() -> None:
    pages = {**TWO_PAGES, 3: PAGE[:-2] + "/Thumb 99 0 R/Trans null>>"}
    assert (await signed(written(pages), SIGNATURE)).document


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({2: "<</Type/Pages/Kids[3 0 R 4 0 R]/Count 1>>"}, id="counts too few"),
        pytest.param({2: "<</Type/Pages/Kids[3 0 R 3 0 R 4 0 R]/Count 3>>"}, id="a page twice"),
        pytest.param({2: "<</Type/Pages/Kids[3 0 R 2 0 R]/Count 2>>"}, id="its own child"),
        pytest.param(
            {3: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Kids[4 0 R]/Count 1>>"},
            id="a page with pages",
        ),
        pytest.param({3: "<</Type/Pages/Parent 2 0 R/MediaBox[0 0 595 842]>>"}, id="no page"),
    ],
)
async def test_pages_that_programs_would_count_in_two_ways_take_no_mark(
    changes: Mapping[int, str],
) -> None:
    assert (await refusal({**TWO_PAGES, **changes})).reason == "document"


@pytest.mark.parametrize("kind", ["Sig", "Tx"])
async def test_a_field_of_the_party_s_name_is_not_signed_in_place_of_ours(kind: str) -> None:
    name = field_of("e-1", "buyer")
    field = f"<</Type/Annot/Subtype/Widget/FT/{kind}/T({name})/Rect[0 0 595 842]/P 3 0 R/F 4>>"
    form = {1: "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]>>>>", 5: field}
    refused = await refusal({**TWO_PAGES, **form})
    assert (refused.reason, "name already" in str(refused)) == ("document", True)


@pytest.mark.parametrize(
    "catalog",
    [
        "/OpenAction<</S/JavaScript/JS(app.alert(1))>>",
        "/Names<</JavaScript<</Names[(a)5 0 R]>>>>",
        "/AcroForm<</Fields[]/XFA[(template)5 0 R]>>",
    ],
)
async def test_what_a_script_may_show_otherwise_is_not_signed(catalog: str) -> None:
    more = {1: f"<</Type/Catalog/Pages 2 0 R{catalog}>>", 5: "<</S/JavaScript/JS(1)>>"}
    refused = await refusal({**TWO_PAGES, **more})
    assert (refused.reason, "script" in str(refused)) == ("document", True)


async def test_a_page_that_is_turned_by_no_right_angle_takes_no_mark() -> None:
    assert (await refusal({**TWO_PAGES, 3: PAGE[:-2] + "/Rotate 45>>"})).reason == "document"


def test_a_long_value_in_a_narrow_place_costs_no_more_than_a_short_one() -> None:
    font, long = Font(USUAL_FONT), mark("f", Typed(text="i" * 1000), width_mm=3, height_mm=200)
    started = time.process_time()
    with pytest.raises(PressError) as told:
        content_of([long], long.box, font)
    assert told.value.reason == "text"
    assert time.process_time() - started < 2


@pytest.mark.filterwarnings("ignore:Attribute's length")  # reading it counts bytes, too
def test_a_certificate_takes_long_chinese_names() -> None:
    network = "长三角物流电子签收互通网络示范平台运营服务有限公司"
    authority = PersonAuthority(Authority.new("persons", network="n", now=NOW), network)
    act = authority.issue(name="古" * 50, act="e/p", at=NOW)
    assert act.certificate.subject.rfc4514_string() == f"2.5.4.5=e/p,CN={'古' * 50},O={network}"
