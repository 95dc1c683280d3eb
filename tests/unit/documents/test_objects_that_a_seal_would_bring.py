"""A document that names an object which it does not have, and which our update would make."""

import msgspec
import pytest

from gateway.documents.errors import DamagedDocumentProblem
from gateway.documents.model import Prepared
from policies.model import OnPage
from tests.document_fixtures import preparation, soft_seal
from tests.unit.documents.drafts import one_page

_SIZE = 110
"""The next number that is free in a draft, from which updates begin."""


def document(named: int) -> bytes:
    """Its page draws what may come, sixty times as large as a stamp is."""
    what = f"/XObject<</X {named} 0 R>>"
    return one_page("q 60 0 0 60 100 300 cm /X Do Q", resources=what)


def sealed(named: int, *, normalize: bool = False) -> Prepared:
    asked = preparation(OnPage(page=1, left_mm=5, top_mm=5))
    asked = msgspec.structs.replace(asked, normalize=normalize)
    return soft_seal().press().prepare(document(named), asked)


@pytest.mark.parametrize("named", [_SIZE, _SIZE + 1, _SIZE + 2])
def test_it_is_refused_as_it_could_show_our_stamp_as_its_author_likes(named: int) -> None:
    with pytest.raises(DamagedDocumentProblem, match=f"names object {named}, which it has not"):
        sealed(named)


@pytest.mark.parametrize("named", [60, 9000])
def test_what_no_update_of_ours_makes_is_let_be(named: int) -> None:
    assert sealed(named).update


def test_written_anew_it_names_nothing_that_is_missing() -> None:
    assert sealed(_SIZE, normalize=True).normalized is not None
