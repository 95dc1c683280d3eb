"""Tables and containers that are streams: what all readers unpack. Runs in children only.

A reader that cannot unpack one takes the file for damaged and goes through its bytes. Some know
/F and /DP for /Filter and /DecodeParms, or take /F for another file.
"""

from typing import Final

from pyhanko.pdf_utils import generic

from gateway.revisions.faults import ambiguous

OF_STREAMS: Final = frozenset({"/Type", "/Length", "/Filter", "/DecodeParms"})
"""What each of them may have."""

_PREDICTORS: Final = frozenset({1, *range(10, 16)})
_MOST_COLUMNS: Final = 32


def check_entries(found: generic.StreamObject, kind: str, keys: frozenset[str]) -> None:
    """See that a stream of the file's structure is of a kind, and unpacked by all in one way.

    Args:
        found: the stream.
        kind: its /Type.
        keys: those that it may have.

    Raises:
        RevisionFaultError: `ambiguous`.
    """
    # Names with an underscore are those of programs (ISO 32000-2 Annex E).
    if odd := sorted(each for each in set(found) - keys if "_" not in each):
        raise ambiguous(f"a {kind} has {odd[0][:40]}")
    if found.get("/Type") != kind:
        raise ambiguous(f"a {kind} does not say that it is one")
    filters, parameters = found.get("/Filter", []), found.get("/DecodeParms", {})
    names = list(filters) if isinstance(filters, generic.ArrayObject) else [filters]
    if "/Filter" in found and names != ["/FlateDecode"]:
        raise ambiguous(f"a {kind} is packed in another way than Flate")
    if isinstance(parameters, generic.ArrayObject) and len(parameters) == 1:
        parameters = parameters[0]
    if isinstance(parameters, generic.NullObject):
        return
    if not isinstance(parameters, dict) or set(parameters) - {"/Predictor", "/Columns"}:
        raise ambiguous(f"a {kind} has odd parameters of its packing")
    predictor, columns = parameters.get("/Predictor", 1), parameters.get("/Columns", 1)
    if predictor not in _PREDICTORS or columns not in range(1, _MOST_COLUMNS + 1):
        raise ambiguous(f"a {kind} has odd parameters of its packing")
