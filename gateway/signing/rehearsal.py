"""Whether the seals of an act can follow one another on this document, before any key is used."""

import hashlib
from collections.abc import Sequence

from gateway.documents.container import digest_of
from gateway.documents.errors import DocumentProblem
from gateway.documents.interfaces import DocumentPress
from gateway.documents.model import Prepared
from gateway.signing.act import Part
from policies.model import Allowed

# Verifies under no key. What is completed with it never leaves this process.
_PLACEHOLDER = bytes(64)


async def rehearse(
    press: DocumentPress,
    parts: Sequence[Part],
    decisions: Sequence[Allowed],
    content: bytes,
    ready: Prepared | None,
) -> None:
    """Go through the parts with a placeholder in the place of every signature value.

    So a stamp that finds no place, and a signature that would break one before it, refuse the
    whole act and not its rest. Whether one breaks another depends on what is changed, not on
    signature values.

    Args:
        press: prepares and completes.
        parts: those that are to be sealed, in order.
        decisions: for each of them.
        content: what the first of them is appended to.
        ready: the first of them, where it is prepared already.

    Raises:
        DocumentProblem: why a seal cannot follow those before it.
    """
    for part, decision in zip(parts, decisions, strict=True):
        if ready is None:
            preparation = part.on_the_revision_before(decision.placement)
            try:
                ready = await press.prepare(content, preparation, part.seal)
            except DocumentProblem as problem:
                raise type(problem)(
                    f"seal {part.seal.id!r}, {part.number} of {part.of}: {problem.detail}"
                ) from problem
        if not part.is_last:
            no_digest = bytes(hashlib.new(digest_of(part.seal.mechanism)).digest_size)
            attributes = press.to_be_signed(no_digest, part.seal)
            content += await press.complete(
                ready, part.seal, to_be_signed=attributes, signature=_PLACEHOLDER
            )
        ready = None
