"""What may be written into a support bundle: by allow-list, and nothing else."""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from gateway.cli.support.vocabulary import own_words

GONE: Final = "…"
_EDGE: Final = "\"'`()[]{}<>,;:.!?|*"
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|\+00:00)?)?"
    r"|\d\d:\d\d:\d\dZ?"
)
_NUMBER = re.compile(r"[-+]?\d{1,3}(\.\d{1,3}){0,2}%?|\d{1,3}(,\d{3})+")
_JOINT = re.compile(r"[-_]")
_BEFORE_SECRETS = re.compile(
    r"(?i)(pass(word|wd|phrase)?|pin|secret|token|bearer|basic|authorization|cookie|key|salt|psk)s?"
)


def text(said: str) -> str:
    """A message with only our own words, moments and small numbers; the rest is `…`.

    A run of marks is kept whole or not at all: no piece of a token is left because it is short.
    What follows a word such as `PIN` goes whatever it is.
    """
    kept: list[str] = []
    is_secret = False
    for run in said.split():
        core = run.strip(_EDGE)
        if is_secret and not _leads_on(core):
            kept.append(GONE)
            is_secret = False
            continue
        kept.append(run if _is_ours(core) and run.isascii() else GONE)
        is_secret = bool(_BEFORE_SECRETS.fullmatch(core)) and run.endswith((":", "="))
        is_secret = is_secret or core.lower() in {"bearer", "basic"} or core == "="
    return _told(kept)


def _leads_on(core: str) -> bool:
    """Whether what is secret comes after this: `Authorization: Bearer x`, `pin = x`."""
    return core in {"", "="} or core.lower() in {"bearer", "basic"}


def _told(runs: list[str]) -> str:
    once = [run for at, run in enumerate(runs) if run != GONE or at == 0 or runs[at - 1] != GONE]
    return " ".join(once)


def _is_ours(core: str) -> bool:
    if not any(map(str.isalnum, core)) or _MOMENT.fullmatch(core) or _NUMBER.fullmatch(core):
        return True
    words = own_words()
    return core in words or all(piece in words for piece in _JOINT.split(core) if piece)


_KEPT_OF_LINES: Final = frozenset(
    (
        "event",
        "level",
        "timestamp",
        "logger",
        "kind",
        "type",
        "problem",
        "error",
        "why",
        "detail",
        "exception",
        "status",
        "state",
        "method",
        "seconds",
        "size",
        "bytes",
        "attempt",
        "records",
        "count",
        "version",
        "revision",
        "sequence",
        "signal",
        "code",
        "worker",
        "restarts",
    )
)
"""Keys of our log lines whose values are told. Who, whose, which document or seal: never."""


def line(said: str) -> dict[str, Any]:
    """A line of a log: of our own (JSON) what may be told, of others' the message."""
    try:
        decoded = msgspec.json.decode(said.encode())
    except (msgspec.DecodeError, UnicodeEncodeError, UnicodeDecodeError):
        decoded = None
    if not isinstance(decoded, dict):
        return {"message": text(said)}
    return {
        key: _value(value)
        for key, value in decoded.items()
        if key in _KEPT_OF_LINES and not isinstance(value, dict | list)
    }


def _value(value: object) -> object:
    return text(value) if isinstance(value, str) else value


def settings(section: Mapping[str, Any], told: frozenset[str], *, path: str = "") -> dict[str, Any]:
    """Settings by their names: those of `told` with their values, of the others only that they are.

    Args:
        section: of the configuration, as JSON has it.
        told: names such as `http.port`; of lists `hsm.keys.mechanism`.
        path: of the section.
    """
    return {
        name: _setting(value, told, path=f"{path}.{name}" if path else name)
        for name, value in section.items()
    }


def _setting(value: object, told: frozenset[str], *, path: str) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, Mapping):
        if path.endswith("environment"):  # its keys are the operator's
            return f"{len(value)} set"
        return settings(value, told, path=path)
    if isinstance(value, list):
        return [_setting(each, told, path=path) for each in value]
    if value is None or path in told:
        return value
    return "set"
