"""What a person reads beside its link: who sent what, and until when. Nothing of the content."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from cloud_bridge.model import Language
from cloud_bridge.network.persons.model import Cause, LinkMessage
from cloud_bridge.wire import PersonLink

_LONGEST: Final = 80
_LINKING: Final = re.compile(r"(?<=[^\W_])\.(?=[^\W\d_]{2})|:(?=//)|@")
_HARMLESS: Final = {".": "．", ":": "：", "@": "＠"}
_BEIJING: Final = timezone(timedelta(hours=8))
_WORDS: Final[dict[Language, dict[Cause, str]]] = {
    "zh": {
        "turn": "{sender}请您签署《{title}》",
        "reminder": "{sender}提醒您签署《{title}》",
        "forwarded": "{sender}的《{title}》已转交由您签署",
    },
    "en": {
        "turn": "{sender} asks you to sign “{title}”",
        "reminder": "{sender} reminds you to sign “{title}”",
        "forwarded": "“{title}” of {sender} was handed on to you to sign",
    },
}
_END: Final[dict[Language, str]] = {
    "zh": "：{url} （仅供您本人使用，只能打开一次，{until}前有效）",
    "en": ": {url} (for you alone; opens once, until {until})",
}


def message(
    cause: Cause, link: PersonLink, *, title: str, sender: str, language: Language
) -> LinkMessage:
    """The message, with a text that can be sent as it is."""
    named = {"title": _line(title), "sender": _line(sender)}
    begins = _WORDS[language][cause].format(**named)
    ends = _END[language].format(url=link.url, until=_until(link.expires_at, language))
    return LinkMessage(
        cause=cause,
        title=named["title"],
        sender=named["sender"],
        url=link.url,
        expires_at=link.expires_at,
        language=language,
        text=begins + ends,
    )


def _line(text: str) -> str:
    """On one line, no longer than a message bears, and with nothing in it that leads anywhere.

    Whoever sends an envelope writes its title, and telephones make links of whatever looks like
    one: in the network's own message, beside the network's own link.
    """
    one = _LINKING.sub(lambda found: _HARMLESS[found[0]], " ".join(text.split()))
    return one if len(one) <= _LONGEST else f"{one[: _LONGEST - 1]}…"


def _until(at: datetime, language: Language) -> str:
    if language == "zh":
        return f"北京时间 {at.astimezone(_BEIJING):%Y-%m-%d %H:%M} "
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
