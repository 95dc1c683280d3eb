"""What a partner writes: a signature, and now and then more than that."""

import re
from collections.abc import Callable
from random import Random  # noqa: TID251 - a run is told again by its seed

from tests.hostile.signed_by_hand import field, signature
from tests.hostile.updates.contracts import ENTRIES, Contract
from tests.unit.documents.drafts import stream

_OTHER = b"1 g 0 0 595 842 re f 0 g BT /F 24 Tf 72 700 Td (Amount 999999) Tj ET"
_FORM = "/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</Font<</F 4 0 R>>>>"
_STAMP = "/Type/XObject/Subtype/Form/BBox[0 0 100 100]"
_HOLDS = (
    *(b"<<%s>>", b"[%s]", b"<<%s/Resources<<>>>>", b"<<%s>>%%c\n", b"<<%s\0>>"),
    b"<</Private 1 %s>>",
)
_VALUES = (
    *(b"92 0 R", b"91 0 R", b"90 0 R", b"5 0 R", b"4 0 R", b"3 0 R", b"93 0 R", b"[92 0 R]"),
    *(b"(x)", b"<78>", b"(\\170)", b"null", b"3", b"-1", b"true", b"false", b"/Name", b"[]"),
    *(b"<<>>", b"<</N 92 0 R>>", b"<</Font<</F 92 0 R>>>>", b"[0 0 99 99]", b"1.5", b"99 0 R"),
    *(b"[/ICCBased 92 0 R]", b"<</Type/OCMD>>", b"<</Certs[92 0 R]>>", b"(D:2026)", b"16", b"2"),
)
_PIECES = (
    *(b"<<", b">>", b"[", b"]", b"stream\n", b"endstream", b"endobj", b"%", b"\r", b"\n", b"\0"),
    *(b"5 0 obj\n" + stream(_OTHER) + b"\nendobj\n", b"xref\n", b"trailer\n<</Root 8 0 R>>\n"),
    *(b"startxref\n9\n", b"%%EOF\n", b"/Rotate 90", b"/MediaBox[0 0 99 99]", b"/Resources<<>>"),
    *(b"#41", b" ", b"/Contents 92 0 R", b"/Encrypt<<>>", b"/OCProperties<</D<</OFF[11 0 R]>>>>"),
    *(b"/NeedAppearances true", b"/Annots[]", b"/Kids[92 0 R]", b"/Type/ObjStm", b"1 0 R", b"+"),
)
_SIGNATURE = (
    b"",
    b"",
    b"/ca 0",
    b"/Type/ExtGState",
    b"/Subtype/Type3",
    b"/PatternType 2/Shading<<>>",
    b"/Reference[<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</P 2/V/1.2>>>>]",
    b"/Name(\\127est)/Reason<41>",
)
_DRAWN = (
    stream(_OTHER, _FORM),
    stream(_OTHER, _STAMP),
    stream(b"Q Q Q " + _OTHER, _STAMP),
    stream(b"1 g 0 0 999 999 re f", _STAMP + "/Matrix[9 0 0 9 0 0]"),
    stream(_OTHER, _STAMP.replace("[0 0 100 100]", "[100 100 0 0]")),
    stream(_OTHER, _STAMP.replace("100 100]", "0.001 0.001]")),
    stream(_OTHER, _STAMP + "/Group<</S/Transparency/K true/I false>>"),
    stream(b"/G gs 0 0 999 999 re f", _STAMP + "/Resources<</ExtGState<</G<</BM/Difference>>>>>>"),
    b"<</ca 0/CA 0>>",
    b"<</Type/Font/Subtype/Type1/BaseFont/ZapfDingbats>>",
    b"<</Type/OCG/Name(x)>>",
    b"[/Separation/X/DeviceGray 4 0 R]",
    stream(b"<x:xmpmeta>1</x:xmpmeta>", "/Type/Metadata/Subtype/XML"),
)
_WIDGET = (
    *(b"", b"", b"/AP<</N 92 0 R>>", b"/AP<</N<</On 92 0 R>>>>/AS/On", b"/MK<</BG[1 0 0]/R 90>>"),
    *(b"/BS<</W 400/S/S>>", b"/Border[0 0 400]", b"/DA(/F 99 Tf)", b"/Parent 7 0 R", b"/Ff 1"),
    b"/AP<</N 92 0 R>>/MK<</R 90>>/BS<</W 9>>",
)
_RECTS = (
    *(b"[100 100 200 200]",) * 20,
    *(b"[200 200 100 100]", b"[100.0 +100 2e2 200]", b"[100 100 200 200]", b"[0100 100. 200 200]"),
    *(b"[100 100 200 --200]", b"[1_00 100 200 200]", b"[100 100 200 200 900]", b"[0 0 0 0]"),
)
_KEY = re.compile(rb"/[A-Za-z]+")


def drawn_bodies(dice: Random, contract: Contract) -> dict[int, bytes]:
    """The objects of an update: those of a signature, and what was done to them."""
    bodies = _signing(dice, contract)
    if dice.random() < 0.3:
        number = dice.choice(tuple(contract.bodies))
        bodies.setdefault(number, contract.bodies[number])
    if dice.random() < 0.2:
        bodies[93] = dice.choice(_DRAWN)
    for number in list(bodies):
        if number not in (91, 92) and dice.random() < 0.22:
            bodies[number] = _changed(dice, bodies[number])
    return bodies


def _signing(dice: Random, contract: Contract) -> dict[int, bytes]:
    """A plain signature, in whichever place the contract has for it."""
    was = contract.bodies
    bodies = {91: signature(dice.choice(_SIGNATURE))}
    if dice.random() < 0.7:
        bodies[92] = dice.choice(_DRAWN)
    widget = dice.choice(_WIDGET)
    if contract.role == "field":
        return {**bodies, 9: _with(was[9], b"/V 91 0 R" + widget)}
    placed = field(widget).replace(b"[100 100 200 200]", dice.choice(_RECTS))
    bodies[90] = placed.replace(b"/F 132", dice.choice((b"/F 132", b"/F 132", b"/F 4", b"/F 28")))
    if contract.role == "annotations":
        bodies[9] = was[9][:-1] + b" 90 0 R]"
    elif b"/Annots[" in was[3]:
        bodies[3] = was[3].removesuffix(b"]>>") + b" 90 0 R]>>"
    else:
        bodies[3] = _with(was[3], b"/Annots[90 0 R]")
    if contract.role == "form":
        bodies[9] = b"<</Fields[90 0 R]/SigFlags 3>>"
    elif contract.role == "fields":
        bodies[9] = was[9][:-1] + b" 90 0 R]"
    elif b"/AcroForm" in was[1]:
        bodies[1] = re.sub(rb"(/Fields\[[^]]*)\]", rb"\g<1> 90 0 R]/SigFlags 3", was[1])
    else:
        more = dice.choice((b"", b"", b"/DA(/F 9 Tf)/DR<</Font<</F 92 0 R>>>>", b"/DR 92 0 R"))
        bodies[1] = _with(was[1], b"/AcroForm<</Fields[90 0 R]/SigFlags 3%b>>" % more)
    return bodies


def _with(body: bytes, more: bytes) -> bytes:
    return body.rstrip()[:-2] + more + b">>"


def _changed(dice: Random, body: bytes) -> bytes:
    ways: tuple[Callable[[Random, bytes], bytes], ...] = (
        *(_one_entry,) * 5,
        _one_piece,
        _one_name_escaped,
        _one_value,
        _held,
    )
    for _ in range(dice.choice((1, 1, 2))):
        body = dice.choice(ways)(dice, body)
    return body


def _one_entry(dice: Random, body: bytes) -> bytes:
    """One more entry, in the outermost dictionary mostly."""
    at = body.find(b">>") if dice.random() < 0.3 else body.rfind(b">>")
    if at < 0:
        return body
    return body[:at] + b"/%b %b" % (dice.choice(ENTRIES).encode(), dice.choice(_VALUES)) + body[at:]


def _one_piece(dice: Random, body: bytes) -> bytes:
    at = dice.randrange(len(body) + 1)
    return body[:at] + dice.choice(_PIECES) + body[at:]


def _one_name_escaped(dice: Random, body: bytes) -> bytes:
    names = list(_KEY.finditer(body))
    if not names:
        return body
    start, end = dice.choice(names).span()
    at = dice.randrange(start + 1, end)
    return body[:at] + b"#%02x" % body[at] + body[at + 1 :]


def _one_value(dice: Random, body: bytes) -> bytes:
    """Another value for an entry that is there."""
    names = list(_KEY.finditer(body))
    if not names:
        return body
    at = dice.choice(names).end()
    return body[:at] + b" " + dice.choice(_VALUES) + b" " + dice.choice((b"", b"/X")) + body[at:]


def _held(dice: Random, body: bytes) -> bytes:
    """The same entries, written in another way or in something else."""
    if not body.startswith(b"<<") or not body.endswith(b">>"):
        return body
    return dice.choice(_HOLDS).replace(b"%s", body[2:-2])
