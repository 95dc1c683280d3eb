"""Contracts of one page or two, in which objects are used for two things and forms may be missing.

Objects: 1 catalogue, 2 tree of pages, 3 page, 4 font, 5 content, 6 form that is drawn, 7 field with
its appearance 8, 9 what has two uses, 10 information, 11 layer, 12 metadata, 13 another page.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random  # noqa: TID251 - a run is told again by its seed

from tests.unit.documents.drafts import A4, FONT, draft, stream

Bodies = Mapping[int, bytes]

_SAID = "BT /F 24 Tf 72 700 Td (Amount 100) Tj ET"
_ASLEEP = "BT /F 24 Tf 72 700 Td (Amount 999999) Tj ET"
_DECOY = (
    f"/Span<</X(\n5 0 obj\n<</Length {len(_ASLEEP)}>>\nstream\n{_ASLEEP}\nendstream\nendobj\n"
    ")>>BDC EMC"
)
"""What readers take for the content who find the file damaged and look for objects in all of it."""
_LISTS = {
    "XObject": "q /%s Do Q",
    "ExtGState": "/%s gs",
    "Font": "BT /%s 24 Tf 72 600 Td (ABC 123) Tj ET",
    "Pattern": "/Pattern cs /%s scn 72 500 200 50 re f",
    "ColorSpace": "/%s cs 0.5 sc 72 500 200 50 re f",
    "Shading": "/%s sh",
    "Properties": "/OC /%s BDC BT /F 24 Tf 72 600 Td (LAYER) Tj ET EMC",
}
ENTRIES = (
    *("Extensions", "Perms", "Metadata", "AcroForm", "Version", "Annots", "Fields", "SigFlags"),
    *("NeedAppearances", "DA", "DR", "V", "AP", "F", "M", "NM", "Contents", "Producer", "ModDate"),
    *("Info", "Kids", "N", "T", "P", "Rect", "MK", "BS", "AS", "Parent", "Names", "DSS"),
)
_REFERENCE = re.compile(rb"([0-9]+) 0 R")
_EMPTY = "<</FT/Sig/T(Partner)/Type/Annot/Subtype/Widget/F 132/P 3 0 R/Rect[100 100 200 200]>>"
_ROLES = {
    "form": "<</Fields[]>>",
    "fields": "[%s]",
    "annotations": "[%s]",
    "field": _EMPTY,
    "information": "<</Title(a)>>",
    "none": "<</Title(a)/F 4 0 R>>",
}
_ARRAYS = {
    "/Contents": "5 0 R",
    "/MediaBox": "0 0 595 842",
    "/Kids": "3 0 R",
    "dash": "3 0",
    "/CropBox": "0 0 595 842",
    "nothing": "",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What a partner was sent.

    Attributes:
        document: its bytes.
        bodies: its objects.
        role: what object 9 is.
        root: of its trailer, the entries that an update repeats.
        is_turned: whether its page is shown turned by 90 degrees.
    """

    document: bytes
    bodies: Bodies
    role: str
    root: bytes
    is_turned: bool


def drawn_contract(dice: Random) -> Contract:
    """One of them."""
    role = dice.choice(tuple(_ROLES))
    array = dice.choice(tuple(_ARRAYS))
    nine = _ROLES[role].replace("%s", _ARRAYS[array])
    is_array = role in ("fields", "annotations")
    used = array if is_array and dice.random() < 0.7 else ""
    content, resources = _resources(dice)
    if used == "dash":
        resources += "/ExtGState<</Dash<</D[9 0 R 0]>>>>"
        content = f"/Dash gs 72 400 m 300 400 l S {content}"
    has_form_before = dice.random() < 0.3
    is_turned = dice.random() < 0.15
    annotations = "/Annots 9 0 R" if role == "annotations" else _listed(dice, role, has_form_before)
    page = (
        f"<</Type/Page/Parent 2 0 R/Contents {'9' if used == '/Contents' else '5'} 0 R"
        + (f"/Resources<<{resources}>>" if dice.random() < 0.8 else "")
        + ("/MediaBox 9 0 R" if used == "/MediaBox" else A4)
        + ("/CropBox 9 0 R" if used == "/CropBox" else "")
        + ("/Rotate 90" if is_turned else "")
        + dice.choice(("", "", "/Group<</S/Transparency>>"))
        + annotations
        + ">>"
    )
    objects = {
        1: _catalogue(dice, role, has_field=has_form_before and role != "annotations"),
        2: "<</Type/Pages/Count %s/Kids %s/Resources<<%s>>>>"
        % (("1", "9 0 R", resources) if used == "/Kids" else _kids(dice, resources)),
        3: page,
        4: FONT,
        5: stream(f"{content} {_DECOY}".encode()),
        6: stream(b"0.5 g 72 300 90 90 re f", "/Type/XObject/Subtype/Form/BBox[0 0 595 842]"),
        7: "<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/V(Box)/DA(/F 12 Tf)/F 4/Rect[72 640 300 670]"
        "/P 3 0 R/AP<</N 8 0 R>>>>",
        8: stream(
            b"BT /F 12 Tf 2 10 Td (Box) Tj ET",
            "/Type/XObject/Subtype/Form/BBox[0 0 228 30]/Resources<</Font<</F 4 0 R>>>>",
        ),
        9: nine,
        10: "<</Title(a)/Producer(b)>>",
        11: "<</Type/OCG/Name(x)>>",
        12: stream(b"<x:xmpmeta/>", "/Type/Metadata/Subtype/XML"),
        13: f"<</Type/Page/Parent 2 0 R/Contents 5 0 R{A4}>>",
    }
    root = "/Root 1 0 R" + ("/Info 9 0 R" if role == "information" else "/Info 10 0 R")
    bodies = _reached(
        {
            number: each if isinstance(each, bytes) else each.encode()
            for number, each in objects.items()
        },
        root.encode(),
    )
    document = draft(bodies, trailer=root, xref=dice.choice(("table", "stream")))
    return Contract(
        document=document, bodies=bodies, role=role, root=root.encode(), is_turned=is_turned
    )


def _reached(bodies: Bodies, root: bytes) -> Bodies:
    """Those that something leads to: intake keeps out what has others."""
    found, fresh = set[int](), _named(root)
    while fresh:
        found |= fresh
        fresh = set[int]().union(*(_named(bodies[each]) for each in fresh)) - found
    return {number: body for number, body in bodies.items() if number in found}


def _named(body: bytes) -> set[int]:
    return {int(each) for each in _REFERENCE.findall(body)}


def _resources(dice: Random) -> tuple[str, str]:
    """A content and its resources, one list of which is an object of another use."""
    category, number = dice.choice(tuple(_LISTS)), dice.choice((1, 3, 9, 7, 10, 2))
    drawn = _LISTS[category] % dice.choice(ENTRIES)
    lists = {"Font": "<</F 4 0 R>>", "XObject": "<</X 6 0 R>>", category: f"{number} 0 R"}
    if dice.random() < 0.4:
        lists = {"Font": "<</F 4 0 R>>", "XObject": "<</X 6 0 R>>"}
    return (
        f"{_SAID} {drawn} {_SAID} q /X Do Q",
        "".join(f"/{name} {value}" for name, value in lists.items()),
    )


def _kids(dice: Random, resources: str) -> tuple[str, str, str]:
    if dice.random() < 0.3:
        return "2", "[3 0 R 13 0 R]", resources
    return "1", "[3 0 R]", resources


def _listed(dice: Random, role: str, has_field: bool) -> str:  # noqa: FBT001 - of this file alone
    items = "7 0 R " * has_field + "9 0 R" * (role == "field")
    return f"/Annots[{items}]" if items or dice.random() < 0.1 else ""


def _catalogue(dice: Random, role: str, *, has_field: bool) -> str:
    fields = "7 0 R " * has_field
    form = {
        "form": "/AcroForm 9 0 R",
        "fields": "/AcroForm<</Fields 9 0 R>>",
        "field": f"/AcroForm<</Fields[{fields}9 0 R]>>",
    }.get(role, f"/AcroForm<</Fields[{fields}]>>" if has_field else "")
    more = dice.choice(
        ("", "", "/Metadata 12 0 R", "/OCProperties<</OCGs[11 0 R]/D<</ON[11 0 R]>>>>", "/Lang(en)")
    )
    return f"<</Type/Catalog/Pages 2 0 R{form}{more}>>"
