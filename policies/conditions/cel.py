"""CEL by cel-expr-python (Google's CEL in C++).

Its traps, and what is done about them:

* An error is a *value* of type ERROR whose `.value()` is a non-empty text, and some errors are
  raised as RuntimeError instead. Yes is only what has type BOOL and is True.
* Numbers are int64; a larger Python int is an ERROR at the top and a wrong number inside a map.
  `policies.deciding.attributes` refuses those before a condition sees them.
* Text ends at its first NUL on the way into CEL: SAFE, NUL, evil is equal to SAFE. No condition
  about such a text has an answer.
* A naive datetime is read in some time zone. `policies.engine` refuses those.

Variables are declared one by one under their dotted names (`doc.pages`), because the engine then
checks names and types when it compiles; of a map it could only say that it is a map.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from cel_expr_python import cel

from policies.conditions.plain_patterns import plain
from policies.conditions.variables import VARIABLES
from policies.errors import ConditionError
from policies.interfaces import Situation

MAX_BYTES: Final = 4096
"""Longest condition, in bytes of UTF-8."""

_WITHOUT_TEXT: Final = (int, datetime)
_BOOL: Final = cel.Type.BOOL

ENVIRONMENT: Final = cel.NewEnv(
    variables={name: variable.type for name, variable in VARIABLES.items()}
)
_NOTHING: Final = ENVIRONMENT.Activation({})


class CELConditions:
    """Compiled once, shared by all situations; implements `policies.interfaces.Conditions`."""

    def __init__(
        self,
        texts: Iterable[str],
        *,
        sparing: Iterable[str] = (),
        pause: Callable[[], None] = lambda: None,
    ) -> None:
        """Compile the conditions.

        Args:
            texts: what decides.
            sparing: texts that only spare work; what does not compile is left out (`knows`).
            pause: called between conditions, for whoever must let others work.

        Raises:
            ConditionError: one of `texts` does not compile.
        """
        self._compiled: dict[str, Any] = {}
        for text in set(texts):
            self._compiled[text] = _planned(compiled(text))
            pause()
        for text in set(sparing) - self._compiled.keys():
            with suppress(ConditionError):
                self._compiled[text] = _planned(compiled(text))
            pause()
        self._parts = _Parts()

    def knows(self, condition: str) -> bool:
        """Whether it was compiled."""
        return condition in self._compiled

    def situation(self, variables: Mapping[str, object]) -> Situation:
        """See `policies.interfaces.Conditions`."""
        if _has_nul(variables.values()):
            return _Unanswerable()
        # Values are converted when a condition reads them; what cannot be converted fails there.
        return CELSituation(self._compiled, self._parts, ENVIRONMENT.Activation(dict(variables)))


class _Parts:
    """Parts of conditions, which only explain: compiled when they are first asked."""

    def __init__(self) -> None:
        self._compiled: dict[str, Any] = {}

    def __getitem__(self, part: str) -> Any:  # noqa: ANN401 - see `compiled`
        found = self._compiled.get(part)
        if found is None:
            # As many as there are parts of conditions; two threads at once compile it twice.
            found = self._compiled[part] = compiled(part)
        return found


class CELSituation:
    """One activation; implements `policies.interfaces.Situation`."""

    __slots__ = ("_activation", "_compiled", "_parts")

    def __init__(
        self, compiled_texts: Mapping[str, Any], parts: _Parts, activation: object
    ) -> None:
        self._compiled = compiled_texts
        self._parts = parts
        self._activation = activation

    def holds(self, condition: str) -> bool:
        """See `policies.interfaces.Situation`."""
        found = self._compiled.get(condition)
        if found is None:
            raise ConditionError("the condition was not compiled")
        return _truth(found, self._activation)

    def part_holds(self, part: str) -> bool:
        """See `policies.interfaces.Situation`."""
        return _truth(self._compiled.get(part) or self._parts[part], self._activation)


class _Unanswerable:
    """The situation in which a text has a NUL."""

    def holds(self, condition: str) -> bool:
        raise ConditionError(f"a text with a NUL character cannot be judged by {condition}")

    part_holds = holds


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
            self._judge("")
        self._plain = plain(pattern)

    def matches(self, text: str) -> bool:
        """Whether the whole text fits.

        Raises:
            ConditionError: the text has a NUL or is no Unicode, such as half a surrogate pair.
        """
        if "\0" in text:
            raise ConditionError("a text with a NUL character cannot be judged")
        if self._plain is not None and text.isascii():
            return self._plain.fullmatch(text) is not None
        return self._judge(text)

    def _judge(self, text: str) -> bool:
        return _truth(self._expression, self._environment.Activation({"value": text}))


def compiled(text: str) -> Any:  # noqa: ANN401 - the engine's type has no stub that loads
    """The engine's own form of a condition.

    Raises:
        ConditionError: it does not compile; the message is the engine's, with all its lines.
    """
    try:
        return ENVIRONMENT.compile(text)
    except RuntimeError as error:
        raise ConditionError(str(error)) from error


def _planned(expression: Any) -> Any:  # noqa: ANN401 - see `compiled`
    # The engine plans an expression when it is first asked. That takes longer than an answer, and
    # is nothing to do while somebody waits.
    with suppress(RuntimeError):
        expression.eval(activation=_NOTHING)
    return expression


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
