"""Under which id a company of ours says something: the same again where it says the same.

The id follows from what is said, through the company's key: whoever says it a second time after a
crash says it under the same id, and nobody else can take the id before.
"""

import hashlib
from typing import Final

import msgspec

from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.envelopes.statements import Act, SignedStatement
from gateway.envelopes.carriage.carrying import Bridge

_DOMAIN: Final = b"sealgate id of a statement v1\n"
_DIGITS: Final = 40


def say(
    bridge: Bridge, state: EnvelopeState, act: Act, *, party: str = "", about: str = ""
) -> SignedStatement:
    """A statement of a company of ours.

    Args:
        bridge: the company's.
        state: all that it has seen of the envelope.
        act: what is said.
        party: for whom.
        about: tells this act from others of its kind in the envelope, such as what was signed upon.

    Raises:
        CardMissingProblem: the company has no card to speak by.
    """
    tag = str(act.__struct_config__.tag)
    words = msgspec.json.encode([state.terms.envelope, tag, party, about])
    name = hashlib.sha256(bridge.member.signing_key.sign(_DOMAIN + words)).hexdigest()
    return bridge.statement(state, act, id=name[:_DIGITS], party=party)
