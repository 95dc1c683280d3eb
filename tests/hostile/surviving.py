"""What must hold for any bytes at all: an answer, or a problem that says why there is none."""

from functools import cache

import msgspec

from gateway.documents.errors import DocumentProblem
from gateway.documents.inspection.inspecting import inspect
from gateway.documents.press import TwoWayPress
from policies.intake import RULES
from policies.model import BesideKeyword, OnPage
from tests.document_fixtures import preparation, soft_seal

_SPOT = preparation(OnPage(page=1, left_mm=5, top_mm=5))
_KEYWORD = preparation(BesideKeyword(keyword="e", occurrence="last"))
_ANEW = msgspec.structs.replace(_SPOT, normalize=True)


@cache
def _press() -> TwoWayPress:
    return soft_seal().press()


def survives(document: bytes) -> None:
    """Inspect and prepare; anything but a `DocumentProblem` comes out as it is."""
    try:
        findings = inspect(document)
    except DocumentProblem:
        return
    assert all(finding.rule in RULES for finding in findings)
    for asked in (_SPOT, _KEYWORD, _ANEW):
        try:
            _press().prepare(document, asked)
        except DocumentProblem:
            continue
