"""The judge held against readers: what it takes for a signature must show what was there before."""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random  # noqa: TID251 - a run is told again by its seed

from gateway.documents.errors import DocumentProblem
from gateway.documents.inspection.inspecting import inspect
from gateway.verification.model import AskedRevision, RevisionJudgement
from gateway.verification.revising import judge_revision
from policies.intake import RULES
from tests.hostile.signed_by_hand import _CONTAINER
from tests.hostile.updates.changes import drawn_bodies
from tests.hostile.updates.contracts import Bodies, Contract, drawn_contract
from tests.hostile.updates.laying import laid_out
from tests.hostile.updates.readers import Reader, Rect, Shown, differing
from tests.partners import partner, trusted_root
from tests.unit.verification.test_revising import now_asked

Judge = Callable[[bytes, AskedRevision], RevisionJudgement]

_MARKS: tuple[Rect, ...] = ((100, 100, 200, 200),)
_UPON_ONE = 12
"""Updates drawn upon each contract: what a reader shows of it is asked once."""
_SLOW_EVERY = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An update that was taken and shows something else.

    Attributes:
        number: of the update in its run.
        contract: what was signed upon.
        bodies: the objects of the update.
        document: the contract with the update.
        found: what which reader shows.
        refused: the intake rules that keep such a contract out, unless a policy says otherwise.
    """

    number: int
    contract: Contract
    bodies: Bodies
    document: bytes
    found: str
    refused: tuple[str, ...]

    def keep(self, folder: Path, *, seed: int) -> Path:
        """Write it down; gives the file with the update."""
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"update-{seed}-{self.number}.pdf"
        file.write_bytes(self.document)
        file.with_suffix(".contract.pdf").write_bytes(self.contract.document)
        bodies = (each.replace(_CONTAINER, b"0...") for each in self.bodies.values())
        lines = [self.found, *map(str, zip(self.bodies, bodies, strict=True))]
        file.with_suffix(".txt").write_text("\n".join(lines) + "\n")
        return file


@dataclass(slots=True)
class Tally:
    """How many updates were judged how; the empty word: taken."""

    drawn: int = 0
    shown: int = 0
    faults: Counter[str] = field(default_factory=Counter)


def look(
    seed: int,
    readers: Sequence[Reader],
    tally: Tally,
    *,
    slow: Reader | None = None,
    slow_every: int = _SLOW_EVERY,
    judge: Judge = judge_revision,
    until: float = math.inf,
    most: float = math.inf,
) -> Iterator[Hit]:
    """Updates, drawn by the seed; gives those that lie.

    Args:
        seed: the same draws the same.
        readers: that are asked of each update that is taken.
        tally: is counted up.
        slow: a reader that is asked of some of them, and of all in which others see a lie.
        slow_every: how many updates one of these is.
        judge: whose word is doubted.
        until: a moment of the monotonic clock.
        most: how many are drawn.
    """
    dice = Random(seed)  # noqa: S311 - as above
    while time.monotonic() < until and tally.drawn < most:
        contract = drawn_contract(dice)
        before = {each.name: each.show(contract.document) for each in readers}
        for _ in range(_UPON_ONE):
            bodies = drawn_bodies(dice, contract)
            document = laid_out(dice, contract, bodies, partner())
            tally.drawn += 1
            judgement = judge(document, _asked(contract))
            tally.faults[judgement.fault or ""] += 1
            if judgement.fault is not None:
                continue
            found = [
                f"{each.name}: {said}"
                for each in readers
                if _said(before[each.name], each.show(document), contract)
                # Once more, as pdfium's first picture is another where it has to choose a font.
                and (said := _said(each.show(contract.document), each.show(document), contract))
            ]
            tally.shown += 1
            if slow is not None and (found or tally.shown % slow_every == 0):
                shown = slow.show(contract.document), slow.show(document)
                found += [f"{slow.name}: {said}" for said in [_said(*shown, contract)] if said]
            if found:
                yield Hit(
                    number=tally.drawn,
                    contract=contract,
                    bodies=bodies,
                    document=document,
                    found="; ".join(found),
                    refused=_refused(contract.document),
                )


def _said(before: Shown | None, after: Shown | None, contract: Contract) -> str:
    return differing(before, after, _MARKS, is_turned=contract.is_turned)


def _asked(contract: Contract) -> AskedRevision:
    at = now_asked()["at"]
    return AskedRevision(
        base_bytes=len(contract.document),
        trust=(trusted_root().der,),
        name="西山制造有限公司",
        at=at,  # type: ignore[arg-type]
    )


def _refused(document: bytes) -> tuple[str, ...]:
    try:
        found = inspect(document)
    except DocumentProblem as problem:
        return (problem.detail,)
    return tuple(each.rule for each in found if RULES[each.rule].default == "refuse")
