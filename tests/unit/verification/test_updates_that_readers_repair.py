"""Updates at which other readers stumble: they then take whatever looks like an object.

A contract can hold in one of its streams what looks like another page's content. As long as nothing
is amiss, nobody sees it.
"""

from collections.abc import Callable

import pytest

from tests.hostile.signed_by_hand import (
    PAGE,
    field,
    of_table,
    plain,
    signature,
    signed,
    signed_in_a_stream,
)
from tests.unit.documents.drafts import one_page, stream
from tests.unit.verification.test_revising import WEST, judge, now_asked

_SAID = "BT /F 24 Tf 72 700 Td (Amount 100) Tj ET"
_OTHER = b"BT /F 24 Tf 72 700 Td (Amount 999999) Tj ET"
_STAMP = "/Type/XObject/Subtype/Form/BBox[0 0 100 100]/Resources<<>>"
BASE = one_page(_SAID)
_PACKED = (1, 3, 90)
_FILTER = b"/Filter/FlateDecode"


def _container(*, order: tuple[int, ...] = _PACKED, entries: str = "") -> bytes:
    """An object stream of what a signature needs, its objects in that order."""
    bodies, data, places = plain(), b"", dict[int, int]()
    for number in order:
        places[number] = len(data)
        data += bodies[number] + b" "
    head = b"".join(b"%d %d " % (number, places[number]) for number in _PACKED)
    return stream(head + data, f"/Type/ObjStm/N 3/First {len(head)}{entries}")


def _packed(container: bytes) -> bytes:
    bodies = {91: plain()[91]}
    return signed_in_a_stream(BASE, bodies, WEST, container=container, packed=_PACKED)


def _with_a_number(written: bytes) -> bytes:
    bodies = {**plain(), 91: signature(b"/R 92 0 R"), 92: b""}
    return signed(BASE, bodies, WEST, headers={92: written})


HONEST: dict[str, Callable[[], bytes]] = {
    "in a stream": lambda: signed_in_a_stream(BASE, plain(), WEST),
    "in a stream that is not packed": lambda: signed_in_a_stream(BASE, plain(), WEST, entries=b""),
    "in an object stream": lambda: _packed(_container()),
    "a number that is an object": lambda: _with_a_number(b"92 0 obj\n16.5"),
}


@pytest.mark.parametrize("made", HONEST.values(), ids=HONEST.keys())
def test_what_programs_that_sign_write_is_accepted(made: Callable[[], bytes]) -> None:
    judgement = judge(made(), BASE, **now_asked())
    assert judgement.fault is None, judgement.why


def _columns(*widths: int) -> bytes:
    return signed_in_a_stream(BASE, plain(), WEST, widths=widths)  # type: ignore[arg-type]


def _described(entries: bytes) -> bytes:
    return signed_in_a_stream(BASE, plain(), WEST, entries=_FILTER + entries)


STUMBLING: dict[str, Callable[[], bytes]] = {
    "a size beyond all memory": lambda: signed(BASE, plain(), WEST, size=b"99999999"),
    "a run beyond all numbers": lambda: signed(
        BASE, plain(), WEST, lines=lambda offsets: of_table(offsets) + b"4294967295 0\n"
    ),
    "a run of a stream beyond all numbers": lambda: signed_in_a_stream(
        BASE, plain(), WEST, index=b"2147483647 0"
    ),
    "a trailer with a second /Prev": lambda: signed(
        BASE, plain(), WEST, root=b"/Prev#00 1/Root 1 0 R"
    ),
    "a trailer that is not closed": lambda: signed(BASE, plain(), WEST, size=b"200/X<"),
    "kinds of five bytes": lambda: _columns(5, 4, 2),
    "places of nine bytes": lambda: _columns(1, 9, 2),
    "generations of nine bytes": lambda: _columns(1, 4, 9),
    "a table in another file": lambda: _described(b"/F(x)"),
    "parameters by another name": lambda: _described(b"/DP<</Predictor 12/Columns 7>>"),
    "an object stream out of order": lambda: _packed(_container(order=(90, 3, 1))),
    "an object stream in another file": lambda: _packed(_container(entries="/F(x)")),
    "a number that grows onto its header": lambda: _with_a_number(b"92 0 obj16.5"),
}


@pytest.mark.parametrize("made", STUMBLING.values(), ids=STUMBLING.keys())
def test_an_update_at_which_other_readers_stumble_is_refused(made: Callable[[], bytes]) -> None:
    judgement = judge(made(), BASE, **now_asked())
    assert judgement.fault == "ambiguous", judgement


@pytest.mark.parametrize("end", [b">/", b"> ", b">a", b">%", b">[", b">(", b"><"])
def test_a_dictionary_ends_where_all_readers_see_its_end(end: bytes) -> None:
    """For pyHanko any byte ends it with `>`; pdfium went on, and took the next object's content."""
    page = PAGE + b"/Annots[90 0 R]" + end
    shown = f"/Contents 93 0 R{_STAMP}/MediaBox[0 0 595 842]"
    bodies = {
        **plain(),
        90: field(b"/AP<</N 92 0 R>>"),
        3: page,
        92: stream(b"", shown),
        93: stream(_OTHER),
    }
    judgement = judge(signed(BASE, bodies, WEST), BASE, **now_asked())
    assert judgement.fault == "ambiguous", judgement


@pytest.mark.parametrize(
    "odd", [b"/Name--5", b"/Name 1_0", b"/Na#00me(W)", b"/Na#0(W)", b"/Name 1%c\n", b"/Name x"]
)
def test_words_that_readers_differ_on_are_refused(odd: bytes) -> None:
    bodies = {**plain(), 91: signature(odd)}
    judgement = judge(signed(BASE, bodies, WEST), BASE, **now_asked())
    assert judgement.fault in ("ambiguous", "unreadable"), judgement
