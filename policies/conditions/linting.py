"""What can be said against a condition before it has ever decided anything."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from cel_expr_python import cel

from policies.conditions.cel import ENVIRONMENT, MAX_BYTES, one_line
from policies.conditions.expressions import (
    ATTRIBUTE,
    HAS_ATTRIBUTE,
    ZONELESS,
    literal_arguments,
    masked,
    repeats_the_text,
)
from policies.conditions.variables import VARIABLES
from policies.objects.documents import AttributeType
from strictyaml import nearest

_CEL_TYPES: Final = {
    "string": cel.Type.STRING,
    "integer": cel.Type.INT,
    "boolean": cel.Type.BOOL,
}
_ERROR: Final = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*?)(?: \[[A-Z_]+\])?$", re.MULTILINE)
_UNDECLARED: Final = re.compile(r"undeclared reference to '([^']*)'")
_SINGLE_EQUALS = re.compile(r"(?<![=!<>])=(?!=)")
_WORD_OPERATOR = re.compile(r"\b(?:and|or|not)\b", re.IGNORECASE)
_WORDS: Final = {"and": "&&", "or": "||", "not": "!"}
_WIDE: Final = {
    "“": '"', "”": '"', "‘": "'", "’": "'", "＆": "&", "｜": "|", "＝": "=", "！": "!",
    "（": "(", "）": ")", "，": ",", "＜": "<", "＞": ">",
}  # fmt: skip
"""Signs of Chinese typing, and what a condition has for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAttribute:
    """What a condition may count on.

    Attributes:
        type: None when the document types do not agree.
        always: every document type of the policy requires it.
    """

    type: AttributeType | None
    always: bool


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a condition, and what to do."""

    message: str
    cure: str


Signature = tuple[tuple[str, KnownAttribute], ...]


def faults(condition: str, attributes: Mapping[str, KnownAttribute]) -> tuple[Fault, ...]:
    """Everything that speaks against the condition; empty when it may be used."""
    return _faults(condition, tuple(sorted(attributes.items(), key=lambda item: item[0])))


@lru_cache(
    maxsize=65536
)  # many rules of a group say the same, and a change leaves most as they are
def _faults(condition: str, signature: Signature) -> tuple[Fault, ...]:
    attributes = dict(signature)
    size = len(condition.encode(errors="surrogatepass"))
    if size > MAX_BYTES:
        message = f"the condition has {size} bytes, more than {MAX_BYTES}"
        return (Fault(message, "split it into several rules"),)
    return (
        *_attribute_faults(condition, attributes),
        *(_type_faults(condition, signature) or _literal_faults(condition)),
        *_clock_faults(condition),
        *_loop_faults(condition),
    )


def _attribute_faults(condition: str, attributes: Mapping[str, KnownAttribute]) -> Iterator[Fault]:
    text = masked(condition)
    asked = {found[1] for found in HAS_ATTRIBUTE.finditer(text)}
    for name in sorted({found[1] for found in ATTRIBUTE.finditer(text)}):
        if name not in attributes:
            meant = nearest(name, attributes)
            cure = f"did you mean doc.attributes.{meant}?" if meant else "add it to the type"
            yield Fault(f"no document type of the policy has the attribute `{name}`", cure)
        elif not attributes[name].always and name not in asked:
            yield Fault(
                f"doc.attributes.{name} may be missing, and the condition would have no answer",
                f"write has(doc.attributes.{name}) && … (or `required: true` in the type)",
            )


def _type_faults(condition: str, signature: Signature) -> tuple[Fault, ...]:
    # `has` needs a map, so it is put aside as `true` of the same length, which keeps the columns.
    text = condition
    for found in HAS_ATTRIBUTE.finditer(masked(condition)):
        text = text[: found.start()] + "true".ljust(len(found[0])) + text[found.end() :]
    try:
        result = _environment(signature).compile(text).return_type()
        ENVIRONMENT.compile(condition)
    except RuntimeError as error:
        return tuple(
            _compiler_faults(str(error), condition, _variables(signature), dict(signature))
        )
    if result != cel.Type.BOOL:
        message = f"the condition gives {result}, not BOOL"
        return (Fault(message, "compare it with something, so that it is true or false"),)
    return ()


@lru_cache(maxsize=256)  # one for each set of document types that some policy is for
def _environment(signature: Signature) -> Any:  # noqa: ANN401 - the engine's type has no stub
    """For checking only: no map of attributes, in which an unknown one could hide."""
    return cel.NewEnv(variables=_variables(signature))


def _variables(signature: Signature) -> dict[str, Any]:
    """Each attribute as a variable with a type."""
    usual = {name: each.type for name, each in VARIABLES.items() if name != "doc.attributes"}
    attributes = {
        f"doc.attributes.{name}": cel.Type.DYN if known.type is None else _CEL_TYPES[known.type]
        for name, known in signature
    }
    return usual | attributes


def _compiler_faults(
    message: str, condition: str, variables: Iterable[str], attributes: Mapping[str, KnownAttribute]
) -> Iterator[Fault]:
    found = _ERROR.findall(message)
    if not found:
        yield Fault(f"not a condition: {one_line(message)}", "make it simpler")
    for line, column, text in found:
        place = f"line {line}, column {column}" if line != "1" else f"column {column}"
        undeclared = _UNDECLARED.match(text)
        if undeclared is None:
            yield Fault(f"{text} ({place})", _cure_of_syntax(condition))
            if text.startswith("Syntax error"):
                return  # what follows only follows from it
        elif undeclared[1] == "doc.attributes":
            yield Fault(
                f"doc.attributes is only read by name ({place})",
                "write doc.attributes.NAME, and has(doc.attributes.NAME) to ask if it is there",
            )
        elif not undeclared[1].startswith("doc.attributes."):
            bare = f"doc.attributes.{undeclared[1]}"
            meant = bare if undeclared[1] in attributes else nearest(undeclared[1], variables)
            known = ", ".join(sorted(VARIABLES))
            cure = f"did you mean {meant}?" if meant else f"known: {known}"
            yield Fault(f"unknown name `{undeclared[1]}` ({place})", cure)


def _cure_of_syntax(condition: str) -> str:
    """What was probably meant, where the grammar only says that it is none of its words."""
    text = masked(condition)
    wide = [mark for mark in _WIDE if mark in condition]
    if wide:
        return f"write {'  '.join(f'{_WIDE[mark]} for {mark}' for mark in wide)}"
    if _SINGLE_EQUALS.search(text) is not None:
        return "write == to compare"
    found = _WORD_OPERATOR.search(text)
    if found is not None:
        return f"write {_WORDS[found[0].lower()]} for {found[0]}"
    return "see the CEL language definition for what fits"


def _literal_faults(condition: str) -> Iterator[Fault]:
    """Run the functions that take a text apart on the texts that are written out."""
    for function, literal in literal_arguments(condition):
        sample = {
            "matches": f'"".matches({literal})',
            "timestamp": f"timestamp({literal}) != timestamp(0)",
            "duration": f'duration({literal}) != duration("0s")',
        }.get(function, f"timestamp(0).{function}({literal}) >= 0")
        answer = ENVIRONMENT.compile(sample).eval(data={})
        if answer.type() == cel.Type.ERROR:
            message = f"{function}({literal}) has no answer: {one_line(str(answer.value()))}"
            yield Fault(message, "correct the text in quotes")


def _clock_faults(condition: str) -> Iterator[Fault]:
    for found in ZONELESS.finditer(masked(condition)):
        yield Fault(
            f"{found[0]} reads the clock in UTC, eight hours behind Shanghai",
            f'name the time zone: {found[0][: found[0].rindex("(")]}("Asia/Shanghai")',
        )


def _loop_faults(condition: str) -> Iterator[Fault]:
    # Thousands of amounts times the text of fifty pages are seconds, for which everybody waits.
    if repeats_the_text(condition):
        yield Fault(
            "the whole text would be gone through for each item of a list",
            "ask doc.text outside of all(), exists(), exists_one(), filter(), map() and of lists: "
            'of several words one by doc.text.matches("甲|乙")',
        )
