"""Amounts of renminbi in lines of text, in cents.

An amount is told by its mark: ¥, RMB, CNY or 人民币 before it, or 元 after it; numerals may be
digits or Chinese, plain or financial (壹贰叁). One that cannot be read with certainty is none that
may be left out: then there is no answer about amounts at all.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from decimal import ROUND_CEILING, Decimal
from typing import Final

from gateway.documents.content.doubts import (
    is_date,
    is_heading_of_multiples,
    refuse_doubts,
    refuse_part,
    refuse_unread,
)
from gateway.documents.content.errors import NoAnswerError
from gateway.documents.content.marks import MARK, MINUS, POWER, POWERS, RUN, YUAN
from gateway.documents.content.numerals import NUMERALS, value_of
from gateway.documents.content.spacing import closed

_MOST_CENTS: Final = 10**15
_MOST_AMOUNTS: Final = 1_000
_SURE = re.compile(r"(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]+)?")
# 1.280 is one yuan and a bit here, and a thousand and a bit elsewhere.
_TWO_WAYS = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}")
_MOST_POWERS: Final = 4
_TIMES = rf"(?P<power>(?:\s*[{POWER}]{{1,{_MOST_POWERS}}})?)"
_SMALL = r"(?:\s*(?P<jiao>[0-9])\s*角)?(?:\s*(?P<fen>[0-9])\s*分)?"
_ALONE = r"(?<![0-9A-Za-z])"  # else a minus is a hyphen
_FROM_ITS_FIRST = r"(?<![0-9])(?<![0-9][.,'’·])"

_WITH_MARK = re.compile(
    rf"(?P<minus>(?:{_ALONE}[{MINUS}]\s*)?{MARK}[:\s]*[{MINUS}]?)\s*"
    rf"(?P<run>{RUN}){_TIMES}(?:\s*[{YUAN}]{_SMALL})?"
)
_WITH_YUAN = re.compile(
    rf"(?P<minus>{_ALONE}[{MINUS}]|){_FROM_ITS_FIRST}(?P<run>{RUN}){_TIMES}"
    rf"\s*(?:[{YUAN}]|\([{YUAN}]\)){_SMALL}"
)
_MARK_BEHIND = re.compile(
    rf"(?P<minus>{_ALONE}[{MINUS}]|){_FROM_ITS_FIRST}(?P<run>{RUN}){_TIMES}"
    rf" ?{MARK}(?!\()(?![\W_]*[0-9{NUMERALS}])(?P<jiao>)(?P<fen>)"
)
_YUAN_BEFORE = re.compile(
    rf"\((?:[{YUAN}]|{MARK}[{YUAN}]?)\)[:\s]*(?P<minus>[{MINUS}]?)(?P<run>{RUN})(?P<power>)(?P<jiao>)(?P<fen>)"
)
_LONGEST_NUMERAL: Final = 60
_GROUP = rf"[{NUMERALS}](?:\s*[{NUMERALS}]){{0,{_LONGEST_NUMERAL}}}+"
_TOO_LONG = re.compile(rf"(?:[{NUMERALS}]\s*){{{_LONGEST_NUMERAL}}}")
_FROM_ITS_START = rf"(?<![{NUMERALS}])"
_CHINESE = re.compile(
    rf"{_FROM_ITS_START}(?P<yuan>{_GROUP})\s*(?:[{YUAN}]|(?=[整正]))"
    rf"(?:\s*(?P<jiao>{_GROUP})\s*角)?(?:\s*(?P<fen>{_GROUP})\s*分)?"
    rf"|{_FROM_ITS_START}(?P<only_jiao>{_GROUP})\s*角"
    rf"(?:\s*(?P<only_fen>{_GROUP})\s*分)?(?=\s*[整正])"
)
_UNREAD = re.compile(rf"{MARK}[:\s]*[{MINUS}]?\s*(?P<next>\S)")
# Capitals may follow a sum in figures at once.
_ENDED = re.compile(rf"(?:\.[0-9]{{2}}|{MARK}[:\s]*{RUN})\s*$")
_AROUND: Final = 24
_UNITS: Final = "十拾百佰千仟万萬亿億"
_FEW: Final = frozenset("一二三四五六七八九十两兩零〇")


def amounts_in(lines: Iterable[str]) -> tuple[int, ...]:
    """Each amount once, in cents, in the order of the lines.

    Args:
        lines: folded (`placing.keywords`).

    Raises:
        NoAnswerError: one cannot be read with certainty, or there are too many.
    """
    found: dict[int, None] = {}
    multiples = False
    for line in map(closed, lines):
        multiples = multiples or is_heading_of_multiples(line)
        for _, cents in sorted(_found_in(line)):
            if abs(cents) > _MOST_CENTS:
                raise NoAnswerError("an amount is too large")
            found[cents] = None
        if len(found) > _MOST_AMOUNTS:
            raise NoAnswerError(f"there are more than {_MOST_AMOUNTS} amounts")
    if multiples and found:
        raise NoAnswerError("amounts stand beneath a multiple of 元")
    return tuple(found)


def _found_in(line: str) -> Iterator[tuple[int, int]]:
    """Where each begins, and its cents."""
    _refuse_other_digits(line)
    if _TOO_LONG.search(line) is not None:
        raise NoAnswerError("a Chinese numeral is too long")
    refuse_doubts(line)
    read: set[int] = set()
    for pattern in (_WITH_MARK, _WITH_YUAN, _MARK_BEHIND, _YUAN_BEFORE):
        for hit in pattern.finditer(line):
            if pattern is _WITH_YUAN and is_date(line, hit["run"], hit.end()):
                continue
            _refuse_split(line, hit)
            refuse_part(line, hit)
            read.add(hit.start("run"))
            yield hit.start("run"), _cents(hit)
    refuse_unread(line, read)
    for hit in _CHINESE.finditer(line):
        cents = _chinese_cents(line, hit)
        if cents is not None:
            yield hit.start(), cents


def _cents(hit: re.Match[str]) -> int:
    run = hit["run"]
    if len(run) > _LONGEST_NUMERAL:
        raise NoAnswerError("an amount has too many digits")
    if _SURE.fullmatch(run) is None or _TWO_WAYS.fullmatch(run) is not None:
        raise NoAnswerError("an amount can be read in two ways")
    yuan = Decimal(run.replace(",", ""))
    yuan *= 10 ** sum(POWERS[each] for each in hit["power"] or "" if each in POWERS)
    # Of a price per piece with more than cents nothing is lost.
    cents = int((yuan * 100).to_integral_value(ROUND_CEILING))
    cents += 10 * int(hit["jiao"] or 0) + int(hit["fen"] or 0)
    return -cents if any(each in MINUS for each in hit["minus"]) else cents


def _refuse_split(line: str, hit: re.Match[str]) -> None:
    """`¥1 280.00` is one number to some, and two to others."""
    start, end, run = hit.start("run"), hit.end("run"), hit["run"]
    starts_with_group = re.match(r"[0-9]{3}(?![0-9])", run) is not None
    if starts_with_group and re.fullmatch(r"[0-9] ", line[max(start - 2, 0) : start]):
        raise NoAnswerError("an amount is set apart by a space")
    after = line[end : end + 5]
    if run.isdigit() and re.match(r" [0-9]{3}(?![0-9])", after):
        raise NoAnswerError("an amount is set apart by a space")
    # Digits of another kind, such as ² or ٣, that follow at once.
    if after[:1] and unicodedata.category(after[0]).startswith("N") and after[0] not in _FEW:
        raise NoAnswerError("an amount goes on in digits of another kind")


def _refuse_other_digits(line: str) -> None:
    for hit in _UNREAD.finditer(line):
        following = hit["next"]
        if unicodedata.category(following).startswith("N") and following not in "0123456789〇":
            raise NoAnswerError("an amount is written in digits of another kind")
    for position, character in enumerate(line[:-1]):
        if line[position + 1] in YUAN and _is_other_digit(character):
            raise NoAnswerError("an amount is written in digits of another kind")


def _is_other_digit(character: str) -> bool:
    return unicodedata.category(character).startswith("N") and character not in "0123456789〇"


def _chinese_cents(line: str, hit: re.Match[str]) -> int | None:
    yuan = _squeezed(hit["yuan"])
    if yuan and not _counts(yuan, line, hit):
        return None
    cents = 100 * _value(yuan)
    cents += 10 * _value(_squeezed(hit["jiao"] or hit["only_jiao"]))
    return cents + _value(_squeezed(hit["fen"] or hit["only_fen"]))


def _counts(numerals: str, line: str, hit: re.Match[str]) -> bool:
    """Not in `二元论`, `北京三元食品`, `单位：万元`, `数千元`; nor the unit of digits before it."""
    before = line[max(hit.start() - _AROUND, 0) : hit.start()]
    is_whole = line[hit.end("yuan") :].lstrip(f" \t{YUAN}")[:1] in ("整", "正")
    if re.search(rf"{MARK}[:\s]*$", before) is not None:
        return True
    if is_date(line, numerals, hit.end()):
        return False
    is_unit = all(each in POWERS for each in numerals) and len(numerals) <= _MOST_POWERS
    is_apart = _ENDED.search(before) is not None and numerals[0] not in _UNITS
    if before.rstrip()[-1:].isnumeric() and not is_apart:
        if numerals in _FEW and not is_whole:
            return False
        if not (is_unit and before[-1] in "0123456789"):
            raise NoAnswerError("a Chinese numeral stands right behind a digit")
        return False
    if numerals[0] in "百佰千仟万萬亿億":
        if is_whole or any(each not in _UNITS for each in numerals):
            raise NoAnswerError("an amount in Chinese numerals lacks its first digit")
        return False
    return len(numerals) > 1 or numerals not in _FEW or is_whole


def _value(numerals: str) -> int:
    value = value_of(numerals) if numerals else 0
    if value is None:
        raise NoAnswerError("an amount in Chinese numerals makes no sense")
    return value


def _squeezed(text: str | None) -> str:
    return "".join((text or "").split())
