"""What the HSM's own log is held against (I3, I6)."""

import hashlib
from collections.abc import Iterator
from datetime import datetime

from tests.chaos.model import History, Violation
from tests.chaos.tree import read_head, roots

# DER of DigestInfo before a SHA-256 (RFC 8017 §9.2, note 1): what RSA keys are given besides.
_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
_SENTENCES = tuple(b"sealgate self-test %d" % number for number in range(64))
_SELF_TEST = {
    form
    for sentence in _SENTENCES
    for form in (
        sentence,
        hashlib.sha256(sentence).digest(),
        _DIGEST_INFO + hashlib.sha256(sentence).digest(),
        hashlib.sha384(sentence).digest(),
    )
}


def every_use_of_a_key_was_intended(history: History) -> Iterator[Violation]:
    """I3: before each C_Sign there is an intent with that digest and key, and it survived.

    Tree heads are no seals: of them the tree must be the one that the log still has.
    """
    intended: dict[tuple[str, bytes], float] = {}
    for record in history.records:
        if record["kind"] == "intent":
            use = record["key"], bytes.fromhex(record["to_be_signed"])
            intended.setdefault(use, datetime.fromisoformat(record["at"]).timestamp())
    heads = {
        call.data: read_head(call.data)
        for call in history.calls
        if call.data is not None and call.data not in _SELF_TEST
    }
    known = roots(history.leaves, [head[0] for head in heads.values() if head is not None])
    for call in history.calls:
        if call.name != "C_Sign" or call.data is None or call.data in _SELF_TEST:
            continue
        head = heads[call.data]
        if head is not None:
            if known.get(head[0]) != head[1]:
                yield Violation("I3", f"a tree head over {head[0]} records is not this log's")
            continue
        at = intended.get((call.key or "", call.data.removeprefix(_DIGEST_INFO)))
        if at is None:
            yield Violation("I3", f"{call.key} signed {call.data.hex()}, which nobody intended")
        elif at > call.at:
            yield Violation("I3", f"{call.key} signed {at - call.at:.6f} s before the intent")


def the_pin_is_not_tried_again(history: History) -> Iterator[Violation]:
    """I6: no login was refused, so that no token comes nearer to its lock."""
    refused = {0xA0, 0xA1, 0xA2, 0xA3, 0xA4}  # CKR_PIN_INCORRECT to CKR_PIN_LOCKED
    for call in history.calls:
        if call.name == "C_Login" and call.answer in refused:
            yield Violation("I6", f"a login was refused with {call.answer:#x}")
