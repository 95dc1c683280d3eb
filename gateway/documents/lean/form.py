"""Where the signature's field is entered: the form, the page's annotations, the catalogue."""

import re

from gateway.documents.lean.document import LeanDocument
from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.pages import Page
from gateway.documents.lean.revisions import count_revisions
from gateway.documents.lean.tokens import (
    Dictionary,
    read_array,
    read_dictionary,
    reference,
    refuse_twins,
    written,
)
from gateway.documents.lean.update import UpdateBuilder

_MOST_FIELDS = 2000
_NAME = re.compile(rb"\([\x20-\x7e]*\)|<FEFF(?:[0-9A-F]{4})*>", re.IGNORECASE)
_DEEPEST = 32
_BYTE_RANGE = re.compile(
    rb"/" + b"".join(b"(?:%c|(?i:#%02x))" % (each, each) for each in b"ByteRange")
)
_VERSION = re.compile(rb"/([12])\.(\d)")
_SIGNATURES_EXIST_AND_APPEND_ONLY = b"3"  # §12.7.3, table 225


def refuse_signed(document: LeanDocument, root: Dictionary) -> None:
    """Earlier signatures are judged by pyHanko, which knows what each permits.

    Raises:
        InDoubtError: there is one, or may be one that a later revision hides.
    """
    if root.keys() & {b"/Perms", b"/DSS"}:
        raise InDoubtError("signed", "the catalogue speaks of signatures")
    if len(document.references.sections) > 1:
        _refuse_hidden(document)
    if b"/AcroForm" not in root:
        return
    form, _ = read_dictionary(document.value(root[b"/AcroForm"]))
    if b"/XFA" in form:
        raise InDoubtError("form", "it has XFA")
    fields = read_array(document.value(form.get(b"/Fields", b"[]")))
    _refuse_filled(document, fields, inherited=b"", left=[_MOST_FIELDS], depth=0)


def _refuse_hidden(document: LeanDocument) -> None:
    """A revision may have a signature where it says so, or in an object stream.

    Raises:
        InDoubtError: it may.
    """
    if _BYTE_RANGE.search(document.bytes) is not None:
        raise InDoubtError("signed", "a revision has a signature")
    if count_revisions(document) == 1:
        return
    for section in document.references.sections:
        if section.widths is not None and any(isinstance(at, tuple) for _, at in section.in_use()):
            raise InDoubtError("signed", "a revision may have a signature in an object stream")


def _refuse_filled(
    document: LeanDocument, fields: list[bytes], *, inherited: bytes, left: list[int], depth: int
) -> None:
    for raw in fields:
        left[0] -= 1
        target = reference(raw)
        if target is None or left[0] < 0 or depth > _DEEPEST:
            raise InDoubtError("form", "fields that are no references, or too many")
        field = document.dictionary(target)
        kind = document.value(field.get(b"/FT", inherited))
        if b"#" in kind or (kind == b"/Sig" and b"/V" in field):
            raise InDoubtError("signed", "a field is signed, or of a kind in escapes")
        if _NAME.fullmatch(field.get(b"/T", b"()")) is None:
            raise InDoubtError("form", "a field's name that is no plain text")
        if b"/Kids" in field:
            kids = read_array(document.value(field[b"/Kids"]))
            _refuse_filled(document, kids, inherited=kind, left=left, depth=depth + 1)


def refuse_name(document: LeanDocument, root: Dictionary, name: bytes) -> None:
    """A field that has the name already is signed, or refused, by pyHanko.

    Raises:
        InDoubtError: there may be one.
    """
    if b"/AcroForm" not in root:
        return
    form, _ = read_dictionary(document.value(root[b"/AcroForm"]))
    for raw in read_array(document.value(form.get(b"/Fields", b"[]"))):
        target = reference(raw)
        known = b"()" if target is None else document.dictionary(target).get(b"/T", b"()")
        if known[:1] == b"<":
            known = b"(%b)" % bytes.fromhex(known[1:-1].decode()).replace(b"\0", b"")[2:]
        if known == name or b"\\" in known:
            raise InDoubtError("form", "a field that may have the name already")


def add_to_form(
    document: LeanDocument, root: Dictionary, update: UpdateBuilder, field: int
) -> None:
    """Enter the field in /AcroForm; changes `root` where the form is new, or part of it."""
    if b"/AcroForm" not in root:
        number = update.number()
        update.put(number, b"<</Fields[%d 0 R]/SigFlags 3>>" % field)
        root[b"/AcroForm"] = b"%d 0 R" % number
        return
    raw = root[b"/AcroForm"]
    form, _ = read_dictionary(document.value(raw))
    refuse_twins(document.value(raw))
    _append(document, form, b"/Fields", update, field)
    # It would have viewers draw the fields anew, which a verifier takes for a change.
    form.pop(b"/NeedAppearances", None)
    form[b"/SigFlags"] = _SIGNATURES_EXIST_AND_APPEND_ONLY
    target = reference(raw)
    if target is None:
        root[b"/AcroForm"] = written(form)
    else:
        update.put(target, written(form))


def add_to_page(
    document: LeanDocument, page: Page, update: UpdateBuilder, annotations: list[int]
) -> None:
    """Enter annotations in a page's /Annots: in the page itself, or in the array's own object."""
    entries = dict(page.entries)
    if _append(document, entries, b"/Annots", update, *annotations):
        update.put(page.number, written(entries))


def _append(
    document: LeanDocument, entries: Dictionary, key: bytes, update: UpdateBuilder, *numbers: int
) -> bool:
    """Append references to an array; gives whether `entries` was changed for it."""
    more = b" ".join(b"%d 0 R" % number for number in numbers)
    raw = entries.get(key, b"[]")
    target = reference(raw)
    array = document.value(raw)
    if array == b"null":  # which means absent (§7.3.7)
        target, array = None, b"[]"
    read_array(array)
    refuse_twins(array)
    longer = b"%b %b]" % (array[:-1].rstrip(), more)
    if target is None:
        entries[key] = longer
        return True
    if reference(document.raw_object(target)) is not None:
        raise InDoubtError("form", "a reference to a reference")
    update.put(target, longer)
    return False


def effective_version(document: LeanDocument, root: Dictionary) -> tuple[int, int]:
    """The later of the header's version and the catalogue's (§7.7.2)."""
    named = root.get(b"/Version")
    if named is None:
        return document.header_version
    found = _VERSION.fullmatch(named)
    if found is None:
        raise InDoubtError("syntax", "a /Version that is none")
    version = (int(found[1]), int(found[2]))
    if version < document.header_version:
        raise InDoubtError(
            "syntax", "a /Version before the header's, which readers see differently"
        )
    return version
