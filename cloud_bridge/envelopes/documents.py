"""Whether a document is the one that an envelope's record tells of, revision by revision."""

import hashlib
from collections.abc import Iterator

from cloud_bridge.envelopes.model import EnvelopeState


def faults_of_document(state: EnvelopeState, name: str, content: bytes) -> Iterator[str]:
    """What does not agree between a document as somebody has it and the record."""
    terms = next((each for each in state.terms.documents if each.name == name), None)
    if terms is None:
        yield "the envelope has no document of that name"
        return
    digest = hashlib.sha256(content).hexdigest()
    if digest != state.current[name]:
        yield f"it has digest {digest[:16]}…, the record tells of {state.current[name][:16]}…"
        return
    versions = [("as it was sent", terms.size, terms.digest)] + [
        (f"after signature {number}", each.size, each.digest)
        for number, each in enumerate(state.revisions[name], 1)
    ]
    for words, size, expected in versions:
        if hashlib.sha256(content[:size]).hexdigest() != expected:
            yield f"it does not begin with the document {words}: more than signatures was changed"
