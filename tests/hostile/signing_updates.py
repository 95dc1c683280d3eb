"""Updates that sign a document, taken apart and put together again with something else in them."""

import re
from collections.abc import Callable

from gateway.documents.lean.document import LeanDocument
from gateway.documents.lean.reading import read
from gateway.documents.lean.survey import survey_update
from gateway.documents.lean.update import LEFT_OUT
from tests.unit.documents.drafts import stream

_RANGE = re.compile(rb"/ByteRange \[[0-9 ]+\] *")
_CONTENTS = re.compile(rb"/Contents (<[0-9A-Fa-f]{100,}>)")
_RANGE_ROOM = 60

Bodies = dict[int, bytes]


class SigningUpdate:
    """The newest update of a document that was signed by the lean way, object by object."""

    def __init__(self, signed: bytes) -> None:
        lean = LeanDocument(signed)
        begins, written = survey_update(lean)
        self.base = signed[:begins]
        self.trailer = {
            key: value for key, value in lean.references.trailer.items() if key not in LEFT_OUT
        }
        self.id = lean.references.trailer[b"/ID"]
        self.bodies: Bodies = {}
        for number, seen in written.items():
            self.bodies[number] = seen.raw
            if seen.data is not None:
                data = signed[seen.data[0] : seen.data[1]]
                self.bodies[number] += b"\nstream\n%b\nendstream" % data
        self.number = {
            "field": self._the(b"/FT/Sig"),
            "signature": self._the(b"/ByteRange"),
            "form": self._the(b"/SigFlags"),
            "catalogue": self._the(b"/Type /Catalog", b"/Type/Catalog"),
            "stamp": self._the(b"/Subtype/Form"),
            "page": self._the(b"/Annots"),
        }

    def _the(self, *words: bytes) -> int:
        (found,) = (
            number for number, body in self.bodies.items() if any(word in body for word in words)
        )
        return found

    def with_(self, name: str, old: bytes, new: bytes) -> bytes:
        """The document with another text in one of its objects."""
        number = self.number[name]
        assert old in self.bodies[number], self.bodies[number]
        return self.written({**self.bodies, number: self.bodies[number].replace(old, new, 1)})

    def written(
        self,
        bodies: Bodies,
        *,
        trailer: bytes = b"",
        lines: bytes = b"",
        gap: bytes = b"",
        short: int = 0,
    ) -> bytes:
        """The document with these objects in its update.

        Args:
            bodies: all of them.
            trailer: more entries of the trailer.
            lines: another subsection.
            gap: what stands before the table.
            short: by how many bytes the signature ends too early.
        """
        document, offsets = self.base, {}
        for number, body in bodies.items():
            offsets[number] = len(document)
            padded = _RANGE.sub(b"/ByteRange [0 0 0 0]".ljust(_RANGE_ROOM), body)
            document += b"%d 0 obj\n%b\nendobj\n" % (number, padded)
        document += gap
        start = len(document)
        previous = int(self.base.rsplit(b"startxref", 1)[1].split()[0])
        size = max(*bodies, *map(int, re.findall(rb"/Size (\d+)", self.base)), 0) + 1
        document += b"xref\n0 1\n0000000000 65535 f \n" + lines
        for number, at in sorted(offsets.items()):
            document += b"%d 1\n%010d 00000 n \n" % (number, at)
        kept = b"".join(b"%b %b\n" % entry for entry in self.trailer.items())
        document += b"trailer\n<<\n%b/ID %b\n/Prev %d\n/Size %d%b\n>>\nstartxref\n%d\n%%%%EOF\n" % (
            kept,
            self.id,
            previous,
            size,
            trailer,
            start,
        )
        found = _CONTENTS.search(document, len(self.base))
        if found is None:
            return document
        begins, ends = found.span(1)
        range_ = b"/ByteRange [0 %d %d %d]" % (begins, ends, len(document) - ends - short)
        at = document.index(b"/ByteRange [0 0 0 0]", len(self.base))
        return document[:at] + range_.ljust(_RANGE_ROOM) + document[at + _RANGE_ROOM :]


def of_more(update: SigningUpdate) -> dict[str, Callable[[], bytes]]:
    """Updates that do more than sign, or do it in another way than ours."""
    number, bodies = update.number, update.bodies
    new = max(bodies) + 1

    def replaced(name: str, old: bytes, entries: bytes) -> Callable[[], bytes]:
        return lambda: update.with_(name, old, entries)

    def behind(name: str, entries: bytes) -> Callable[[], bytes]:
        body = bodies[number[name]]
        cut = body.rindex(b">>", 0, body.find(b"stream") if b"stream" in body else None)
        changed = body[:cut] + entries + body[cut:]
        return lambda: update.written({**bodies, number[name]: changed})

    def besides(body: bytes | str, entries: bytes = b"") -> Callable[[], bytes]:
        more = body if isinstance(body, bytes) else body.encode()
        catalogue = bodies[number["catalogue"]].rstrip().removesuffix(b">>") + entries + b">>"
        return lambda: update.written({**bodies, number["catalogue"]: catalogue, new: more})

    reading = read(update.base)
    old_font = next(iter(sorted(set(reading.objects or ()) - bodies.keys())))
    return {
        "a script at opening": behind("catalogue", b"/OpenAction<</S/JavaScript/JS(x)>>"),
        "a script of the widget": behind("field", b"/AA<</E<</S/JavaScript/JS(x)>>>>"),
        "a script of the page": behind("page", b"/AA<</O<</S/JavaScript/JS(x)>>>>"),
        "an attached file": besides(
            "<</Type/Filespec/EF<<>>>>", b"/Names<</EmbeddedFiles<</Names[(a)%d 0 R]>>>>" % new
        ),
        "an object that nothing shows": besides("<</Type/Page>>"),
        "an object that was there before": lambda: update.written({**bodies, old_font: b"<<>>"}),
        "other content": besides(stream(b"0 0 99 99 re f")),
        "another page": behind("page", b"/Rotate 90"),
        "a box of the page": behind("page", b"/CropBox[0 0 30 30]"),
        "a lock": behind("field", b"/Lock<</Type/SigFieldLock/Action/All>>"),
        "a hidden widget": replaced("field", b"/F 132", b"/F 134"),
        "a field of another kind": replaced("field", b"/FT/Sig", b"/FT/Tx"),
        "a field with kids": behind("field", b"/Kids[]"),
        "a field's name in escapes": replaced("field", b"(Seal-", b"(Seal\\055"),
        "what may change afterwards": behind(
            "signature",
            b"/Reference[<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</P 1/V/1.2>>>>]",
        ),
        "a signature of another kind": replaced("signature", b"/ETSI.CAdES", b"/adbe.pkcs7"),
        "a form whose fields are drawn anew": behind("form", b"/NeedAppearances true"),
        "a form with scripts": behind("form", b"/XFA(x)"),
        "a field twice": replaced(
            "form", b"[%d 0 R]" % number["field"], b"[%d 0 R %d 0 R]" % ((number["field"],) * 2)
        ),
        "a stamp with fonts": replaced("stamp", b"/Resources<<>>", b"/Resources<</Font<<>>>>"),
        "a stamp in another file": behind("stamp", b"/Ref<<>>"),
        "a stamp with a script": behind("stamp", b"/JS(x)"),
        "another trailer": lambda: update.written(bodies, trailer=b"/Keep 1 0 R"),
        "an object that is freed": lambda: update.written(
            bodies, lines=b"%d 1\n0000000000 00001 f \n" % old_font
        ),
        "something before the table": lambda: update.written(
            bodies, gap=b"% 9 0 obj <</JS 1>> endobj\n"
        ),
        "a container in a comment": replaced(
            "signature", b"/Contents ", b"%/Contents <" + b"0" * 100 + b">\n/Contents "
        ),
        "bytes that are not signed": lambda: update.written(bodies, short=8),
    }
