"""Who finds an envelope held is told what to do, by the word of its trouble."""

import pytest

from gateway.envelopes.cures import cure_of
from gateway.envelopes.keeping.troubles import LIES, PASSING


@pytest.mark.parametrize("word", sorted(LIES | PASSING))
def test_every_lie_and_what_passes_has_a_cure(word: str) -> None:
    assert cure_of(word).endswith(".")


def test_what_a_partner_signed_wrongly_has_the_cure_of_its_problem() -> None:
    assert "bridge.trusted_roots" in cure_of("revision-untrusted")
    assert "bridge.persons_root" in cure_of("revision-person-untrusted")
    assert "Ask the partner" in cure_of("revision-page")


def test_a_word_that_nobody_knows_has_none() -> None:
    assert cure_of("refused-conflict") == ""
