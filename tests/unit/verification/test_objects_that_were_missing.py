"""What was signed upon names an object and has none of it: nobody else may put one there."""

import io
import time
from collections.abc import Callable

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import PdfFileWriter

from gateway.revisions.missing import _names
from tests.partners import partner, update_of
from tests.unit.documents.drafts import A4, one_page
from tests.unit.verification.test_revising import WEST, judge, now_asked

_SAID = "BT /F 12 Tf 72 700 Td (Amount 100) Tj ET "
_OTHER = b"1 g 70 690 200 40 re f 0 g BT /F 12 Tf 72 700 Td (Amount 999999) Tj ET"
_MISSING = 60


def base(*, contents: str = "5 0 R", resources: str = "", page: str = "") -> bytes:
    content = f"{_SAID} q /X Do Q"
    return one_page(content, contents=contents, resources=resources, page=f"{A4}{page}")


def packed() -> bytes:
    """The page stands in an object stream, so that no letter of the reference is in the file."""
    writer = PdfFileWriter(stream_xrefs=True)
    content = writer.add_object(generic.StreamObject(stream_data=f"{_SAID} q /X Do Q".encode()))
    missing = generic.IndirectObject(_MISSING, 0, writer)
    page = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Page"),
            pdf_name("/Parent"): writer.root.raw_get("/Pages"),
            pdf_name("/Contents"): content,
            pdf_name("/MediaBox"): generic.ArrayObject(map(generic.NumberObject, (0, 0, 595, 842))),
            pdf_name("/Resources"): generic.DictionaryObject(
                {pdf_name("/XObject"): generic.DictionaryObject({pdf_name("/X"): missing})}
            ),
        }
    )
    objects = writer.prepare_object_stream()
    pages = writer.root["/Pages"]
    pages["/Kids"].append(writer.add_object(page, obj_stream=objects))
    pages["/Count"] = generic.NumberObject(1)
    out = io.BytesIO()
    writer.write(out)
    assert b"60 0 R" not in out.getvalue()
    return out.getvalue()


def put(writer: IncrementalPdfFileWriter, found: generic.PdfObject) -> None:
    """Write an object by the number of the one that is missing."""
    found.container_ref = generic.Reference(_MISSING, 0, writer)
    writer.objects[0, _MISSING] = found
    writer._lastobj_id = max(writer._lastobj_id, _MISSING)


def shown() -> generic.StreamObject:
    found = generic.StreamObject(stream_data=_OTHER)
    found[pdf_name("/Type")] = pdf_name("/XObject")
    found[pdf_name("/Subtype")] = pdf_name("/Form")
    found[pdf_name("/BBox")] = generic.ArrayObject(map(generic.NumberObject, (0, 0, 595, 842)))
    return found


NAMES: dict[str, Callable[[], bytes]] = {
    "a form on the page": lambda: base(resources=f"/XObject<</X {_MISSING} 0 R>>"),
    "a part of its content": lambda: base(contents=f"[5 0 R {_MISSING} 0 R]"),
    "an annotation": lambda: base(page=f"/Annots[{_MISSING} 0 R]"),
    "written oddly": lambda: base(resources=f"/XObject<</X 00{_MISSING}\n\t0\n R>>"),
    "of another generation": lambda: base(resources=f"/XObject<</X {_MISSING} 7 R>>"),
    "in an object stream": packed,
}


@pytest.mark.parametrize("made", NAMES.values(), ids=NAMES.keys())
def test_an_object_that_was_named_and_missing_is_not_put_there(
    made: Callable[[], bytes],
) -> None:
    document = made()
    writer = update_of(document)
    put(writer, shown())
    judgement = judge(WEST.signed(writer), document, **now_asked())
    assert judgement.fault == "content-changed", judgement
    assert f"object {_MISSING}" in judgement.why


def test_nor_is_it_upon_the_signature_of_another_who_saw_nothing_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    once = partner("东海物流有限公司").sealed(NAMES["a form on the page"](), id="P0")
    writer = update_of(once)
    put(writer, shown())
    # Which lets the earlier signature allow whatever only adds a signature.
    monkeypatch.setattr(writer, "_update_meta", lambda: None)
    judgement = judge(WEST.signed(writer), once, **now_asked())
    assert judgement.fault == "content-changed", judgement


def test_what_stays_missing_disturbs_nobody() -> None:
    document = base(resources="/XObject<</X 999 0 R>>")
    judgement = judge(WEST.signed(update_of(document)), document, **now_asked())
    assert judgement.fault is None, judgement.why


@pytest.mark.parametrize("between", [" ", "\n%c\n", "%c\r", " %" + "c" * 5000 + "\n", "%\n" * 9])
def test_it_is_named_whatever_stands_between_its_numbers(between: str) -> None:
    assert _names(f"[7{between}0{between}R]".encode(), b"7")
    assert _names(f"[007{between}0 R]".encode(), b"7")
    assert not _names(f"[17{between}0 R]".encode(), b"7")


@pytest.mark.parametrize("odd", [b"7 ", b"7%", b"7 7", b"7 %\n", b"7%7\n", b"7 7%", b"%7 7 %\n"])
def test_looking_for_it_takes_time_that_grows_with_the_file_alone(odd: bytes) -> None:
    def seconds(size: int) -> float:
        content = odd * (size // len(odd))
        began = time.process_time()
        _names(content, b"7")
        return time.process_time() - began

    assert seconds(400_000) < 20 * max(seconds(100_000), 0.005)
