"""A signature by one of the group's own seals is told from anybody else's."""

from hashlib import sha256
from pathlib import Path

import msgspec

from gateway.signing.own_seals import with_own_seals
from policies.model import ContentFacts, DocumentFacts, EarlierSignature
from tests.signing_house import signing_house

ORDINARY = DocumentFacts(pages=1, size_bytes=100, revisions=1, signatures=0, pdf_version="1.7")


def _signed_by(*certificates: str) -> DocumentFacts:
    earlier = tuple(
        EarlierSignature(field="f", signer="x", certificate=each, intact=True)
        for each in certificates
    )
    content = ContentFacts(asked=frozenset({"earlier"}), earlier=earlier)
    return msgspec.structs.replace(ORDINARY, content=content)


async def test_the_seals_with_the_certificate_of_an_earlier_signature_are_named(
    tmp_path: Path,
) -> None:
    async with signing_house(tmp_path) as house:
        in_force = house.in_force
    own = sha256(in_force.seals["legal-rep-li"].certificates[0]).hexdigest()
    content = with_own_seals(_signed_by("0" * 64, own), in_force).content
    assert isinstance(content, ContentFacts)
    assert [each.seals for each in content.earlier] == [msgspec.UNSET, ("legal-rep-li",)]
    assert with_own_seals(ORDINARY, in_force) is ORDINARY
