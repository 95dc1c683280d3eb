"""The fixed sentences that keys sign to prove that they sign; none is a document or a checkpoint.

Whoever reads a module's own log can tell these signatures from documents; there is no intent record
for them.
"""

import hashlib

from hsm.interfaces import Mechanism

SENTENCES = 64


def sentence(number: int) -> bytes:
    """Give the sentence of that number, 0 to 63. It is no document and no checkpoint."""
    return b"sealgate self-test %d" % (number % SENTENCES)


def signed_in_test(mechanism: Mechanism, number: int) -> bytes:
    """What is signed for a sentence: its digest, or itself with a key that signs messages."""
    match mechanism:
        case "ed25519":
            return sentence(number)
        case "ecdsa-p384-sha384":
            return hashlib.sha384(sentence(number)).digest()
        case "rsa-pkcs1-sha256" | "rsa-pss-sha256" | "ecdsa-p256-sha256":
            return hashlib.sha256(sentence(number)).digest()
