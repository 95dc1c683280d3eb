"""Step 3: what a worker is asked to do with the document that came in."""

from collections.abc import Iterator

import msgspec

from gateway.documents.errors import PreparationFailedProblem
from gateway.documents.model import Preparation, Prepared
from gateway.signing.act import Part
from gateway.signing.deciding import Inquiry
from gateway.signing.digests import HashedDocument, hashed
from policies.model import Fact
from policies.objects.documents import Template


def first_preparation(inquiry: Inquiry, first: Part) -> Preparation:
    """For the first part, where its stamp will most likely go.

    A repeat is prepared for the same id and moment, so it signs the same bytes. Of the content only
    what a rule asks for is looked for, whichever seal it is about.
    """
    document_type = inquiry.document_type
    asks: frozenset[Fact] = frozenset().union(*(case.asks() for case in inquiry.cases))
    return Preparation(
        document_id=first.document_id,
        signed_at=first.signed_at,
        placement=inquiry.cases[0].likely_placement(),
        normalize=document_type.normalize,
        look_under=document_type.intake.looks_under,
        ask=asks,
        templates=tuple(_templates(inquiry)) if asks & {"template", "fields"} else (),
        parties=tuple(dict.fromkeys(_parties(inquiry))) if "parties" in asks else (),
    )


async def what_is_sealed(
    document: HashedDocument, prepared: Prepared, *, normalize: bool
) -> tuple[HashedDocument, Prepared]:
    """The bytes that came in, or what a type that normalises made of them; and what follows them.

    Raises:
        PreparationFailedProblem: a worker wrote a document anew, or did not, unasked.
    """
    if (prepared.normalized is not None) != normalize:
        raise PreparationFailedProblem("a worker wrote a document anew, or did not, unasked")
    if prepared.normalized is None:
        return document, prepared
    written_anew = await hashed(prepared.normalized)
    return written_anew, msgspec.structs.replace(prepared, normalized=None)


def _templates(inquiry: Inquiry) -> Iterator[Template]:
    for template in inquiry.in_force.bundle.templates.values():
        if template.document_type == inquiry.document_type.name:
            yield template


def _parties(inquiry: Inquiry) -> Iterator[str]:
    """Names that may stand in the document: the group's companies, and those of the request."""
    for company in inquiry.in_force.bundle.companies.values():
        yield company.title
    for name, attribute in inquiry.document_type.attributes.items():
        value = inquiry.request.seal_request.attributes.get(name)
        if attribute.party and isinstance(value, str):
            yield value
