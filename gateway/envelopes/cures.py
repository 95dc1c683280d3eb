"""What to do about an envelope that is held up, by the word of its trouble."""

from typing import Final

from gateway.envelopes import errors
from gateway.errors import Problem

_COMPARE: Final = (
    "Compare transcripts with the partner (`sealgate envelope compare`), and report it to the "
    "network's operator with both."
)
NARROW_CURE: Final = (
    "Raise the limit of a request's body at whatever stands between this gateway and the network "
    "(of nginx `client_max_body_size`) to 65 MiB, the network's own; it is then sent by itself "
    "within a quarter of an hour."
)
_NETWORK: Final = dict.fromkeys(
    (
        "network-signature",
        "hash",
        "author-signature",
        "unreadable",
        "order",
        "gap",
        "not-allowed",
        "statement",
        "organisation",
        "content",
    ),
    _COMPARE,
) | {
    "time": "Compare our clock and the network's with the true time, and ask its operator. What is "
    "dated ahead goes on by itself at that moment, once the next comparison finds it still there.",
    "forked": f"{_COMPARE} Neither side signs on: withdraw, and send a new envelope.",
    "other-terms": f"{_COMPARE} Neither side signs on: withdraw, and send a new envelope.",
    "missing": "Keep your transcript (`sealgate envelope transcript`): it is the proof. Ask the "
    "network's operator to restore its backup.",
    "network-key": "Ask the network's operator by another way, before bridge.network_key is "
    "changed.",
    "card-swapped": "Ask the partner by another way which card is its own.",
    "card-older": "Ask the partner by another way which card is its own.",
    "card-unknown": "Wait: the partner's gateway publishes its card when it starts. What is to be "
    "sent to it goes out by itself within five minutes of that; until then it can be withdrawn.",
    "frozen": "Ask the officers: it goes out by itself once the freeze has ended. If it must not, "
    "withdraw it, or decline it, meanwhile.",
    "stamp-over-text": "Look at the document before anything is done on it. If the stamp makes it "
    "say something else, tell the partner, and cancel it: an envelope of its own, with `voids`.",
    "refused-content-quota": "Ask who runs the network for more room; it is then sent by itself "
    "within a quarter of an hour.",
    "network-way-too-narrow": NARROW_CURE,
    "not-compared": "It is tried again by itself, at the latest after a quarter of an hour. If "
    "that lasts, report the envelope's id and these words to who runs the network.",
    "card-untrusted": "If you mean to trust that CA, put it into the folder bridge.trusted_roots; "
    "it goes on within two minutes, without a new start.",
}
"""Of what a network said, what keeps us from it, and what is told besides; see docs/bridge.md."""
_PROBLEMS: Final = {
    each.type: each.cure
    for each in vars(errors).values()
    if isinstance(each, type) and issubclass(each, Problem) and each is not Problem
}


def cure_of(trouble: str) -> str:
    """What to do; empty: the words of the trouble say it themselves."""
    return _NETWORK.get(trouble) or _PROBLEMS.get(trouble, "")
