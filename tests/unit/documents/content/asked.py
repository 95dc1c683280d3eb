"""What the tests of the content's facts share."""

from typing import get_args

import msgspec

from policies.model import ContentFacts, DocumentFacts, Fact
from policies.objects.documents import Template
from tests.document_fixtures import SoftSeal, preparation, soft_seal

EVERYTHING: frozenset[Fact] = frozenset(get_args(Fact))
SEAL = soft_seal(stamp=None)


def facts_of(
    document: bytes,
    *ask: Fact,
    parties: tuple[str, ...] = (),
    templates: tuple[Template, ...] = (),
    seal: SoftSeal = SEAL,
    document_id: str = "D1",
) -> DocumentFacts:
    """What a press finds out; everything, unless it is said what."""
    asked = msgspec.structs.replace(
        preparation(None, document_id=document_id),
        ask=frozenset(ask) or EVERYTHING,
        parties=parties,
        templates=templates,
    )
    return seal.press().prepare(document, asked).facts


def content_of(
    document: bytes,
    *ask: Fact,
    parties: tuple[str, ...] = (),
    templates: tuple[Template, ...] = (),
) -> ContentFacts:
    """The facts of its content."""
    content = facts_of(document, *ask, parties=parties, templates=templates).content
    assert isinstance(content, ContentFacts)
    return content
