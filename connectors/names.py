"""Names of strangers, made fit to be one name at our side or theirs."""

import hashlib
import unicodedata

_LONGEST_BYTES = 200
_LONGEST_CHARACTERS = 500


def plain_name(name: object, *, otherwise: str) -> str:
    """A name that any store and any answer can hold, of at most 500 characters.

    Halves of letters and control characters become U+FFFD; what is no text,
    or empty, is called otherwise.
    """
    if not isinstance(name, str) or not name:
        return otherwise
    letters = name[:_LONGEST_CHARACTERS]
    return "".join("\ufffd" if _is_unfit(letter) else letter for letter in letters)


def safe_name(name: str) -> str:
    """One segment of a path, never `.` or `..`, without control characters, at most 200 bytes.

    A name that is fit already stays as it is. A name that had to be shortened keeps its end (the
    suffix) and gets a part of its own digest, so that two long names stay two.
    """
    kept = "".join(
        "_" if letter in '/\\:*?"<>|' or _is_unfit(letter) else letter for letter in name
    ).strip(" .")
    if not kept:
        return "unnamed-" + _mark(name)
    if len(kept.encode()) <= _LONGEST_BYTES:
        return kept
    return (
        kept.encode()[: _LONGEST_BYTES - 40].decode(errors="ignore")
        + "-"
        + _mark(name)
        + _suffix(kept)
    )


def _is_unfit(letter: str) -> bool:
    return unicodedata.category(letter) in {"Cc", "Cs"}


def _mark(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _suffix(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    return dot + suffix if stem and len(suffix.encode()) <= 20 else ""  # noqa: PLR2004 - see above
