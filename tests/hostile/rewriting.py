"""Documents written anew with syntax that few programs write, at odds with whoever skims it.

The objects of a document are taken apart, something is put between two of their tokens, and all are
put together again with tables that are true. So what is odd is in the objects alone.
"""

import re

from hypothesis import strategies as st

from gateway.documents.lean.document import LeanDocument
from gateway.documents.lean.survey import survey
from gateway.documents.lean.tokens import written
from tests.unit.documents.drafts import draft

HIDDEN = (
    "/OpenAction<</S/JavaScript/JS(1)>>", "/JS(1)", "/EF<</F 5 0 R>>", "/CropBox[0 0 9 9]",
    "/MediaBox[0 0 1 1]", "/Contents 1 0 R", "/Length 1", "/Type/Page", "/Subtype/Image",
    "/Subtype/Form", "/Filter/FlateDecode", "/A<</S/URI/URI(javascript:a)>>", "/K 1/K 2", "99 0 R",
    "/Annots[<</Subtype/Square/Rect[0 0 9 9]>>]", "/#4aS(1)", "",
)  # fmt: skip
VALUES = (
    "(/JS 1)", "(>> endobj)", "(endobj)", "(\nstream\n)", "(1 0 R)", "(99 0 R)", "(\\))", "(\\\\)",
    "(a(b)\\(c)", "(%)", "(% \\))", "(9 0 obj)", "(/S/URI)", "(https://a.example)", "(/Length 3 )",
    "<2f4a53>", "<>", "/JS", "/Launch", "/Image", "/Widget", "/URI", "[/JS]", "[/Subtype/Link]",
    "1 0 R", "99 0 R", "1 0 R 2 0 R", "[1 0 R]", "null", "7" * 5000, "0" * 50 + "1 0 R", "-1",
    "<</Length 3>>", "<</Type/XRef>>", "<</Type/Page>>", "<</Type/ObjStm/N 0>>",
    "<</Linearized 1>>",
    "<</Subtype/Image/Width 1/Height 1>>", "<</Subtype/Form>>", "<</MediaBox[0 0 1 1]>>",
    "<</Filter/FlateDecode>>", "<</S/URI/URI(https://a.example)>>", "<</B 1/B 2>>", "[[[[[1]]]]]",
)  # fmt: skip
"""What stands behind a key of ours."""
_SPACE = ("\x0c", "\0", "\r", "\t", "\n\n", "%\r", "% (\n", "% )\n", "% <<\n", "%>>\r", "%endobj\n")
_SPACE += ("% 9 0 obj\n", "%\\\n", "%(\\\n", "% stream\r\n", "% 99 0 R\n", "%/JS\n")
_TOKENS = re.compile(rb"(?=[/\[\]<>()]|(?<=\s)\S)")
_NAME = re.compile(rb"(?<=[a-z])\s*/[A-Za-z]+")
_LENGTH = re.compile(rb"/Length\s*(\d+)")


def parts_of(document: bytes) -> tuple[dict[int, bytes], str]:
    """Every object by its number, containers and tables left out, and what the trailer says.

    Raises:
        InDoubtError: there is something in the document that is not plain.
    """
    lean = LeanDocument(document)
    parts: dict[int, bytes] = {}
    for seen in survey(lean).values():
        if seen.data is None:
            parts[seen.number] = seen.raw
        elif (seen.entries or {}).get(b"/Type") not in (b"/XRef", b"/ObjStm"):
            data = lean.bytes[slice(*seen.data)]
            parts[seen.number] = seen.raw + b"\nstream\n" + data + b"\nendstream"
    known = lean.references.trailer
    kept = {key: known[key] for key in (b"/Root", b"/Info", b"/ID") if key in known}
    return parts, written(kept).decode("latin-1")[2:-2]


@st.composite
def additions(draw: st.DrawFn) -> bytes:
    """Something that may stand between two tokens: an entry, space, or one of them in brackets."""
    before, behind = draw(st.sampled_from(_SPACE)), draw(st.sampled_from(_SPACE))
    match draw(st.sampled_from(["space", "entry", "entry", "entry", "hidden", "between comments"])):
        case "space":
            text = before
        case "entry":
            text = f"/Zz{draw(st.integers(0, 9))}{before}{draw(st.sampled_from(VALUES))} "
        case "hidden":
            text = draw(st.sampled_from(HIDDEN)) + " "
        case _:
            text = f"{before}{draw(st.sampled_from(HIDDEN))}{behind}"
    return text.encode("latin-1")


@st.composite
def rewritten(draw: st.DrawFn, sources: st.SearchStrategy[tuple[dict[int, bytes], str]]) -> bytes:
    """One of the documents, with one to three changes in its objects or its trailer."""
    known, known_trailer = draw(sources)
    parts, trailer = dict(known), known_trailer.encode("latin-1")
    for _ in range(draw(st.integers(1, 3))):
        number = draw(st.sampled_from([0, *sorted(parts)]))
        head, stream, data = (parts[number] if number else trailer).partition(b"\nstream\n")
        match draw(st.sampled_from(["anywhere", "anywhere", "first", "by reference", "length"])):
            case "anywhere":
                places = [found.start() for found in _TOKENS.finditer(head)] or [0]
                at = draw(st.sampled_from(places))
                head = head[:at] + draw(additions()) + head[at:]
            case "first":
                at = 2 if head.startswith(b"<<") else 0
                head = head[:at] + draw(additions()) + head[at:]
            case "by reference" if names := list(_NAME.finditer(head)):
                name, new = draw(st.sampled_from(names)), max(parts) + 1
                parts[new] = name[0].strip()
                head = head[: name.start()] + b" %d 0 R" % new + head[name.end() :]
            case "length" if (length := _LENGTH.search(head)) is not None:
                other = draw(st.sampled_from([b"/Length\x0c%s", b"/Length%%\n%s", b"/Lengt%s"]))
                twin = draw(st.sampled_from([b"", b"/Zz<</Length %s>>", b"/Zz(/Length %s )"]))
                text = (twin % length[1] if twin else b"") + other % length[1]
                head = head[: length.start()] + text + head[length.end() :]
        if number:
            parts[number] = head + stream + data
        else:
            trailer = head
    return draft(parts, trailer=trailer.decode("latin-1"))
