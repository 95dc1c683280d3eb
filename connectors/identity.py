"""Ids of what came: the place's own, marked with what it was."""

import hashlib

_MARK_CHARACTERS = 32


def marked(own: object, content: bytes) -> str:
    """The place's own id with a mark of the content: another content there is another thing."""
    return f"{own}:{hashlib.sha256(content).hexdigest()[:_MARK_CHARACTERS]}"


def own_id(marked_id: str) -> str:
    """The place's own id again."""
    return marked_id[: -_MARK_CHARACTERS - 1]
