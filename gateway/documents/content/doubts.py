"""Where an amount stands that would be left out, or be read too small: there is no answer then.

What is looked for here is what people take for a sum though it is not written as one should be.
An empty form or a date must not be taken for one, or good receipts would be refused.
"""

import re
from typing import Final

from gateway.documents.content.errors import NoAnswerError
from gateway.documents.content.marks import CAPITAL, MARK, MINUS, POWER, RUN, YUAN
from gateway.documents.content.numerals import NUMERALS

_MOST_BETWEEN: Final = 20
_BETWEEN = rf"[\W_]{{0,{_MOST_BETWEEN}}}"
_PLAIN_DIGIT = "一二三四五六七八九"
_NO_MONEY = "月旦件器素宝气首老朝代宵氏"
_DATE_OR_TIME = r"(?<![-/.][0-9]{2})(?<![-/.][0-9])(?<!:[0-9]{2})"

_DOUBTS: Final = tuple(
    (re.compile(pattern), why)
    for pattern, why in (
        (rf"[0-9]{MARK}{RUN}", "a mark stands right behind a digit"),
        (
            (
                rf"(?:[0-9]{_DATE_OR_TIME}| [0-9]*\.[0-9]{{2}}) ?(?i:RMB|CNY)"
                rf"(?:\(|{_BETWEEN}[0-9{NUMERALS}])"
                rf"|[0-9]人民[币幣]{_BETWEEN}[0-9]|[0-9.,]{{3}}人民[币幣](?:\(|{_BETWEEN}[{NUMERALS}])"
            ),
            "a mark stands between two numbers",
        ),
        # Whoever leaves 元 out means it all the same, and capitals outweigh figures.
        (
            (
                rf"(?:大写|大寫|{MARK}){_BETWEEN}(?:(?=[{CAPITAL}])|(?=[{NUMERALS}]{{2}}))"
                rf"[{NUMERALS}\s]*+(?![{YUAN}角分整正])"
            ),
            "an amount in Chinese numerals does not say of what",
        ),
        (
            rf"[{CAPITAL}][{NUMERALS}\s]{{0,60}}+(?:[^\w\s]{{1,3}}\s*[{YUAN}整]|园[整正]|{MARK})",
            "an amount in Chinese numerals does not say of what",
        ),
        (
            rf"[0-9)\]}}][^\w\s(]{{1,3}}\s*[{YUAN}](?![{_NO_MONEY}])",
            "an amount is set apart from 元",
        ),
        (rf"[0-9]\s*[)\]}}]\s*{MARK}(?!{_BETWEEN}[0-9])", "an amount is set apart from its mark"),
        (rf"\((?:{MARK})?[{POWER}]{{1,4}}[{YUAN}]\)", "the amounts beneath are multiples"),
        # 100元10分钟 is the price of ten minutes.
        (
            rf"[{YUAN}]\s*(?:[0-9]{{2,}}\s*[角分]|(?<=[0-9]元)[{NUMERALS}]+\s*[角分])(?!钟)",
            "an amount goes on in other numerals",
        ),
        (
            rf"[{_PLAIN_DIGIT}十][百千万亿]?[零〇]?[壹贰叁肆伍陆柒捌玖]",
            "a Chinese numeral may be two",
        ),
    )
)
_AFTER_A_MARK = re.compile(rf"{MARK}{_BETWEEN}(?P<run>[0-9])")
_WHOLE = re.compile(r".*\.[0-9]{2,}")
_SCALE = r"(?i:hundred|thousand|million|billion|trillion|mio|mln|mn|bn|k|m|w)"
_GROWS = re.compile(
    rf"\s*{_SCALE}(?![A-Za-z])|[eE][+-]?[0-9]|\s*[×xX*]\s*10(?![0-9])"
    rf"|\s*[拾佰仟{POWER}]|[{MINUS}—~][^\S\t]*[0-9]"
)
_GOES_ON = re.compile(r"[^\w\s()/×*+=]{0,2}[^\S\t]+[.,]?[0-9]|[^\w\s()/×*+=。]{1,3}[0-9]|_[0-9]")
_BEGAN = re.compile(r"[0-9][.,]?[^\S\t]+$")
_ANOTHER = re.compile(r"(?:[-/.:][0-9]{2}|[-/][0-9])[^\S\t]+$")
_STEM = re.compile(r"[0-9](?:[^\w(]|_){1,3}$")
_JOINED = re.compile(r"[0-9](?:[eE][+-]?|[_;'’·`\"]+)$")
_SCALED = re.compile(rf"单位[:\s]*(?:{MARK})?\s*[{POWER}]{{1,4}}[{YUAN}]")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_AROUND: Final = 24


def refuse_doubts(line: str) -> None:
    """Refuse what looks like an amount and is written as none.

    Raises:
        NoAnswerError: there is an amount that nothing would read.
    """
    for pattern, why in _DOUBTS:
        if pattern.search(line) is not None:
            raise NoAnswerError(why)


def is_heading_of_multiples(line: str) -> bool:
    """Whether the numbers beside and beneath it are not what they say: `单位：万元`."""
    return _SCALED.search(line) is not None


def refuse_unread(line: str, read: set[int]) -> None:
    """Refuse a mark whose number was left out.

    Args:
        line: closed.
        read: where the numbers begin that were read.

    Raises:
        NoAnswerError: the number that follows a mark is none of these.
    """
    if any(hit.start("run") not in read for hit in _AFTER_A_MARK.finditer(line)):
        raise NoAnswerError("a mark is set apart from its amount")


def refuse_part(line: str, hit: re.Match[str]) -> None:
    """Refuse a number of which a part was left out.

    Args:
        line: closed.
        hit: has the groups `run` and `power`.

    Raises:
        NoAnswerError: the number may begin before the run, or go on behind it.
    """
    run, start, end = hit["run"], hit.start("run"), hit.end("run")
    before = line[max(start - _AROUND, 0) : start]
    if _BEGAN.search(before) is not None and _ANOTHER.search(before) is None:
        raise NoAnswerError("an amount is set apart by a space")
    is_tail = re.match("0[0-9]|0$", run) is not None and _STEM.search(before) is not None
    if is_tail or _JOINED.search(before) is not None:
        raise NoAnswerError("an amount is set apart")
    if hit["power"].lstrip()[:1] == "十":  # 3 十万元
        raise NoAnswerError("a Chinese numeral stands right behind a digit")
    if not hit["power"] and hit.end() == end and _WHOLE.fullmatch(run) is None:
        after = line[end : end + _AROUND]
        if _GOES_ON.match(after) is not None:
            raise NoAnswerError("an amount is set apart by a space")
    if _GROWS.match(line, max(hit.end(), hit.end("power"))) is not None:
        raise NoAnswerError("an amount is multiplied by what stands behind it")


def is_date(line: str, number: str, end: int) -> bool:
    """Whether `2024元月1日` or `2024元旦`, rather than `9000000元月付`.

    Args:
        line: closed.
        number: before 元, digits or Chinese numerals.
        end: where 元 ends.

    Raises:
        NoAnswerError: it may be either.
    """
    following = line[end : end + 6]
    if following[:1] not in ("月", "旦") or not _is_year(number):
        return False
    if re.match(rf"旦|月(?:份|[0-9{NUMERALS}]{{1,3}}日|$|\s)", following) is None:
        raise NoAnswerError("a number is a year or an amount")
    return True


def _is_year(number: str) -> bool:
    if _YEAR.fullmatch(number) is not None:
        return True
    return re.fullmatch(f"[{_PLAIN_DIGIT}零〇]{{4}}", number) is not None
