"""What a content must be, whoever brings it, and whatever it is brought for."""

import hashlib
from typing import Final

from cloud_bridge.envelopes.terms import is_digest, is_envelope_id
from cloud_bridge.model import ContentMode
from cloud_bridge.network.problems import MalformedProblem, ModeProblem
from cloud_bridge.wire import Content, ContentHead

_MOST_KEYS: Final = 1000
_LONGEST_KEY: Final = 512
"""Bytes of a wrapped key, or letters of an organisation's id: HPKE takes 80."""


def judge(content: Content) -> None:
    """Refuse what is no content; MalformedProblem, ModeProblem: why."""
    head = content.head
    if not is_envelope_id(head.envelope):
        raise MalformedProblem("an envelope's id is a UUID in lower case")
    if not is_digest(head.digest):
        raise MalformedProblem("a digest is SHA-256 in lower-case hex")
    if head.mode == "digest":
        raise ModeProblem("a content is `encrypted` or `open`")
    if head.mode == "open":
        if head.keys or head.size != len(content.body):
            raise MalformedProblem("an open content has no keys, and is as long as it says")
        if hashlib.sha256(content.body).hexdigest() != head.digest:
            raise MalformedProblem("the content has another digest than its head says")
    elif not head.keys:
        raise MalformedProblem("an encrypted content has keys for those who may read it")
    longest = max((max(len(key.sealed), len(key.organisation)) for key in head.keys), default=0)
    if len(head.keys) > _MOST_KEYS or longest > _LONGEST_KEY:
        raise MalformedProblem(
            f"a content has at most {_MOST_KEYS} keys, each of at most {_LONGEST_KEY} bytes"
        )


def refuse_other_mode(head: ContentHead, mode: ContentMode) -> None:
    """ModeProblem: the terms do not let the network hold such content."""
    if head.mode != mode or mode == "digest":
        raise ModeProblem(f"the terms say {mode!r}, and {head.digest} was brought as {head.mode!r}")
