"""Whether content restores the graphics state more often than it saves it (`q` and `Q`, §8.4.2).

poppler then shows nothing of what follows, and pdfium (Chrome) all of it.
"""

import re
from typing import Final

from gateway.documents.inspection.font_names import without_texts

_REGULAR: Final = rb"[^\x00\t\n\x0c\r ()<>\[\]{}/%]"
_STATE: Final = re.compile(rb"[qQ](?<!" + _REGULAR + rb"[qQ])(?!" + _REGULAR + rb")")
_SAVES: Final = b"q"
_BEGINS: Final = b"BI"
_PICTURE: Final = re.compile(
    rb"BI(?<!" + _REGULAR + rb"BI)[\x00\t\n\x0c\r /].*?[\x00\t\n\x0c\r ]ID[\x00\t\n\x0c\r ]"
    rb".*?[\x00\t\n\x0c\r ]EI(?!" + _REGULAR + rb")",
    re.DOTALL,
)


def restores_too_often(content: bytes) -> bool:
    """Whether it does. Texts, comments and pictures within content say nothing.

    Args:
        content: of a page, a form, a pattern or a character.
    """
    if _BEGINS not in content:
        return _falls_below(without_texts(content))
    # A text may look like a picture, and what a picture is of like the beginning of a text.
    return _falls_below(_PICTURE.sub(b" ", without_texts(content))) or _falls_below(
        without_texts(_PICTURE.sub(b" ", content))
    )


def _falls_below(content: bytes) -> bool:
    depth = 0
    for word in _STATE.findall(content):
        depth += 1 if word == _SAVES else -1
        if depth < 0:
            return True
    return False
