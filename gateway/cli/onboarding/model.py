"""What answers are compared with, and what is told of a difference."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec

from gateway.cli.onboarding.answers import Answers
from gateway.cli.onboarding.openings import Opening
from gateway.cli.onboarding.questions import GapOwner
from gateway.config import Config
from gateway.declarations.library import Declarations
from policies.bundle import Bundle


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What is set up here.

    Attributes:
        config: config.yaml.
        bundle: the policies in force, or that the gateway would begin with.
        declarations: connectors, webhooks and returns.
        cores: that the gateway may use.
        free_bytes: where sealed documents go.
        partner_roots: CAs that may say who a partner is.
        at: the moment of the comparison.
    """

    config: Config
    bundle: Bundle
    declarations: Declarations
    cores: int
    free_bytes: int
    partner_roots: int
    at: datetime

    @property
    def lets_persons_sign(self) -> bool:
        """Whether what persons sign in a browser is believed."""
        return self.config.bridge is not None and self.config.bridge.persons_root is not None

    @property
    def believes_companies(self) -> bool:
        """Whether what other companies sign can be believed."""
        return self.config.bridge is not None and self.partner_roots > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All answers, the installation, and what its policies let be sealed."""

    answers: Answers
    here: Installation
    openings: tuple[Opening, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """An answer and the installation say two things."""

    answer: str
    found: str
    owner: GapOwner
    cure: str


class Gap(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What stands between an answer and a start.

    Attributes:
        question: its number.
        key: under which it is answered.
        asked: the question in English.
        asked_in_chinese: the same.
        answer: what was answered; None: nothing.
        found: what the configuration says.
        owner: who closes the gap.
        cure: how.
    """

    question: int
    key: str
    asked: str
    asked_in_chinese: str
    answer: str | None
    found: str
    owner: GapOwner
    cure: str


def unlike(
    what: str, answered: Iterable[str], there: Iterable[str], *, owner: GapOwner, where: str
) -> Iterator[Difference]:
    """Names that only one of the two sides has.

    Args:
        what: what they name, such as "company".
        answered: those of the answer.
        there: those of the installation.
        owner: who brings the two together.
        where: of which part of the installation `there` was read, such as "the policies".
    """
    named, found = set(answered), set(there)
    for name in sorted(named - found):
        yield Difference(
            answer=f"{what} {name}",
            found=f"{where} have no {what} {name}",
            owner=owner,
            cure=f"Add it there, or take it out of the answer; there are {listed(found)}.",
        )
    for name in sorted(found - named):
        yield Difference(
            answer=f"nothing of {what} {name}",
            found=f"{where} have {what} {name}",
            owner=owner,
            cure="Answer for it, or take it out there.",
        )


def listed(names: Iterable[str]) -> str:
    """Names with commas, in order; `none` for none."""
    return ", ".join(sorted(names)) or "none"
