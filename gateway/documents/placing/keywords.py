"""How a keyword is recognised in a page's text, whatever the producing program did to it.

Characters count as the same when they differ in width alone (Ａ and A, （ and (), or when one is
the other's compatibility form, such as the Kangxi radicals that some fonts give for ideographs.
² and ① stay what they are: there the difference means something. Case counts.

White space, line ends included, may stand between two characters of which one is Chinese, Japanese
or Korean, because those scripts have no spaces and typesetters put them in at will. Between Latin
letters and digits it may not, or `seal` would be found in `the sea lies`; but a keyword all of
whose letters are set apart (s e a l) is found.
"""

import re
import unicodedata

_SAME_BUT_FOR_FORM = ("<wide>", "<narrow>", "<compat>", "<noBreak>")
# What programs leave in text that nobody sees: soft hyphen, zero-width marks, byte order marks.
_UNSEEN = frozenset("\0\u00ad\u200b\u200c\u200d\u2060\ufeff\ufffe\uffff")
_JOINING = frozenset(".,'-_")


class _Folding(dict[int, str]):
    """For `str.translate`: each character is looked at once."""

    def __missing__(self, code: int) -> str:
        self[code] = found = _folded(chr(code))
        return found


_FOLDING = _Folding()


def folded(text: str) -> str:
    """The text as keywords are compared: without differences of width, or what nobody sees."""
    return text.translate(_FOLDING)


def keyword_pattern(keyword: str) -> re.Pattern[str] | None:
    """What finds the keyword in `folded` text; None for a keyword of nothing but spaces."""
    words = folded(unicodedata.normalize("NFC", keyword)).split()
    if not words:
        return None
    tight = _written(words, gap="")
    apart = _written(words, gap=r"[^\S\r\n]+")
    return re.compile(tight if tight == apart else f"(?:{tight}|{apart})")


def _written(words: list[str], *, gap: str) -> str:
    parts = []
    before, is_new = "", False
    for word in words:
        for character in word:
            if before:
                parts.append(_joint(before, character, r"\s+" if is_new else gap))
            parts.append(re.escape(character))
            before, is_new = character, False
        is_new = True
    return "".join(parts)


def _joint(before: str, after: str, between_letters: str) -> str:
    return between_letters if _holds_on(before) and _holds_on(after) else r"\s*"


def _holds_on(character: str) -> bool:
    # Letters and digits of scripts with spaces, and what stands within their words and numbers.
    is_wide = unicodedata.east_asian_width(character) in ("W", "F")
    return not is_wide and (character.isalnum() or character in _JOINING)


def _folded(character: str) -> str:
    if character in _UNSEEN:
        return ""
    form = unicodedata.decomposition(character)
    if not form or (form.startswith("<") and not form.startswith(_SAME_BUT_FOR_FORM)):
        return character
    return unicodedata.normalize("NFKC", character)
