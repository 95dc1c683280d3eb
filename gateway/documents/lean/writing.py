"""What a signature adds to a document: field, stamps, form and catalogue, in one update."""

import hashlib
from dataclasses import dataclass

from gateway.documents.lean.document import LeanDocument
from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.form import add_to_form, add_to_page, effective_version
from gateway.documents.lean.pages import PageTree
from gateway.documents.lean.stamp import EncodedStamp, SharedStamp, decimals
from gateway.documents.lean.tokens import Dictionary, read_array, written
from gateway.documents.lean.update import GappedUpdate, UpdateBuilder
from gateway.documents.model import Preparation
from gateway.documents.placing.frames import STAMP_FLAGS, rectangle
from gateway.documents.placing.places import StampPlace

_ID_BYTES = 16
_LEAST_VERSION = (1, 7)
_PADES_IS_PART_OF = (2, 0)
PADES = b"<</ESIC<</Type/DeveloperExtensions/BaseVersion/1.7/ExtensionLevel 1>>>>"
"""What the catalogue says of signatures whose form is none of PDF's own before 2.0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """What the seal brings along.

    Attributes:
        stamp: its stamp, if it has one.
        permission: /P of a certification (ISO 32000-2 §12.8.2.2); None for an approval.
        room: how many hex digits the container may have.
    """

    stamp: EncodedStamp | None
    permission: int | None
    room: int


def field_name(document_id: str) -> bytes:
    """What the field of a document's signature is called, as it is written."""
    return b"(Seal-%b)" % document_id.encode()


class SealWriter:
    """Writes the update for one signature on one document."""

    def __init__(
        self, lean: LeanDocument, root: Dictionary, tree: PageTree, preparation: Preparation
    ) -> None:
        self._lean = lean
        self._root = root
        self._tree = tree
        self._preparation = preparation
        self._id = preparation.document_id.encode()
        self._update = UpdateBuilder(
            lean.references,
            length=len(lean.bytes),
            ends_in_newline=lean.bytes[-1:] in (b"\r", b"\n"),
        )

    def write(
        self, root_number: int, signing: Signing, places: tuple[StampPlace, ...]
    ) -> GappedUpdate:
        """The update; the same arguments give the same bytes.

        Args:
            root_number: the catalogue's object number.
            signing: what the seal brings along.
            places: where its stamps go; none for an invisible signature.
        """
        field, signature = self._update.number(), self._update.number()
        forms = self._put_stamp(signing.stamp, places)
        self._put_field(field, signature, forms[:1], places[:1])
        added = {places[0].page_index if places else 0: [field]}
        for number, (place, form) in enumerate(zip(places[1:], forms[1:], strict=True), start=2):
            annotation = self._put_annotation(place, form, number, of=len(places))
            added.setdefault(place.page_index, []).append(annotation)
        for index, annotations in added.items():
            add_to_page(self._lean, self._tree.page(index), self._update, annotations)
        self._put_root(root_number, field, signature if signing.permission is not None else None)
        return self._update.finish(
            signature,
            b"<<\n/Type/Sig\n/Contents ",
            self._signature_entries(signing.permission),
            room=signing.room,
            id_=self._file_id(),
        )

    def _put_stamp(self, stamp: EncodedStamp | None, places: tuple[StampPlace, ...]) -> list[int]:
        """The number of the form XObject that each place shows."""
        if stamp is None or not places:
            return []
        if len(places) == 1 and places[0].part is None:
            return [stamp.put(self._update, places[0].geometry)]
        shared = SharedStamp(stamp, self._update)
        return [shared.form(place) for place in places]

    def _put_field(
        self, number: int, signature: int, form: list[int], place: tuple[StampPlace, ...]
    ) -> None:
        look = (
            b"/Rect%b/AP<</N %d 0 R>>" % (decimals(*rectangle(place[0])), form[0])
            if place
            else b"/Rect[0 0 0 0]"
        )
        page = self._tree.page(place[0].page_index if place else 0)
        self._update.put(
            number,
            b"<</FT/Sig/T%b/Type/Annot/Subtype/Widget/F 132%b/P %d 0 R/V %d 0 R>>"
            % (field_name(self._preparation.document_id), look, page.number, signature),
        )

    def _put_annotation(self, place: StampPlace, form: int, number: int, *, of: int) -> int:
        annotation = self._update.number()
        self._update.put(
            annotation,
            b"<</Type/Annot/Subtype/Stamp/Rect%b/P %d 0 R/F %d/Name/Seal/AP<</N %d 0 R>>"
            b"/NM(Sealgate-%b-%d)/Contents(Sealgate record %b, stamp %d of %d)>>"
            % (
                decimals(*rectangle(place)),
                self._tree.page(place.page_index).number,
                STAMP_FLAGS,
                form,
                self._id,
                number,
                self._id,
                number,
                of,
            ),
        )
        return annotation

    def _put_root(self, number: int, field: int, certification: int | None) -> None:
        root = dict(self._root)
        add_to_form(self._lean, root, self._update, field)
        version = effective_version(self._lean, root)
        if version < _LEAST_VERSION:
            root[b"/Version"] = b"/1.7"
        if version < _PADES_IS_PART_OF:
            root[b"/Extensions"] = PADES
        if certification is not None:
            root[b"/Perms"] = b"<</DocMDP %d 0 R>>" % certification
        self._update.put(number, written(root))

    def _signature_entries(self, permission: int | None) -> bytes:
        promise = (
            b"/Reference[<</Type/SigRef/TransformMethod/DocMDP"
            b"/TransformParams<</Type/TransformParams/V/1.2/P %d>>>>]\n" % permission
            if permission is not None
            else b""
        )
        return (
            b"\n/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached\n/M(D:%bZ)\n"
            b"/Reason(Sealgate record %b)\n/Prop_Build<</App<</Name/Sealgate>>>>\n%b>>"
            % (
                self._preparation.signed_at.strftime("%Y%m%d%H%M%S").encode(),
                self._id,
                promise,
            )
        )

    def _file_id(self) -> bytes:
        """§14.4: the first half stays; the second is a function of what is prepared."""
        derived = b"<%b>" % hashlib.sha256(self._id).digest()[:_ID_BYTES].hex().encode()
        raw = self._lean.references.trailer.get(b"/ID")
        halves = [derived, derived] if raw is None else read_array(self._lean.value(raw))
        if len(halves) != 2 or any(half[:1] not in (b"<", b"(") for half in halves):  # noqa: PLR2004 - two halves
            raise InDoubtError("syntax", "an /ID that is none")
        return b"[%b %b]" % (halves[0], derived)
