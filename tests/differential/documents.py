"""Documents drawn by Hypothesis: every way in which producers write what a seal touches."""

import io
import re
from dataclasses import dataclass

import pikepdf
from hypothesis import strategies as st

from tests.unit.documents.drafts import draft, stream, updated

_SPACES = st.sampled_from(["", " ", "\n", "\r\n", "\t ", "% a remark >> endobj\n"])


@dataclass(frozen=True, slots=True)
class Drawn:
    """A document, and what it was made of, for whoever has to find out what went wrong."""

    document: bytes
    pages: int
    recipe: str
    is_doubtful: bool


@st.composite
def documents(draw: st.DrawFn) -> Drawn:
    """One to forty pages, forms or none, tables or streams, updated or not, linearised or not."""
    pages = draw(st.one_of(st.integers(1, 4), st.integers(1, 40)))
    objects: dict[int, str | bytes] = {}
    first_page = 10
    tree = draw(st.sampled_from(["flat", "nested", "chain"]))
    _put_tree(objects, pages, first_page, tree, draw(_attributes()))
    for index in range(pages):
        own = draw(_page(first=index == 0)) if pages <= 4 else ""
        objects[first_page + index] = (
            f"<</Type{draw(_SPACES)}/Page{draw(_SPACES)}/Parent {_parent(index, pages, tree)} 0 R"
            f"/Resources<</Font<</F 4 0 R>>>>/Contents 5 0 R{own}>>"
        )
    objects[4] = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    objects[5] = stream(b"BT /F 12 Tf 50 50 Td (Received) Tj ET")
    _put_annotations(objects)
    form = draw(_forms())
    objects |= form.objects
    more = draw(
        st.sampled_from(["", "/Lang(zh-CN)", "/ViewerPreferences<</DisplayDocTitle true>>"])
    )
    version = draw(st.sampled_from(["1.3", "1.4", "1.5", "1.7", "2.0"]))
    named = draw(st.sampled_from(["", "", "", "/Version/1.6", "/Version /1.7"]))
    objects[1] = f"<</Type/Catalog/Pages 2 0 R{form.entry}{more}{named}>>"
    objects[9] = "<</Producer(\\(a\\) producer)/Title<FEFF56DE5355>>>"
    trailer = "/Root 1 0 R" + draw(
        st.sampled_from(
            ["", "/Info 9 0 R", "/Info 9 0 R/ID[<0011aabb><0011AABB>]", "/ID[(a\\)b)(c)]"]
        )
    )
    xref = draw(st.sampled_from(["table", "stream"]))
    if draw(st.booleans()):
        _drop_unreached(objects, trailer)
    document = draft(objects, trailer=trailer, version=version, xref=xref)
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        page = objects[first_page]
        document = updated(document, {first_page: page}, trailer=trailer, xref=xref)
    rewriting = draw(st.sampled_from(["as it is", "as it is", "objects in streams", "linearised"]))
    document = _rewritten(document, rewriting)
    if draw(st.booleans()):
        document = document.rstrip(b"\r\n")
    # qpdf keeps a catalogue's older version, and readers differ about which of the two counts.
    is_doubtful = bool(named) and version > named[-3:]
    recipe = f"{tree}, {xref}, {version}{named}, {form.kind}, {rewriting}"
    return Drawn(document, pages, recipe, is_doubtful)


@dataclass(frozen=True, slots=True)
class _Form:
    kind: str
    entry: str
    objects: dict[int, str | bytes]


@st.composite
def _forms(draw: st.DrawFn) -> _Form:
    kind = draw(
        st.sampled_from(
            ["none", "none", "direct", "indirect", "fields indirect", "empty signature field"]
        )
    )
    text: dict[int, str | bytes] = {6: "<</FT/Tx/T(Name)/V(\\(x)/Rect[0 0 9 9]/Subtype/Widget>>"}
    match kind:
        case "direct":
            return _Form(kind, "/AcroForm<</Fields[6 0 R]/DA(/F 0 Tf)>>", text)
        case "indirect":
            return _Form(kind, "/AcroForm 7 0 R", {**text, 7: "<</Fields [ 6 0 R ]/SigFlags 1>>"})
        case "fields indirect":
            objects: dict[int, str | bytes] = {**text, 7: "<</Fields 8 0 R>>", 8: "[6 0 R]"}
            return _Form(kind, "/AcroForm 7 0 R", objects)
        case "empty signature field":
            field = "<</FT/Sig/T(Here)/Rect[0 0 0 0]/Subtype/Widget>>"
            return _Form(kind, "/AcroForm<</Fields[6 0 R]>>", {6: field})
        case _:
            return _Form(kind, "", {})


@st.composite
def _attributes(draw: st.DrawFn) -> str:
    """What pages inherit."""
    box = draw(st.sampled_from(["[0 0 595 842]", "[-10 -20.5 410 600]", "[842 0 0 595]"]))
    rotate = draw(st.sampled_from(["", "/Rotate 90", "/Rotate -90", "/Rotate 180"]))
    return f"/MediaBox{box}{rotate}"


@st.composite
def _page(draw: st.DrawFn, *, first: bool) -> str:
    """What a page has of its own. No two pages share an array of annotations."""
    own = draw(
        st.sampled_from(
            ["", "/CropBox[20 20 300 400]", "/Rotate 270", "/UserUnit 2", "/MediaBox 70 0 R"]
        )
    )
    annotations = draw(
        st.sampled_from(
            ["", "/Annots[]", "/Annots[71 0 R]", "/Annots null", *(["/Annots 72 0 R"] * first)]
        )
    )
    nested = draw(st.sampled_from(["", "/PieceInfo<</A<</Private(/Type /Pages >>)>>>>"]))
    return f"{nested}{own}{annotations}"


def _put_annotations(objects: dict[int, str | bytes]) -> None:
    objects[70] = "[0 0 500 700]"
    objects[71] = "<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/Border[0 0 0]>>"
    objects[72] = "[ 71 0 R ]"


def _put_tree(
    objects: dict[int, str | bytes], pages: int, first_page: int, tree: str, inherited: str
) -> None:
    leaves = [f"{first_page + index} 0 R" for index in range(pages)]
    half = pages // 2
    if tree == "flat" or half == 0:
        objects[2] = f"<</Type/Pages/Kids[{' '.join(leaves)}]/Count {pages}{inherited}>>"
        return
    if tree == "nested":
        kids = (leaves[:half], leaves[half:])
        objects[2] = f"<</Type/Pages/Kids[90 0 R 91 0 R]/Count {pages}{inherited}>>"
        for number, part in zip((90, 91), kids, strict=True):
            objects[number] = (
                f"<</Type/Pages/Parent 2 0 R/Kids[{' '.join(part)}]/Count {len(part)}>>"
            )
        return
    rest = " ".join(leaves[1:])
    objects[2] = f"<</Type/Pages/Kids[{leaves[0]} 90 0 R]/Count {pages}{inherited}>>"
    objects[90] = f"<</Type/Pages/Parent 2 0 R/Kids[{rest}]/Count {pages - 1}>>"


def _parent(index: int, pages: int, tree: str) -> int:
    half = pages // 2
    if tree == "flat" or half == 0:
        return 2
    if tree == "nested":
        return 90 if index < half else 91
    return 2 if index == 0 else 90


def _rewritten(document: bytes, how: str) -> bytes:
    if how == "as it is":
        return document
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(document)) as pdf:
        pdf.save(
            output,
            linearize=how == "linearised",
            object_stream_mode=(
                pikepdf.ObjectStreamMode.generate
                if how == "objects in streams"
                else pikepdf.ObjectStreamMode.preserve
            ),
            deterministic_id=True,
        )
    return output.getvalue()


def _drop_unreached(objects: dict[int, str | bytes], trailer: str) -> None:
    """Leave no object that nothing refers to."""
    todo, reached = [trailer.encode()], set[int]()
    while todo:
        for target in re.findall(rb"(\d+) 0 R", todo.pop()):
            number = int(target)
            if number not in reached and number in objects:
                reached.add(number)
                body = objects[number]
                todo.append(body if isinstance(body, bytes) else body.encode())
    for number in objects.keys() - reached:
        del objects[number]
