"""What may stand in the entries that an update may write. Runs in children only.

A document decides what its objects are used for: its catalogue, its form or an empty field may be
the list of a page's forms, fonts or graphics states at once, in which an entry's name is a name
that the page draws with. So an entry that may change is of its own kind before and after, and
nothing that could be drawn; and what everything could be drawn with is used for one thing only.
"""

from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver

from gateway.revisions.faults import RevisionFault, RevisionFaultError
from gateway.revisions.objects import entry_of, is_dictionary, number_of

_TEXT: Final = (generic.TextStringObject, generic.ByteStringObject)
_KINDS: Final[dict[str, tuple[type, ...]]] = {
    "/Version": (generic.NameObject,),
    "/SigFlags": (generic.NumberObject,),
    "/NeedAppearances": (generic.BooleanObject,),
    "/Fields": (generic.ArrayObject,),
    "/DA": _TEXT,
    "/F": (generic.NumberObject,),
    "/M": _TEXT,
    "/NM": _TEXT,
    "/Contents": _TEXT,
    "/ModDate": _TEXT,
    "/Producer": _TEXT,
}
_OF_EXTENSIONS: Final = frozenset(
    {"/Type", "/BaseVersion", "/ExtensionLevel", "/ExtensionRevision", "/URL"}
)
_OF_PERMISSIONS: Final = frozenset({"/DocMDP", "/UR", "/UR3"})
_OF_METADATA: Final = frozenset({"/Type", "/Subtype", "/Length", "/Filter", "/DecodeParms", "/DL"})
_OF_SIGNATURES: Final = frozenset(
    {
        *("/Type", "/Filter", "/SubFilter", "/Contents", "/Cert", "/ByteRange", "/Reference"),
        *("/Changes", "/Name", "/M", "/Location", "/Reason", "/ContactInfo", "/R", "/V"),
        *("/Prop_Build", "/Prop_AuthTime", "/Prop_AuthType"),
    }
)
_MOST_OBJECTS: Final = 500_000


def check_kinds(
    old: Any,  # noqa: ANN401 - objects of a file have no narrower type
    new: Any,  # noqa: ANN401 - see above
    *,
    fault: RevisionFault,
) -> None:
    """See that the entries that an update may write are of their kinds, before it and after.

    Raises:
        RevisionFaultError: with that fault: they could be used for something else.
    """
    for holder in (old, new):
        if holder is None:
            continue
        for key, kinds in _KINDS.items():
            found = entry_of(holder, key)
            if found is not None and not isinstance(found, (*kinds, generic.NullObject)):
                raise RevisionFaultError(fault, f"{key} is no {kinds[0].__name__}")


def check_catalogue(old: Any, new: Any) -> None:  # noqa: ANN401 - see above
    """See that what an update wrote into the catalogue cannot be drawn.

    Raises:
        RevisionFaultError: `content-changed`.
    """
    check_kinds(old, new, fault="content-changed")
    if "/Metadata" in new and number_of(new, "/Metadata") is None:
        raise RevisionFaultError("content-changed", "its metadata is no object of its own")
    for holder in (old, new):
        for each in _values(entry_of(holder, "/Extensions"), "/Extensions"):
            for extension in each if isinstance(each, generic.ArrayObject) else [each]:
                _plain_dictionary(extension, _OF_EXTENSIONS, "/Extensions")
    permissions = entry_of(new, "/Perms")
    if permissions is not None and "/Perms" not in old:
        _plain_dictionary(permissions, _OF_PERMISSIONS, "/Perms")


def check_filled_field(old: Any, new: Any) -> None:  # noqa: ANN401 - see above
    """See that a field that was there and is signed now can be drawn by nothing but its appearance.

    Raises:
        RevisionFaultError: `form-changed`.
    """
    check_kinds(old, new, fault="form-changed")
    value = entry_of(new, "/V")
    more = set(value) - _OF_SIGNATURES if isinstance(value, generic.DictionaryObject) else {"/V"}
    # Names with an underscore are those of programs (ISO 32000-2 Annex E), and of no drawing.
    if odd := sorted(each for each in more if "_" not in each):
        raise RevisionFaultError("form-changed", f"its signature has {odd[0][:40]}")
    for holder in (old, new):
        appearance = entry_of(holder, "/AP")
        if appearance is not None:
            _plain_dictionary(appearance, frozenset({"/N"}), "/AP", fault="form-changed")


def check_metadata(found: Any) -> None:  # noqa: ANN401 - see above
    """See that it is what nobody sees, and programs that sign write anew.

    Raises:
        RevisionFaultError: `content-changed`.
    """
    is_metadata = (
        isinstance(found, generic.StreamObject)
        and found.get("/Type") == "/Metadata"
        and found.get("/Subtype") == "/XML"
        and not set(found) - _OF_METADATA
    )
    if not is_metadata:
        raise RevisionFaultError("content-changed", "it puts something else for the metadata")


def check_used_once(view: HistoricalResolver) -> None:
    """See that nothing but the document itself leads to its catalogue and its metadata.

    Raises:
        RevisionFaultError: `content-changed`: a page, say, has one of them for its content.
    """
    root = view.root_ref.idnum
    metadata = number_of(view.root, "/Metadata")
    waiting: list[Any] = [view.root]
    seen = {root}
    while waiting:
        holder = waiting.pop()
        for key, each in _raw_entries(holder):
            if isinstance(each, generic.IndirectObject):
                is_own = holder is view.root and key == "/Metadata"
                if each.idnum == root or (each.idnum == metadata and not is_own):
                    why = "its catalogue or metadata is used for something else, too"
                    raise RevisionFaultError("content-changed", why)
                if each.idnum not in seen:
                    seen.add(each.idnum)
                    waiting += _there(view, each.reference)
            else:
                waiting.append(each)
        if len(seen) > _MOST_OBJECTS:
            raise RevisionFaultError("could-not-tell", "it has too many objects")


def _there(view: HistoricalResolver, reference: generic.Reference) -> list[Any]:
    """An object that is named; of those that are missing none (ISO 32000-2 §7.3.10)."""
    is_there = view.reader.xrefs.get_historical_ref(reference, view.revision) is not None
    return [view(reference)] if is_there else []


def _raw_entries(holder: Any) -> list[tuple[Any, Any]]:  # noqa: ANN401 - see above
    if isinstance(holder, generic.DictionaryObject):
        return [(key, holder.raw_get(key)) for key in holder]
    if isinstance(holder, generic.ArrayObject):
        return [(index, holder.raw_get(index)) for index in range(len(holder))]
    return []


def _values(found: Any, what: str) -> list[Any]:  # noqa: ANN401 - see above
    if found is None:
        return []
    if not is_dictionary(found):
        raise RevisionFaultError("content-changed", f"{what} is no dictionary")
    return [found[key] for key in found if key != "/Type"]


def _plain_dictionary(
    found: Any,  # noqa: ANN401 - see above
    keys: frozenset[str],
    what: str,
    *,
    fault: RevisionFault = "content-changed",
) -> None:
    if not is_dictionary(found) or set(found) - keys:
        raise RevisionFaultError(fault, f"{what} has more than it needs")
