"""CEL by cel-expr-python (Google's CEL in C++).

Its traps, and what is done about them:

* An error is a *value* of type ERROR whose `.value()` is a non-empty text, and some errors are
  raised as RuntimeError instead. Yes is only what has type BOOL and is True.
* Numbers are int64; a larger Python int is an ERROR at the top and a wrong number inside a map.
  `policies.attributes` refuses those before a condition sees them.
* Text ends at its first NUL on the way into CEL: SAFE, NUL, evil is equal to SAFE. No condition
  about such a text has an answer.
* A naive datetime is read in some time zone. `policies.engine` refuses those.

Variables are declared one by one under their dotted names (`doc.pages`), because the engine then
checks names and types when it compiles; of a map it could only say that it is a map.
"""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from cel_expr_python import cel

from policies.bundle import Seal
from policies.errors import ConditionError
from policies.interfaces import Situation
from policies.model import DocumentFacts, SealRequest

MAX_BYTES: Final = 4096
"""Longest condition, in bytes of UTF-8."""

VARIABLES: Final[Mapping[str, Any]] = {
    "caller.system": cel.Type.STRING,
    "caller.company": cel.Type.STRING,
    "caller.roles": cel.Type.List(cel.Type.STRING),
    "seal.id": cel.Type.STRING,
    "seal.company": cel.Type.STRING,
    "seal.type": cel.Type.STRING,
    "doc.type": cel.Type.STRING,
    "doc.business_number": cel.Type.STRING,
    "doc.pages": cel.Type.INT,
    "doc.size_bytes": cel.Type.INT,
    "doc.revisions": cel.Type.INT,
    "doc.signatures": cel.Type.INT,
    "doc.pdf_version": cel.Type.STRING,
    "doc.findings": cel.Type.List(cel.Type.STRING),
    "doc.attributes": cel.Type.Map(cel.Type.STRING, cel.Type.DYN),
    "now": cel.Type.TIMESTAMP,
}
"""What a condition may speak of, with CEL types."""

_WITHOUT_TEXT: Final = (int, datetime)
_BOOL: Final = cel.Type.BOOL

ENVIRONMENT: Final = cel.NewEnv(variables=dict(VARIABLES))


def variables_of(
    request: SealRequest, facts: DocumentFacts, seal: Seal, *, at: datetime
) -> dict[str, object]:
    """The values of VARIABLES. `doc.attributes` has only what the request gives."""
    caller = request.caller
    return {
        "caller.system": caller.system,
        "caller.company": caller.company,
        "caller.roles": sorted(caller.roles),  # CEL knows lists, not sets
        "seal.id": seal.name,
        "seal.company": seal.company,
        "seal.type": seal.type,
        "doc.type": request.document_type,
        "doc.business_number": request.business_number,
        "doc.pages": facts.pages,
        "doc.size_bytes": facts.size_bytes,
        "doc.revisions": facts.revisions,
        "doc.signatures": facts.signatures,
        "doc.pdf_version": facts.pdf_version,
        "doc.findings": [finding.rule for finding in facts.findings],
        "doc.attributes": request.attributes,
        "now": at,
    }


class CELConditions:
    """Compiled once, shared by all situations; implements `policies.interfaces.Conditions`."""

    def __init__(self, texts: Iterable[str], *, hints: Iterable[str] = ()) -> None:
        """Compile the conditions.

        Args:
            texts: what decides.
            hints: parts of conditions that only explain; what does not compile has no answer.

        Raises:
            ConditionError: one of `texts` does not compile.
        """
        self._compiled = {text: compiled(text) for text in set(texts)}
        for hint in set(hints) - self._compiled.keys():
            with suppress(ConditionError):
                self._compiled[hint] = compiled(hint)
        self._named = named_in(self._compiled)

    def situation(self, variables: Mapping[str, object]) -> Situation:
        """See `policies.interfaces.Conditions`."""
        if _has_nul(variables.values()):
            return _Unanswerable()
        # Values are converted when a condition reads them; what cannot be converted fails there.
        named = {name: variables[name] for name in self._named if name in variables}
        return CELSituation(self._compiled, ENVIRONMENT.Activation(named))


class CELSituation:
    """One activation; implements `policies.interfaces.Situation`."""

    __slots__ = ("_activation", "_compiled")

    def __init__(self, compiled_texts: Mapping[str, Any], activation: object) -> None:
        self._compiled = compiled_texts
        self._activation = activation

    def holds(self, condition: str) -> bool:
        """See `policies.interfaces.Situation`."""
        if condition not in self._compiled:
            raise ConditionError("the condition was not compiled")
        return _truth(self._compiled[condition], self._activation)


class _Unanswerable:
    """The situation in which a text has a NUL."""

    def holds(self, condition: str) -> bool:
        raise ConditionError(f"a text with a NUL character cannot be judged by {condition}")


class Pattern:
    """A regular expression that must match a whole text. RE2: time is linear in the text."""

    def __init__(self, pattern: str) -> None:
        """Compile it.

        Raises:
            ConditionError: it is no regular expression of RE2.
        """
        environment = cel.NewEnv(variables={"value": cel.Type.STRING})
        # First alone: `a)|(b` would only be made whole by the brackets that are added below.
        for source in (pattern, rf"\A(?:{pattern})\z"):
            # JSON's escapes are also CEL's, so that this compiles whatever the pattern is; whether
            # it is a regular expression shows when it is used.
            quoted = json.dumps(source, ensure_ascii=False)
            self._expression = environment.compile(f"value.matches({quoted})")
            self._environment = environment
            self.matches("")

    def matches(self, text: str) -> bool:
        """Whether the whole text fits.

        Raises:
            ConditionError: the text has a NUL or is no Unicode, such as half a surrogate pair.
        """
        if "\0" in text:
            raise ConditionError("a text with a NUL character cannot be judged")
        return _truth(self._expression, self._environment.Activation({"value": text}))


def named_in(conditions: Iterable[str]) -> tuple[str, ...]:
    """The variables that these conditions may speak of: never too few, perhaps too many.

    However a name is spaced or commented, its last word stands in the text as it is: CEL has no
    escapes in names.
    """
    text = "\n".join(conditions)
    return tuple(name for name in VARIABLES if name.rpartition(".")[2] in text)


def compiled(text: str) -> Any:  # noqa: ANN401 - the engine's type has no stub that loads
    """The engine's own form of a condition.

    Raises:
        ConditionError: it does not compile; the message is the engine's, with all its lines.
    """
    try:
        return ENVIRONMENT.compile(text)
    except RuntimeError as error:
        raise ConditionError(str(error)) from error


def one_line(message: str) -> str:
    """The engine's message without its drawing of the place and without its codes."""
    first = message.split("\n", 1)[0]
    return first.removeprefix("INVALID_ARGUMENT: ").removesuffix(" [INVALID_ARGUMENT]")


def _has_nul(values: Iterable[object]) -> bool:
    for value in values:
        if isinstance(value, str):
            if "\0" in value:
                return True
        elif isinstance(value, _WITHOUT_TEXT) or not value:
            continue
        # `dict` by its own name, because to ask an abstract class takes ten times as long.
        elif isinstance(value, dict) or isinstance(value, Mapping):  # noqa: SIM101 - see above
            if _has_nul(value) or _has_nul(value.values()):
                return True
        elif isinstance(value, list) and _has_nul(value):
            return True
    return False


def _truth(expression: Any, activation: object) -> bool:  # noqa: ANN401 - see `compiled`
    try:
        answer = expression.eval(activation=activation)
        kind, value = answer.type(), answer.value()
    except Exception as error:  # e.g. the iteration budget; no answer, whatever it was
        raise ConditionError(one_line(str(error))) from error
    if (value is True or value is False) and kind == _BOOL:
        return value
    if kind == cel.Type.ERROR:
        raise ConditionError(one_line(str(value)))
    raise ConditionError(f"the condition gives {kind}, neither true nor false")
