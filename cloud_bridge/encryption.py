"""A document on its way: ciphertext for the organisations that the envelope names.

The body is AES-256-GCM under a key that is used once, so its nonce is zero; HPKE (RFC 9180, base
mode: X25519, HKDF-SHA256, AES-256-GCM) wraps that key for each organisation. What body and keys
belong to is bound to both: a ciphertext that is shown as another document, of another envelope or
for another organisation, does not open.
"""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from cloud_bridge.errors import NetworkLiesError
from cloud_bridge.key_pairs import EncryptionKey, encryption_public
from cloud_bridge.model import Card
from cloud_bridge.wire import Content, ContentHead, WrappedKey

_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_BODY: Final = b"sealgate content v1\n"
_KEY: Final = b"sealgate content key v1\n"
_ONCE: Final = bytes(12)
_KEY_BITS: Final = 256


def encrypt(plaintext: bytes, *, envelope: str, cards: Sequence[Card]) -> Content:
    """For the organisations of the cards and nobody else (mode `encrypted`).

    Raises:
        ValueError: there is no card, two of one organisation, or one whose key is none.
    """
    organisations = {card.organisation for card in cards}
    if not cards or len(organisations) < len(cards):
        raise ValueError("content is encrypted to one card of each organisation, and to some")
    digest = hashlib.sha256(plaintext).hexdigest()
    head = ContentHead(envelope=envelope, digest=digest, size=len(plaintext), mode="encrypted")
    key = AESGCM.generate_key(_KEY_BITS)
    keys = tuple(
        WrappedKey(
            organisation=card.organisation,
            card=card.serial,
            sealed=_SUITE.encrypt(
                key,
                encryption_public(card.encryption_key),
                _key_info(head, card.organisation, card.serial),
            ),
        )
        for card in cards
    )
    body = AESGCM(key).encrypt(_ONCE, plaintext, _body_bound(head))
    return Content(head=msgspec.structs.replace(head, keys=keys), body=body)


def plain(plaintext: bytes, *, envelope: str) -> Content:
    """As it is (mode `open`): the network may show it."""
    digest = hashlib.sha256(plaintext).hexdigest()
    head = ContentHead(envelope=envelope, digest=digest, size=len(plaintext), mode="open")
    return Content(head=head, body=plaintext)


def opened(content: Content, *, organisation: str, key: EncryptionKey) -> bytes:
    """The plaintext, which has the digest and the size that the head tells.

    Whoever asked compares `head.envelope` and `head.digest` with what it asked for.

    Raises:
        NetworkLiesError: `content`: it is not for this organisation and key, was changed, or is
            something else than its head says.
    """
    plaintext = _decrypted(content, organisation, key)
    head = content.head
    if len(plaintext) != head.size or hashlib.sha256(plaintext).hexdigest() != head.digest:
        raise _lie(head, "what came has another digest or size than was told")
    return plaintext


def _decrypted(content: Content, organisation: str, key: EncryptionKey) -> bytes:
    head = content.head
    if head.mode == "open":
        return content.body
    if head.mode != "encrypted":
        raise _lie(head, "of this mode the network holds no content")
    ours = [each for each in head.keys if each.organisation == organisation]
    if not ours:
        raise _lie(head, f"it is not encrypted to {organisation}")
    content_key = _unwrapped(head, ours, key)
    try:
        return AESGCM(content_key).decrypt(_ONCE, content.body, _body_bound(head))
    except (InvalidTag, ValueError):
        raise _lie(head, "its bytes were changed, or belong to another document") from None


def _unwrapped(head: ContentHead, ours: Sequence[WrappedKey], key: EncryptionKey) -> bytes:
    for each in ours:
        info = _key_info(head, each.organisation, each.card)
        with suppress(InvalidTag, ValueError):
            return _SUITE.decrypt(each.sealed, key.private, info)
    told = ", ".join(str(each.card) for each in ours)
    raise _lie(head, f"our key opens none that is wrapped for us (cards {told})")


def _body_bound(head: ContentHead) -> bytes:
    return _BODY + msgspec.json.encode([head.envelope, head.digest, head.size, head.mode])


def _key_info(head: ContentHead, organisation: str, card: int) -> bytes:
    return _KEY + msgspec.json.encode([head.envelope, head.digest, organisation, card])


def _lie(head: ContentHead, how: str) -> NetworkLiesError:
    return NetworkLiesError(
        f"content {head.digest[:16]}… of envelope {head.envelope} cannot be used: {how}; "
        "ask its sender to send it again",
        lie="content",
    )
