"""Whether what a stamp draws stays in its place. Runs in children only.

Readers clip an appearance to its bounds and save their state before it. What restores more than it
has saved takes the clip away again, in pdf.js, and then it draws over all of the page.
"""

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

from pyhanko.pdf_utils import generic

from gateway.revisions.faults import RevisionFaultError
from gateway.revisions.objects import entry_of
from gateway.revisions.texts import end_of_text

_ENDS: Final = rb"(?![^\0\t\n\f\r ()<>\[\]{}/%])"
_TOKEN: Final = re.compile(
    rb"%[^\r\n]*+|\(|<(?!<)[^>]*+>?|/[^\0\t\n\f\r ()<>\[\]{}/%]*+"
    rb"|(?<![^\0\t\n\f\r ()<>\[\]{}/%])(?:q|Q|BI)" + _ENDS
)
_BEGINS: Final = re.compile(rb"[%(</qQB]")
_RESTORES: Final = re.compile(rb"Q" + _ENDS)
_MOST: Final = 256


def check_bounds(picture: generic.StreamObject) -> None:
    """See that an appearance, and all that it draws with, restores only what it has saved.

    Raises:
        RevisionFaultError: `too-large-a-stamp`, or `could-not-tell` where it draws with too much.
    """
    waiting, seen = [picture], dict[int, generic.StreamObject]()
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen[id(each)] = each
        if len(seen) > _MOST:
            raise RevisionFaultError("could-not-tell", "its stamp draws with too many things")
        if _restores_too_much(each.data):
            why = "its stamp restores more than it has saved, and some readers draw it unbounded"
            raise RevisionFaultError("too-large-a-stamp", why)
        waiting += _drawn_with(entry_of(each, "/Resources"))


def _drawn_with(resources: Any) -> Iterator[generic.StreamObject]:  # noqa: ANN401 - objects of a file have no narrower type
    forms = (
        each
        for each in _entries(entry_of(resources, "/XObject"))
        if isinstance(each, generic.DictionaryObject) and entry_of(each, "/Subtype") != "/Image"
    )
    masks = (
        entry_of(entry_of(each, "/SMask"), "/G")
        for each in _entries(entry_of(resources, "/ExtGState"))
        if isinstance(each, generic.DictionaryObject)
        and isinstance(entry_of(each, "/SMask"), generic.DictionaryObject)
    )
    patterns = _entries(entry_of(resources, "/Pattern"))
    fonts = map(_of_font, _entries(entry_of(resources, "/Font")))
    for each in chain(forms, masks, patterns, *fonts):
        if isinstance(each, generic.StreamObject):
            yield each


def _of_font(font: Any) -> Iterator[Any]:  # noqa: ANN401 - see above
    if isinstance(font, generic.DictionaryObject) and entry_of(font, "/Subtype") == "/Type3":
        yield from _entries(entry_of(font, "/CharProcs"))
        yield from _drawn_with(entry_of(font, "/Resources"))


def _entries(found: Any) -> Iterator[Any]:  # noqa: ANN401 - see above
    if isinstance(found, generic.DictionaryObject):
        for key in found:
            yield found[key]


def _restores_too_much(content: bytes) -> bool:
    """Whether there is a Q without a q before it, as any reader may read it."""
    depth, at = 0, 0
    # One search for all kinds of tokens would try each at every byte of a stamp's numbers.
    while (begun := _BEGINS.search(content, at)) is not None:
        found = _TOKEN.match(content, begun.start())
        if found is None:
            at = begun.end()
            continue
        at = found.end()
        word = found[0]
        if word == b"q":
            depth += 1
        elif word == b"Q":
            depth -= 1
        elif word == b"(":
            at = end_of_text(content, at) or len(content)
        elif word == b"BI":
            # Where a picture's data end is for each reader to guess: what follows saves nothing.
            return depth < len(_RESTORES.findall(content, at))
        if depth < 0:
            return True
    return False
